#include "agent/reporter/collector_judgement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "absl/strings/str_cat.h"
#include "agent/reporter/sealed_file.h"
#include "common/base/files.h"
#include "common/judge/judgement_proto.h"
#include "tests/support/log/log_capture.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::LogCapture;
using ::testing::Not;

namespace fs = std::filesystem;

constexpr char kOwnCatalogue[] =
    "version = \"own-1\"\n[[ca]]\nid = \"own-root\"\nsubject = \"CN=Own\"\nrole = \"root\"\nissues = "
    "\"cas\"\n";

class FakeClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(1'800'000'000) + passed; }
  absl::Duration Monotonic() const override { return absl::Hours(1) + passed; }
  absl::Duration passed;
};

Judgement With(const std::string& policy, const std::string& catalogue = kOwnCatalogue) {
  return {*ParsePolicy(policy, "test policy"),
          std::make_shared<const CaCatalogue>(*CaCatalogue::Parse(catalogue, "test catalogue"))};
}

// A collector that answers as told.
class FakeCollector final : public CollectorTransport {
 public:
  absl::StatusOr<v1::SendReportsResponse> Send(const v1::SendReportsRequest&) override {
    return absl::UnimplementedError("not asked for here");
  }
  absl::StatusOr<v1::Judgement> GetJudgement(const v1::GetJudgementRequest& request) override {
    ++calls;
    last = request;
    if (!failure.ok()) return failure;
    v1::Judgement answer = served;
    if (answer.policy_version() == request.have_policy_version()) answer.clear_policy();
    if (answer.catalogue_version() == request.have_catalogue_version()) answer.clear_catalogue();
    if (spoil) spoil(answer);
    return answer;
  }
  void Cancel() override {}

  v1::Judgement served;
  absl::Status failure;
  std::function<void(v1::Judgement&)> spoil;
  int calls = 0;
  v1::GetJudgementRequest last;
};

class CollectorJudgementTest : public ::testing::Test {
 protected:
  CollectorJudgementTest() {
    std::string pattern = ::testing::TempDir() + "judgement.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    file_ = KeptJudgementFile(folder_);
    collector_.served = JudgementToProto(With("required_loa = 2\n"));
    Restart();
  }
  ~CollectorJudgementTest() override { fs::remove_all(folder_); }

  void Restart() {
    judgement_ = std::make_unique<CollectorJudgement>(
        local_, clock_,
        CollectorJudgement::Options{.file = file_,
                                    .backoff = {absl::Minutes(1), absl::Minutes(1), absl::Hours(1)},
                                    .random = [] { return 0.5; }});
    judgement_->set_on_change([this] { ++changes_; });
  }
  // As after a report that the collector has acknowledged.
  void Follow() {
    judgement_->Follow(collector_.served.policy_version(), collector_.served.catalogue_version(), collector_);
  }
  bool LocalIsInForce() const {
    const std::shared_ptr<const Judgement> current = judgement_->Current();
    return !current->of_collector && current->policy.required_loa == Loa::k3;
  }
  bool CollectorsIsInForce() const {
    const std::shared_ptr<const Judgement> current = judgement_->Current();
    return current->of_collector && current->policy.required_loa == Loa::k2 &&
           current->catalogue->FindById("own-root") != nullptr;
  }

  std::string folder_;
  std::string file_;
  FakeClock clock_;
  FakeCollector collector_;
  Judgement local_ = With("", std::string(kOwnCatalogue) + "required = true\n");
  std::unique_ptr<CollectorJudgement> judgement_;
  int changes_ = 0;
  LogCapture log_;
};

TEST_F(CollectorJudgementTest, TakesUpWhatTheCollectorNamesAndAsksNoMore) {
  EXPECT_TRUE(LocalIsInForce());
  Follow();
  EXPECT_TRUE(CollectorsIsInForce());
  EXPECT_EQ(changes_, 1);
  EXPECT_THAT(log_.Take(), HasSubstr("are in force"));
  Follow();
  Follow();
  EXPECT_EQ(collector_.calls, 1);
  EXPECT_EQ(changes_, 1);
}

TEST_F(CollectorJudgementTest, WhoHoldsTheOldOneMayFinishWithIt) {
  const std::shared_ptr<const Judgement> before = judgement_->Current();
  Follow();
  EXPECT_EQ(before->policy.required_loa, Loa::k3);
  EXPECT_NE(before, judgement_->Current());
}

TEST_F(CollectorJudgementTest, TheLocalOnesBecomeTheCollectorsWhereTheyAreTheSame) {
  collector_.served = JudgementToProto(local_);
  Follow();
  Follow();
  EXPECT_EQ(collector_.calls, 0) << "all is here";
  EXPECT_EQ(changes_, 1);
  EXPECT_TRUE(judgement_->Current()->of_collector);
  EXPECT_EQ(JudgementToProto(*judgement_->Current()).SerializeAsString(),
            collector_.served.SerializeAsString());
  // Another [policy] in agent.toml, and the collector is away.
  local_ = With("required_loa = 2\n");
  Restart();
  EXPECT_TRUE(judgement_->Current()->of_collector);
  EXPECT_EQ(judgement_->Current()->policy.required_loa, Loa::k3);
}

TEST_F(CollectorJudgementTest, TheLocalOnesBecomeTheCollectorsAlsoWhereItNamedOthers) {
  collector_.served = JudgementToProto(local_);
  judgement_->Follow("00000000", "some", collector_);
  EXPECT_EQ(collector_.calls, 1);
  EXPECT_TRUE(judgement_->Current()->of_collector);
  EXPECT_TRUE(ReadKeptJudgement(file_).ok());
}

TEST_F(CollectorJudgementTest, ADiskThatCannotTakeTheLocalOnesIsTriedAgainSeldom) {
  collector_.served = JudgementToProto(local_);
  fs::rename(folder_, folder_ + ".away");
  for (int i = 0; i < 10; ++i) Follow();
  EXPECT_TRUE(LocalIsInForce());
  const std::string log = log_.Take();
  EXPECT_THAT(log, HasSubstr("cannot be taken up now"));
  EXPECT_EQ(log.find("cannot", log.find("cannot") + 1), std::string::npos) << log;
  fs::rename(folder_ + ".away", folder_);
  Follow();
  EXPECT_TRUE(LocalIsInForce()) << "not before its time";
  clock_.passed += absl::Minutes(2);
  Follow();
  EXPECT_TRUE(judgement_->Current()->of_collector);
  EXPECT_EQ(collector_.calls, 0);
}

TEST_F(CollectorJudgementTest, KeepsThemOverARestart) {
  Follow();
  Restart();
  EXPECT_TRUE(CollectorsIsInForce());
  Follow();
  EXPECT_EQ(collector_.calls, 1);
  const absl::StatusOr<Judgement> kept = ReadKeptJudgement(file_);
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_TRUE(kept->of_collector);
  EXPECT_EQ(fs::status(file_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(CollectorJudgementTest, FetchesOnlyWhatIsNotHere) {
  Follow();
  collector_.served = JudgementToProto(With("required_loa = 3\n"));
  v1::Judgement answer;
  collector_.spoil = [&](v1::Judgement& judgement) { answer = judgement; };
  Follow();
  EXPECT_EQ(collector_.last.have_catalogue_version(), answer.catalogue_version());
  EXPECT_TRUE(answer.has_policy());
  EXPECT_THAT(answer.catalogue(), IsEmpty());
  EXPECT_EQ(judgement_->Current()->policy.required_loa, Loa::k3);
  EXPECT_NE(judgement_->Current()->catalogue->FindById("own-root"), nullptr);
  Restart();
  EXPECT_NE(judgement_->Current()->catalogue->FindById("own-root"), nullptr) << "it is kept in full";
}

TEST_F(CollectorJudgementTest, TheLastGoodOneStaysWhateverComes) {
  Follow();
  ASSERT_TRUE(CollectorsIsInForce());
  v1::Judgement next =
      JudgementToProto(With("required_loa = 3\n", std::string(kOwnCatalogue) + "loa = \"3\"\n"));
  const auto text = [](v1::Judgement& answer) { return answer.mutable_catalogue(0)->mutable_text(); };
  const struct {
    const char* what;
    std::function<void(v1::Judgement&)> spoil;
    const char* message;
  } cases[] = {
      {"no TOML", [](v1::Judgement& a) { a.set_policy("\x01\x02 = ["); }, "not TOML"},
      {"unknown key", [](v1::Judgement& a) { a.set_policy("required_lao = 3\n"); },
       "unknown key 'required_lao'"},
      {"value", [](v1::Judgement& a) { a.set_policy("required_loa = 9\n"); }, "allowed: 2 to 3"},
      {"newer schema", [](v1::Judgement& a) { a.set_policy("new_key = 1\nschema = 2\n"); }, "'schema' is 2"},
      {"cut policy", [](v1::Judgement& a) { a.mutable_policy()->resize(10); }, "not TOML"},
      {"other policy", [](v1::Judgement& a) { a.set_policy("required_loa = 2\n"); }, "is called version"},
      {"other catalogue", [&](v1::Judgement& a) { text(a)->append("# \n"); }, "is called version"},
      {"cut catalogue", [&](v1::Judgement& a) { text(a)->resize(text(a)->size() / 2); }, "test catalogue:"},
      {"half a catalogue", [](v1::Judgement& a) { a.add_catalogue()->set_text("version = \"\"\n"); },
       "version"},
      {"too many texts",
       [&](v1::Judgement& a) {
         for (int i = 0; i < 64; ++i) *a.add_catalogue() = a.catalogue(0);
       },
       "more than 64 texts"},
      {"too large", [&](v1::Judgement& a) { text(a)->append(1u << 20, '#'); }, "at most 1048576"},
      {"no policy", [](v1::Judgement& a) { a.clear_policy(); }, "is called version"},
      {"no catalogue", [](v1::Judgement& a) { a.clear_catalogue(); }, "is called version"},
      {"nothing", [](v1::Judgement& a) { a.Clear(); }, "is called version"},
      {"does not fit",
       [&](v1::Judgement& a) {
         const Policy policy = *ParsePolicy("required_cas = [\"nobody\"]\n", "p");
         a.set_policy(policy.text);
         a.set_policy_version(PolicyVersion(policy));
       },
       "'nobody' is not in the CA catalogue"},
  };
  log_.Take();
  int number = 0;
  for (const auto& c : cases) {
    collector_.served = next;
    collector_.served.set_policy_version(absl::StrCat("named", number++));
    collector_.spoil = [&](v1::Judgement& answer) {
      answer.set_policy_version(next.policy_version());
      c.spoil(answer);
    };
    const int calls = collector_.calls;
    Follow();
    EXPECT_TRUE(CollectorsIsInForce()) << c.what;
    const std::string log = log_.Take();
    EXPECT_THAT(log, HasSubstr("error the collector's policy and CA catalogue cannot be used")) << c.what;
    EXPECT_THAT(log, HasSubstr(c.message)) << c.what;
    // Not in a loop, and not logged again.
    for (int i = 0; i < 95; ++i) {
      clock_.passed += absl::Minutes(15);
      Follow();
    }
    EXPECT_EQ(collector_.calls, calls + 1) << c.what;
    EXPECT_THAT(log_.Take(), IsEmpty()) << c.what;
    clock_.passed += absl::Minutes(30);
    Follow();
    EXPECT_EQ(collector_.calls, calls + 2) << c.what << ": tried again after a day";
    EXPECT_THAT(log_.Take(), IsEmpty()) << c.what;
  }
  EXPECT_EQ(changes_, 1);
  Restart();
  EXPECT_TRUE(CollectorsIsInForce()) << "on disk too";

  collector_.spoil = nullptr;
  collector_.served = next;
  Follow();
  EXPECT_EQ(judgement_->Current()->policy.required_loa, Loa::k3) << "a good one is taken at once";
}

TEST_F(CollectorJudgementTest, BacksOffWhileTheCollectorDoesNotAnswer) {
  collector_.failure = absl::UnavailableError("connection reset");
  for (int minute = 0; minute < 24 * 60; ++minute) {
    Follow();
    clock_.passed += absl::Minutes(1);
  }
  EXPECT_LT(collector_.calls, 60);
  EXPECT_GT(collector_.calls, 20);
  EXPECT_TRUE(LocalIsInForce());
  const std::string log = log_.Take();
  EXPECT_THAT(log, HasSubstr("cannot be taken up now"));
  EXPECT_EQ(log.find("cannot", log.find("cannot") + 1), std::string::npos) << log;
  collector_.failure = absl::OkStatus();
  clock_.passed += absl::Hours(1);
  Follow();
  EXPECT_TRUE(CollectorsIsInForce());
}

TEST_F(CollectorJudgementTest, SaysThatACollectorIsTooOldAndAsksItOnceADay) {
  collector_.failure = absl::UnimplementedError("unknown method");
  for (int hour = 0; hour < 47; ++hour) {
    Follow();
    clock_.passed += absl::Hours(1);
  }
  EXPECT_EQ(collector_.calls, 2);
  EXPECT_THAT(log_.Take(), HasSubstr("too old"));
}

TEST_F(CollectorJudgementTest, FollowsACollectorThatWasRestartedMeanwhileAndOneThatDoesNotKnowItselfRarely) {
  // What it gives is another than what it named.
  judgement_->Follow("00000000", "some", collector_);
  EXPECT_TRUE(CollectorsIsInForce());
  Follow();
  EXPECT_EQ(collector_.calls, 1);
  for (int i = 0; i < 10; ++i) judgement_->Follow("00000000", "some", collector_);
  EXPECT_LE(collector_.calls, 3);
}

TEST_F(CollectorJudgementTest, ADiskThatCannotTakeItLeavesTheOneInForce) {
  Follow();
  ASSERT_TRUE(CollectorsIsInForce());
  const absl::StatusOr<std::string> before = ReadFile(file_);
  // As a full disk: nothing can be made in the folder.
  fs::rename(folder_, folder_ + ".away");
  collector_.served = JudgementToProto(With("required_loa = 3\n"));
  Follow();
  EXPECT_TRUE(CollectorsIsInForce());
  EXPECT_THAT(log_.Take(), HasSubstr("creating a file beside"));
  fs::rename(folder_ + ".away", folder_);
  EXPECT_EQ(*ReadFile(file_), *before);
  clock_.passed += absl::Minutes(2);
  Follow();
  EXPECT_EQ(judgement_->Current()->policy.required_loa, Loa::k3);
}

TEST_F(CollectorJudgementTest, AKeptFileThatIsDamagedIsLoggedAndFetchedAnew) {
  Follow();
  const std::string whole = *ReadFile(file_);
  const std::string body = whole.substr(whole.find('\n') + 1);
  std::vector<std::string> damaged = {"", "x", whole.substr(0, whole.size() / 2), whole + "x",
                                      std::string(whole.size(), '\0')};
  damaged.push_back(whole);
  damaged.back()[whole.size() - 3] ^= 1;
  for (const std::string& bytes : damaged) {
    std::ofstream(file_, std::ios::binary | std::ios::trunc) << bytes;
    log_.Take();
    Restart();
    EXPECT_TRUE(LocalIsInForce()) << bytes.size();
    EXPECT_THAT(log_.Take(), HasSubstr("cannot be used, so the local ones are in force")) << bytes.size();
    Follow();
    EXPECT_TRUE(CollectorsIsInForce()) << bytes.size();
  }
  // Whole, but not what this program can use.
  for (const std::string& content : {std::string("\xFF\xFF"), std::string()}) {
    ASSERT_TRUE(WriteSealedFile(file_, "kortvakt-judgement", content).ok());
    Restart();
    EXPECT_TRUE(LocalIsInForce());
  }
  ASSERT_TRUE(WriteSealedFile(file_, "kortvakt-spool", body).ok());
  EXPECT_TRUE(absl::IsDataLoss(ReadKeptJudgement(file_).status()));
}

TEST_F(CollectorJudgementTest, SweepsAwayWhatACrashLeftHalfWritten) {
  const std::string half = file_ + ".a1B2c3";
  const std::string other = folder_ + "/other.a1B2c3";
  for (const std::string& path : {half, other}) std::ofstream(path) << "x";
  Restart();
  EXPECT_FALSE(fs::exists(half));
  EXPECT_TRUE(fs::exists(other));
  EXPECT_THAT(log_.Take(), Not(HasSubstr("warn")));
}

}  // namespace
}  // namespace kortvakt
