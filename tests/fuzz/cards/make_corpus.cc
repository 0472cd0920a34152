// Writes the seed corpora of the card fuzzers: make_card_corpus FOLDER. For "card"
// every answer that a sample card gave while it was read; for the others its files.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/unit/agent/cards/card_samples.h"

namespace kortvakt::testing {
namespace {

namespace fs = std::filesystem;

void Write(const fs::path& folder, const Bytes& contents) {
  fs::create_directories(folder);
  std::ofstream file(folder / Sha256Hex(contents).substr(0, 16), std::ios::binary);
  file.write(reinterpret_cast<const char*>(contents.data()), static_cast<std::streamsize>(contents.size()));
}

// Records what the card answers, in the form of card_fuzz.cc.
class RecordingSession : public CardSession {
 public:
  explicit RecordingSession(CardImage image) : inner_(image) {
    const bool idprime = image.atr.size() == sizeof(kIdPrimeAtr);
    recorded_ = {
        static_cast<uint8_t>((image.t0 ? 0 : 1) | (image.extended_length ? 2 : 0) | (idprime ? 4 : 0))};
  }
  ByteView atr() const override { return inner_.atr(); }
  bool is_t0() const override { return inner_.is_t0(); }
  bool extended_length() const override { return inner_.extended_length(); }
  absl::StatusOr<std::unique_ptr<CardChannel>> Begin() override;
  const Bytes& recorded() const { return recorded_; }
  void Record(const ResponseApdu& answer) {
    const size_t size = answer.data.size() + 2;
    recorded_.push_back(static_cast<uint8_t>(size >> 8));
    recorded_.push_back(static_cast<uint8_t>(size));
    recorded_.insert(recorded_.end(), answer.data.begin(), answer.data.end());
    recorded_.push_back(static_cast<uint8_t>(answer.sw >> 8));
    recorded_.push_back(static_cast<uint8_t>(answer.sw));
  }

 private:
  DirectSession inner_;
  Bytes recorded_;
};

class RecordingChannel : public CardChannel {
 public:
  RecordingChannel(RecordingSession& session, std::unique_ptr<CardChannel> inner)
      : session_(session), inner_(std::move(inner)) {}
  absl::StatusOr<ResponseApdu> Transmit(const CommandApdu& command) override {
    absl::StatusOr<ResponseApdu> answer = inner_->Transmit(command);
    if (answer.ok()) session_.Record(*answer);
    return answer;
  }

 private:
  RecordingSession& session_;
  std::unique_ptr<CardChannel> inner_;
};

absl::StatusOr<std::unique_ptr<CardChannel>> RecordingSession::Begin() {
  absl::StatusOr<std::unique_ptr<CardChannel>> channel = inner_.Begin();
  if (!channel.ok()) return channel.status();
  return std::make_unique<RecordingChannel>(*this, *std::move(channel));
}

void WriteCard(const fs::path& folder, const CardImage& image) {
  RecordingSession session(image);
  const absl::StatusOr<CardContents> contents = ReadCard(session);
  if (contents.ok()) (void)RefreshCard(session, *contents);
  Write(folder / "card", session.recorded());
  for (const CardFile& file : FilesOf(image)) {
    if (file.folder) continue;
    Write(folder / (image.pkcs15 ? "pkcs15" : "idprime"), file.contents);
    Write(folder / "der", file.contents);
  }
}

void WriteAll(const fs::path& folder) {
  const std::vector<Bytes> two = {FakeCertificate(300, 1), FakeCertificate(290, 2)};
  for (const bool t0 : {true, false}) {
    for (CardImage image :
         {Pkcs15Card(two), IdPrimeCard(two), Pkcs15Card({}), IdPrimeCard({}), CardImage{}}) {
      image.t0 = t0;
      image.extended_length = !t0;
      WriteCard(folder, image);
      if (image.pkcs15) {
        image.pkcs15->select_by_aid = false;
        image.pkcs15->absolute_paths = false;
        image.pkcs15->ef_dir = Pkcs15Image::EfDir::kRecord;
        if (!image.pkcs15->certificates.empty()) {
          image.pkcs15->certificates[0].form = Pkcs15Certificate::Form::kWindow;
          image.pkcs15->certificates[1].form = Pkcs15Certificate::Form::kDirect;
        }
        WriteCard(folder, image);
      } else if (image.idprime && !image.idprime->certificates.empty()) {
        image.idprime->certificates[0].form = IdPrimeCertificate::Form::kZlib;
        image.idprime->certificates[1].form = IdPrimeCertificate::Form::kGzip;
        WriteCard(folder, image);
      }
    }
  }
}

}  // namespace
}  // namespace kortvakt::testing

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_card_corpus FOLDER\n");
    return 2;
  }
  std::filesystem::remove_all(argv[1]);
  kortvakt::testing::WriteAll(argv[1]);
  return 0;
}
