#include "tests/bench/cards/bench_readers.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/cards/card_reader.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "tests/bench/cards/minimal_reader.h"
#include "tests/support/card/direct_session.h"
#include "tests/support/pcsc/await_cards.h"
#include "tests/support/pcsc/run_program.h"

namespace kortvakt::testing {
namespace {

absl::Status Expect(size_t found, size_t expected) {
  if (found == expected) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(found, " certificates were read, not ", expected));
}

absl::Status Read(Who who, CardSession& session, CardFamily family, size_t certificates) {
  if (who == Who::kMinimal) {
    ASSIGN_OR_RETURN(const std::vector<Bytes> ders, ReadMinimally(session, family));
    return Expect(ders.size(), certificates);
  }
  ASSIGN_OR_RETURN(const CardContents contents, ReadCard(session));
  return Expect(contents.certificates.size(), certificates);
}

// Adds up what goes over a channel. Under T=1 the virtual card answers each command
// at once, so that this is what the card sees.
class CountingChannel final : public CardChannel {
 public:
  CountingChannel(std::unique_ptr<CardChannel> channel, Cost& cost)
      : channel_(std::move(channel)), cost_(cost) {}
  absl::StatusOr<ResponseApdu> Transmit(const CommandApdu& command) override {
    ASSIGN_OR_RETURN(ResponseApdu response, channel_->Transmit(command));
    cost_.bytes += command.Encode(/*t0=*/false).size() + response.data.size() + 2;
    return response;
  }

 private:
  std::unique_ptr<CardChannel> channel_;
  Cost& cost_;
};

class CountingSession final : public CardSession {
 public:
  explicit CountingSession(CardImage image) : session_(std::move(image)) {}
  ByteView atr() const override { return session_.atr(); }
  bool is_t0() const override { return session_.is_t0(); }
  bool extended_length() const override { return session_.extended_length(); }
  absl::StatusOr<std::unique_ptr<CardChannel>> Begin() override {
    ASSIGN_OR_RETURN(std::unique_ptr<CardChannel> channel, session_.Begin());
    return std::make_unique<CountingChannel>(std::move(channel), cost_);
  }
  Cost cost() {
    cost_.commands = session_.commands();
    return cost_;
  }

 private:
  DirectSession session_;
  Cost cost_;
};

}  // namespace

absl::Status ReadOverPcsc(Who who, const std::string& reader, CardFamily family, size_t certificates) {
  ASSIGN_OR_RETURN(const std::unique_ptr<PcscContext> context, PcscContext::Establish());
  CardControl control;
  ASSIGN_OR_RETURN(const std::unique_ptr<CardSession> session,
                   context->Connect(reader, {}, SystemClock(), control));
  return Read(who, *session, family, certificates);
}

absl::StatusOr<std::unique_ptr<BenchReaders>> BenchReaders::Start(const std::string& folder) {
  std::vector<std::string> names;
  for (size_t i = 0; i < BenchCards().size(); i += 2) names.push_back(absl::StrCat("Bench ", i / 2));
  ASSIGN_OR_RETURN(PrivatePcscd pcscd, PrivatePcscd::Start(names));
  ASSIGN_OR_RETURN(std::unique_ptr<PcscContext> context, PcscContext::Establish());
  std::unique_ptr<BenchReaders> bench(new BenchReaders(folder, std::move(pcscd), std::move(context)));
  ASSIGN_OR_RETURN(bench->images_, WriteBenchCards(bench->cards_, folder));
  for (const bool extended : {false, true}) {
    for (const bool cache : {false, true}) {
      RETURN_IF_ERROR(bench->WriteOpenScConfig(
          absl::StrCat(extended ? "extended-" : "", cache ? "cache" : "plain"), cache, extended));
    }
  }
  std::vector<std::string> readers;
  for (size_t slot = 0; slot < bench->cards_.size(); ++slot) {
    RETURN_IF_ERROR(bench->pcscd_.InsertCard(slot, bench->images_[slot]));
    readers.push_back(bench->pcscd_.ReaderName(slot));
  }
  RETURN_IF_ERROR(AwaitCards(*bench->context_, readers, /*present=*/true));
  return bench;
}

absl::Status BenchReaders::WriteOpenScConfig(const std::string& name, bool cache, bool extended) const {
  const std::string folder = absl::StrCat(folder_, "/opensc-", name);
  std::filesystem::create_directories(folder);
  std::string atr;  // as OpenSC writes it
  for (size_t i = 0; kIdPrimeT1Atr[i] != '\0'; i += 2) {
    absl::StrAppend(&atr, i == 0 ? "" : ":", std::string(kIdPrimeT1Atr + i, 2));
  }
  std::string text = absl::StrCat("app default {\n  card_atr ", atr, " { driver = \"idprime\"; }\n");
  if (extended) {
    absl::StrAppend(&text, "  reader_driver pcsc { max_send_size = 65535; max_recv_size = 65536; }\n");
  }
  absl::StrAppend(&text, "  framework pkcs15 { use_file_caching = ", cache ? "yes" : "no",
                  "; file_cache_dir = \"", folder, "\"; }\n}\n");
  return WriteFileDurably(absl::StrCat(folder_, "/", name, ".conf"), text, 0644);
}

absl::StatusOr<Cost> BenchReaders::Logged(size_t slot) const {
  ASSIGN_OR_RETURN(const std::vector<std::string> lines, pcscd_.ApduLog(slot));
  Cost cost;
  cost.commands = lines.size();
  for (const std::string& line : lines)
    cost.bytes += (line.size() - 1) / 2;  // two hex digits a byte, one space
  return cost;
}

absl::StatusOr<Cost> BenchReaders::RunLogged(size_t slot, const std::vector<std::string>& command,
                                             const std::string& opensc_config) {
  RETURN_IF_ERROR(pcscd_.ClearLog(slot));
  const Outcome outcome = RunProgram(
      command, {.folder = folder_, .environment = {{"HOME", folder_}, {"OPENSC_CONF", opensc_config}}});
  if (outcome.exit_code != 0) {
    return absl::InternalError(absl::StrCat(command[0], ": ", outcome.err, outcome.out));
  }
  if (!opensc_config.empty()) {
    // One such line for each certificate that was read.
    const size_t certificates =
        std::vector<std::string>(absl::StrSplit(outcome.out, "Encoded serial")).size() - 1;
    RETURN_IF_ERROR(Expect(certificates, cards_[slot].certificates));
  }
  ASSIGN_OR_RETURN(Cost cost, Logged(slot));
  cost.bare = outcome.took;
  return cost;
}

absl::StatusOr<Cost> BenchReaders::FirstRead(Who who, size_t card) {
  const BenchCard& bench_card = cards_[card];
  if (Direct(card)) {
    ASSIGN_OR_RETURN(CardImage image, LoadCardImage(images_[card]));
    CountingSession session(std::move(image));
    RETURN_IF_ERROR(Read(who, session, bench_card.family, bench_card.certificates));
    return session.cost();
  }
  return RunLogged(card, {std::filesystem::read_symlink("/proc/self/exe").string(), "--read",
                          who == Who::kMinimal ? "minimal" : "ours", "--reader", pcscd_.ReaderName(card),
                          "--family", bench_card.family == CardFamily::kIdPrime ? "idprime" : "pkcs15",
                          "--certificates", absl::StrCat(bench_card.certificates)});
}

absl::StatusOr<Cost> BenchReaders::Reinserted(size_t card) {
  const auto refresh = [](CardSession& session, const CardContents& before) -> absl::Status {
    ASSIGN_OR_RETURN(const CardContents after,
                     RefreshCard(session, {std::make_shared<const CardContents>(before)}));
    return Expect(after.certificates.size(), before.certificates.size());
  };
  if (Direct(card)) {
    ASSIGN_OR_RETURN(const CardImage image, LoadCardImage(images_[card]));
    CountingSession first(image);
    ASSIGN_OR_RETURN(const CardContents before, ReadCard(first));
    CountingSession again(image);
    RETURN_IF_ERROR(refresh(again, before));
    return again.cost();
  }
  const std::string reader = pcscd_.ReaderName(card);
  CardControl control;
  CardContents before;
  {
    ASSIGN_OR_RETURN(const std::unique_ptr<CardSession> session,
                     context_->Connect(reader, {}, SystemClock(), control));
    ASSIGN_OR_RETURN(before, ReadCard(*session));
  }
  RETURN_IF_ERROR(pcscd_.RemoveCard(card));
  RETURN_IF_ERROR(AwaitCards(*context_, {reader}, /*present=*/false));
  RETURN_IF_ERROR(pcscd_.InsertCard(card, images_[card]));
  RETURN_IF_ERROR(AwaitCards(*context_, {reader}, /*present=*/true));
  RETURN_IF_ERROR(pcscd_.ClearLog(card));
  const absl::Duration start = SystemClock().Monotonic();
  {
    ASSIGN_OR_RETURN(const std::unique_ptr<CardSession> session,
                     context_->Connect(reader, {}, SystemClock(), control));
    RETURN_IF_ERROR(refresh(*session, before));
  }
  const absl::Duration took = SystemClock().Monotonic() - start;
  ASSIGN_OR_RETURN(Cost cost, Logged(card));
  cost.bare = took;
  return cost;
}

absl::StatusOr<Cost> BenchReaders::OpenSc(size_t card, bool cached) {
  const std::string config =
      absl::StrCat(folder_, "/", Direct(card) ? "extended-" : "", cached ? "cache" : "plain", ".conf");
  const std::vector<std::string> command = {"/usr/bin/pkcs15-tool", "--reader", pcscd_.ReaderName(card),
                                            "--list-certificates"};
  if (cached) RETURN_IF_ERROR(RunLogged(card, command, config).status());
  return RunLogged(card, command, config);
}

}  // namespace kortvakt::testing
