// The seed corpora of the card fuzzers. For "card" and "session" every answer that a sample card gave while
// it was read, for "session" faults too; for the others the card's files.
#include <memory>
#include <vector>

#include "tests/fuzz/cards/fuzzed_card.h"
#include "tests/fuzz/corpus.h"
#include "tests/unit/agent/cards/card_samples.h"

namespace kortvakt::testing {
namespace {

namespace fs = std::filesystem;

// What the card answers while it is read and then looked at again, as an input.
Bytes Record(const CardImage& image) {
  const bool idprime = image.atr.size() == sizeof(kIdPrimeAtr);
  const auto flags = static_cast<uint8_t>((image.t0 ? 0 : FuzzedCard::kT1) |
                                          (image.extended_length ? FuzzedCard::kExtended : 0) |
                                          (idprime ? FuzzedCard::kIdPrime : 0));
  Bytes recorded = {flags};
  const std::unique_ptr<VirtualCard> card = MakeVirtualCard(image);
  FuzzedCard fuzzed(flags, [&](const Bytes& command) {
    Bytes answer = card->Transmit(command);
    AppendAnswer(recorded, answer);
    return answer;
  });
  const absl::StatusOr<CardContents> contents = ReadCard(fuzzed.session());
  if (contents.ok()) (void)RefreshCard(fuzzed.session(), {std::make_shared<const CardContents>(*contents)});
  return recorded;
}

void WriteCard(const fs::path& folder, const CardImage& image) {
  const Bytes recorded = Record(image);
  WriteSeed(folder / "card", recorded);
  WriteSeed(folder / "session", recorded);
  for (const CardFile& file : FilesOf(image)) {
    if (file.folder) continue;
    WriteSeed(folder / (image.pkcs15 ? "pkcs15" : "idprime"), file.contents);
    WriteSeed(folder / "der", file.contents);
  }
}

// Answers that break the protocol, to every command or behind good ones.
void WriteFaults(const fs::path& folder) {
  const Bytes fine = {0x90, 0x00};
  for (const Bytes& fault :
       {Bytes{0xAA, 0x61, 0x00}, Bytes{0x61, 0x10}, Bytes{0x6C, 0x10}, Bytes{0x6C, 0x00}, Bytes(300, 0x90),
        Bytes{0x53, 0x03, 1, 2, 3, 0x90, 0x00}, Bytes{0x53, 0x84, 0xFF, 0x90, 0x00},
        Bytes{0x53, 0x82, 0xFF, 0xFF, 1, 0x90, 0x00}, Bytes{0x53, 0x00, 1, 0x90, 0x00},
        Bytes{0x54, 0x01, 1, 0x90, 0x00}, Bytes{0x90}, Bytes{}}) {
    for (const uint8_t flags : {uint8_t{0}, uint8_t{FuzzedCard::kT1 | FuzzedCard::kExtended}}) {
      Bytes at_once = {flags};
      for (int i = 0; i < 400; ++i) AppendAnswer(at_once, fault);
      WriteSeed(folder / "session", at_once);
      Bytes behind = {flags};
      for (int i = 0; i < 20; ++i) AppendAnswer(behind, i % 2 == 0 ? fine : fault);
      WriteSeed(folder / "session", behind);
    }
  }
}

}  // namespace

void MakeCorpora(const fs::path& folder) {
  WriteFaults(folder);
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

}  // namespace kortvakt::testing
