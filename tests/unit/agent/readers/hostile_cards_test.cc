// What is found of cards that lie, break off, never end, change under our hands, or
// hold what no card should: through the session, the driver, the plan of attempts and
// the judge, on a clock of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "agent/cards/idprime_files.h"
#include "agent/readers/card_job.h"
#include "agent/readers/observed.h"
#include "common/judge/judge.h"
#include "tests/support/card/virtual_card.h"
#include "tests/support/memory/peak_memory.h"
#include "tests/support/patience.h"
#include "tests/unit/agent/cards/card_samples.h"
#include "tests/unit/agent/cards/hostile_cases.h"
#include "tests/unit/agent/pcsc/fake_winscard.h"

namespace kortvakt::testing {
namespace {

using ::testing::HasSubstr;

constexpr uint32_t kPresent = 0x20;              // SCARD_STATE_PRESENT
constexpr uint32_t kEmpty = 0x10;                // SCARD_STATE_EMPTY
constexpr uint32_t kRemoved = 0x80100069;        // SCARD_W_REMOVED_CARD
constexpr uint32_t kNotTransacted = 0x80100016;  // SCARD_E_NOT_TRANSACTED
constexpr uint32_t kUnresponsive = 0x80100066;   // SCARD_W_UNRESPONSIVE_CARD

// What a command costs on a real link, and how long drivers wait for a mute card.
constexpr absl::Duration kCommand = absl::Milliseconds(5);
constexpr absl::Duration kSlowCommand = absl::Seconds(3);
constexpr absl::Duration kDriversPatience = absl::Seconds(30);

class FakeClock final : public Clock {
 public:
  absl::Time Now() const override { return HostileNow() + now; }
  absl::Duration Monotonic() const override { return now; }
  absl::Duration now;
};

// A reader with a card in it, read as ReaderWatch reads it.
class HostileReader {
 public:
  explicit HostileReader(const CardImage& image) : card_(MakeVirtualCard(image)) {
    fake_.card = [this](const Bytes& command) { return Answer(command); };
    fake_.protocol = image.t0 ? 1 : 2;
    fake_.atr = image.atr;
    fake_.reader_state = kPresent | uint32_t{events_} << 16;
  }

  CardBudget budget;
  // Called before each command, with its number from 0.
  std::function<void(size_t)> before_command;
  absl::Duration per_command = kCommand;

  FakeWinscard& fake() { return fake_; }
  FakeClock& clock() { return clock_; }
  size_t commands() const { return fake_.commands.size(); }
  // How long the service was waited for in all attempts together.
  absl::Duration reading_took() const { return reading_took_; }

  // The same card, with other contents from now on.
  void Change(const CardImage& image) { card_ = MakeVirtualCard(image); }
  // Another card. The service notices at its next look.
  void Swap(const CardImage& image) {
    Change(image);
    events_ = static_cast<uint16_t>(events_ + 2);
    fake_.reader_state = kPresent | uint32_t{events_} << 16;
  }
  void Pull() {
    fake_.transmit_code = kRemoved;
    fake_.reader_state = kEmpty | uint32_t{++events_} << 16;
  }

  // Reads the card as often as the plan wants, and tells what is then shown.
  ObservedReader Read() {
    ReaderPlan plan({.read_time = budget.time});
    plan.OnStatus(ReaderStatus(), clock_.now);
    std::optional<ObservedCard> card;
    for (int rounds = 0; rounds < 100; ++rounds) {
      ReaderStatus status;
      status.name = "reader";
      status.present = (fake_.reader_state & kPresent) != 0;
      status.events = events_;
      status.atr = fake_.atr;
      plan.OnStatus(status, clock_.now);
      if (plan.settled() && !plan.waiting()) return Observe(status, plan, card, "");
      if (!plan.ReadDue(clock_.now)) {
        // The watch looks every 0.3 s while a card has to be free for the quiet time.
        clock_.now = std::min(std::max(plan.NextTime(), clock_.now), clock_.now + absl::Milliseconds(300));
        --rounds;
        continue;
      }
      CardJob job;
      job.reader = status.name;
      job.events = status.events;
      job.insertion = plan.insertion();
      job.check_in_use = !plan.own_trace(clock_.now);
      job.options.budget = budget;
      job.options.budget.time = plan.read_time_left();
      plan.ReadStarted(clock_.now);
      const absl::Duration start = clock_.now;
      CardResult result = RunCardJob(job, clock_);
      reading_took_ += clock_.now - start;
      const bool given_up = plan.ReadEnded(result.outcome, clock_.now);
      if (given_up) result.contents = GivenUp(result.detail);
      if (!given_up && result.outcome != ReaderPlan::Outcome::kDone) continue;
      card = ObservedCard{.atr = status.atr, .contents = std::move(result.contents), .read_at = clock_.Now()};
    }
    ADD_FAILURE() << "the plan never ends";
    return {};
  }

 private:
  Bytes Answer(const Bytes& command) {
    clock_.now += per_command;
    if (before_command) before_command(commands() - 1);
    return card_->Transmit(command);
  }

  FakeWinscard& fake_ = FakeWinscard::Reset();
  FakeClock clock_;
  std::unique_ptr<VirtualCard> card_;
  uint16_t events_ = 7;
  absl::Duration reading_took_;
};

// As the agent's snapshot has it.
Snapshot SnapshotOf(const ObservedReader& reader) {
  Snapshot snapshot;
  ReaderFacts& facts = snapshot.readers.emplace_back();
  facts.name = reader.name;
  facts.state = reader.state;
  facts.detail = reader.detail;
  if (reader.card) {
    facts.card = MakeCardFacts(reader.card->atr, reader.card->contents, PrivacyOptions{}, HostileNow());
  }
  return snapshot;
}

std::vector<Finding> Judged(const Snapshot& snapshot) {
  static const CaCatalogue* const catalogue =
      new CaCatalogue(*CaCatalogue::Parse(HostileCatalogue(), "test"));
  return Judge({snapshot, *catalogue, Policy(), HostileNow()}).findings;
}

std::string Words(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    absl::StrAppend(&text, InfoOf(finding.code).word, " ", SeverityWord(finding.severity), "\n");
  }
  return text;
}

// Every certificate that the card of `image` may honestly show.
std::vector<std::string> FingerprintsOf(const CardImage& image) {
  std::vector<std::string> all;
  if (image.pkcs15) {
    for (const Pkcs15Certificate& certificate : image.pkcs15->certificates)
      all.push_back(Sha256Hex(certificate.der));
  }
  if (image.idprime) {
    for (const IdPrimeCertificate& certificate : image.idprime->certificates)
      all.push_back(Sha256Hex(certificate.der));
  }
  return all;
}

std::vector<std::string> Fingerprints(const Snapshot& snapshot) {
  std::vector<std::string> all;
  if (!snapshot.readers[0].card) return all;
  for (const CertificateFacts& certificate : snapshot.readers[0].card->certificates)
    all.push_back(certificate.sha256);
  return all;
}

bool Contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

void Arrange(HostileReader& reader, const HostileMoment& moment) {
  if (moment.kind == HostileMoment::Kind::kMute) {
    reader.fake().connect_code = kUnresponsive;
    return;
  }
  reader.before_command = [&reader, moment](size_t command) {
    if (command < moment.at) return;
    switch (moment.kind) {
      case HostileMoment::Kind::kGone:
        reader.Pull();
        break;
      case HostileMoment::Kind::kSilent:
        reader.clock().now += kDriversPatience;
        reader.fake().transmit_code = kNotTransacted;
        break;
      case HostileMoment::Kind::kSlow:
        reader.per_command = kSlowCommand;
        break;
      case HostileMoment::Kind::kMute:
        break;
    }
  };
}

void Check(const HostileCase& test) {
  HostileReader reader(test.image);
  reader.budget = test.budget;
  if (test.moment) Arrange(reader, *test.moment);
  const std::vector<std::string> own = FingerprintsOf(test.image);

  const absl::Duration start = SystemClock().Monotonic();
  const PeakMemory memory;
  const ObservedReader observed = reader.Read();
  const Snapshot snapshot = SnapshotOf(observed);
  const size_t held = memory.bytes();
  EXPECT_LE(SystemClock().Monotonic() - start, testing::kPatience) << "of the machine's own time";

  std::vector<Finding> findings = Judged(snapshot);
  // None of the table's cards can sign, whatever else is wrong with them.
  std::erase_if(findings, [](const Finding& one) { return one.code == FindingCode::kSignatureCertMissing; });
  EXPECT_EQ(Words(findings), test.findings) << (findings.empty() ? "" : findings[0].evidence);
  if (!test.evidence.empty() && !findings.empty()) {
    EXPECT_THAT(findings[0].evidence, HasSubstr(test.evidence));
    EXPECT_LT(findings[0].evidence.size(), 1500u);
  }
  const std::vector<std::string> shown = Fingerprints(snapshot);
  EXPECT_EQ(shown.size(), test.good);
  for (const std::string& fingerprint : shown) EXPECT_TRUE(Contains(own, fingerprint)) << fingerprint;

  EXPECT_LE(reader.commands(), test.most_commands);
  EXPECT_LE(held, test.most_memory);
  EXPECT_LE(reader.reading_took(), kCommand * static_cast<int64_t>(test.most_commands) + test.most_silence);
  for (const Bytes& command : reader.fake().commands) ASSERT_TRUE(OnlyReads(command)) << UpperHex(command);
}

// That the bound on memory bites, whichever library takes it.
TEST(HostileCardsTest, TheMemoryOfOpenSslAndZlibIsCountedToo) {
  const PeakMemory openssl;
  OPENSSL_free(OPENSSL_malloc(100'000));
  EXPECT_GE(openssl.bytes(), 100'000u);
  CardImage image = IdPrimeCard({GoodCertificates()[0]});
  image.idprime->certificates[0].form = IdPrimeCertificate::Form::kZlib;
  Bytes file;
  for (const CardFile& one : IdPrimeFiles(*image.idprime)) {
    if (one.path.back() == 0x06 && one.path[one.path.size() - 2] == 0x02) file = one.contents;
  }
  const PeakMemory zlib;
  const absl::StatusOr<Bytes> der = UnpackCertificate(file);
  ASSERT_TRUE(der.ok()) << der.status();
  // The state of inflate takes 7 KB, besides the file and the certificate.
  EXPECT_GE(zlib.bytes(), 7'000 + file.size() + der->size());
}

TEST(HostileCardsTest, EachEndsInItsFindingWithinItsBudgetAndKeepsWhatIsGood) {
  // What OpenSSL takes at its first use, for good, is no card's.
  Check({.name = "ordinary", .image = Pkcs15Card(GoodCertificates()), .good = 5, .most_memory = 8u << 20});
  size_t checked = 0;
  for (const bool t0 : {true, false}) {
    for (const HostileCase& test : HostileCases(t0)) {
      SCOPED_TRACE(test.name + (t0 ? " T=0" : " T=1"));
      Check(test);
      ++checked;
    }
  }
  EXPECT_GT(checked, 300u);
}

// That the table would notice: the cards it is made from are in order.
TEST(HostileCardsTest, AnOrdinaryCardGivesNoFinding) {
  for (const CardImage& image : {Pkcs15Card(GoodCertificates()), IdPrimeCard(GoodCertificates())}) {
    Check({.name = "ordinary", .image = image, .good = 5});
  }
}

// Two cards of one kind, and one card before and after its certificates are renewed.
struct TwoCards {
  CardImage first;
  CardImage second;
};

std::vector<TwoCards> Pairs() {
  std::vector<Bytes> renewed = GoodCertificates();
  for (Bytes& der : renewed) der = IssuedByHsaCa(SignatureSpec());
  TwoCards pkcs15{Pkcs15Card(GoodCertificates()), Pkcs15Card(renewed)};
  TwoCards idprime{IdPrimeCard(GoodCertificates()), IdPrimeCard(renewed)};
  pkcs15.second.pkcs15->serial = {9, 9, 9};
  idprime.second.idprime->card_id = Bytes(16, 0x99);
  // A certificate that takes several transactions, and one that differs from it from the
  // serial number to the end, but not in size: nothing but the bytes would tell a mix.
  CertificateSpec spec = SignatureSpec();
  spec.serial = Bytes(16, 0x11);
  spec.extensions = {{.oid = "1.2.3.97", .critical = false, .value = Bytes(12'000, 0x11)}};
  const Bytes large = IssuedByHsaCa(spec);
  Bytes other = large;
  const Bytes run(16, 0x11);
  for (auto at = other.begin(); (at = std::search(at, other.end(), run.begin(), run.end())) != other.end();) {
    at = std::fill_n(at, run.size(), uint8_t{0x22});
  }
  TwoCards long_ones{Pkcs15Card({large}), Pkcs15Card({other})};
  long_ones.second.pkcs15->serial = {9, 9, 9};
  return {pkcs15, idprime, long_ones};
}

TEST(HostileCardsTest, ASwapAtAnyCommandNeverShowsTheFirstCardForTheSecondNorAMix) {
  for (const TwoCards& pair : Pairs()) {
    bool swapped = true;
    for (size_t at = 0; swapped; ++at) {
      swapped = false;
      HostileReader reader(pair.first);
      reader.before_command = [&](size_t command) {
        if (command != at) return;
        reader.Swap(pair.second);
        swapped = true;
      };
      const Snapshot snapshot = SnapshotOf(reader.Read());
      EXPECT_EQ(Fingerprints(snapshot), FingerprintsOf(swapped ? pair.second : pair.first)) << at;
      ASSERT_LT(at, 200u);
    }
  }
}

// Another program can write only between our transactions.
TEST(HostileCardsTest, ContentsThatChangeDuringTheReadingNeverGiveACertificateOfNeither) {
  for (const TwoCards& pair : Pairs()) {
    std::vector<std::string> own = FingerprintsOf(pair.first);
    for (const std::string& fingerprint : FingerprintsOf(pair.second)) own.push_back(fingerprint);
    bool changed = true;
    for (int at = 1; changed; ++at) {
      changed = false;
      HostileReader reader(pair.first);
      int transactions = 0;
      reader.fake().on_begin = [&] {
        if (++transactions != at) return;
        reader.Change(pair.second);
        changed = true;
      };
      for (const std::string& fingerprint : Fingerprints(SnapshotOf(reader.Read()))) {
        EXPECT_TRUE(Contains(own, fingerprint)) << at;
      }
      ASSERT_LT(at, 100);
    }
  }
}

}  // namespace
}  // namespace kortvakt::testing
