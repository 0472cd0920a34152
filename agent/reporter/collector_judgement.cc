#include "agent/reporter/collector_judgement.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/reporter/sealed_file.h"
#include "common/base/bytes.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/base/version.h"
#include "common/judge/judgement_proto.h"

namespace kortvakt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKind = "kortvakt-judgement";
constexpr std::string_view kFileName = "collector.judgement";
constexpr absl::Duration kUnusableAgain = absl::Hours(24);
constexpr size_t kMaxLogged = 700;

// What a crash left of it while it was written.
void RemoveHalfWritten(const fs::path& file) {
  std::error_code error;
  for (fs::directory_iterator it(file.parent_path(), error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;  // what cannot be removed does no harm
    if (IsHalfWritten(it->path().filename().string(), kFileName)) fs::remove(it->path(), ignored);
  }
}

}  // namespace

std::string KeptJudgementFile(const std::string& spool_folder) {
  return absl::StrCat(spool_folder, "/", std::string(kFileName));
}

absl::StatusOr<Judgement> ReadKeptJudgement(const std::string& file) {
  ASSIGN_OR_RETURN(const std::string body, ReadSealedFile(file, kKind, kMaxJudgementBytes));
  v1::Judgement proto;
  if (!proto.ParseFromString(body))
    return absl::DataLossError(absl::StrCat(file, ": holds no policy and catalogue"));
  absl::StatusOr<Judgement> judgement = JudgementFromProto(proto, nullptr);
  if (!judgement.ok()) return Annotate(judgement.status(), file);
  judgement->of_collector = true;
  return judgement;
}

CollectorJudgement::CollectorJudgement(Judgement local, const Clock& clock, Options options)
    : clock_(clock), options_(std::move(options)), backoff_(options_.backoff, options_.random) {
  RemoveHalfWritten(options_.file);
  absl::StatusOr<Judgement> kept = ReadKeptJudgement(options_.file);
  if (!kept.ok() && !absl::IsNotFound(kept.status())) {
    spdlog::warn(
        "the collector's policy and CA catalogue as they were kept cannot be used, so the local ones are in "
        "force "
        "until the collector's come anew: {}",
        CleanText(std::string(kept.status().message()), kMaxLogged));
  }
  current_ = std::make_shared<const Judgement>(kept.ok() ? *std::move(kept) : std::move(local));
}

std::shared_ptr<const Judgement> CollectorJudgement::Current() const {
  const MutexLock lock(mutex_);
  return current_;
}

CollectorJudgement::Versions CollectorJudgement::VersionsOf(const Judgement& judgement) {
  return {PolicyVersion(judgement.policy), judgement.catalogue->version()};
}

absl::StatusOr<CollectorJudgement::Versions> CollectorJudgement::Fetch(const Judgement& have,
                                                                       CollectorTransport& transport) {
  v1::GetJudgementRequest request;
  request.set_have_policy_version(PolicyVersion(have.policy));
  request.set_have_catalogue_version(have.catalogue->version());
  ASSIGN_OR_RETURN(const v1::Judgement answer, transport.GetJudgement(request));
  ASSIGN_OR_RETURN(Judgement judgement, JudgementFromProto(answer, &have));
  Versions versions = VersionsOf(judgement);
  if (have.of_collector && versions == VersionsOf(have)) return versions;
  RETURN_IF_ERROR(TakeUp(std::move(judgement)));
  return versions;
}

absl::Status CollectorJudgement::TakeUp(Judgement judgement) {
  judgement.of_collector = true;
  RETURN_IF_ERROR(WriteSealedFile(options_.file, kKind, JudgementToProto(judgement).SerializeAsString()));
  const Versions versions = VersionsOf(judgement);
  spdlog::info("the collector's policy {} and CA catalogue {} are in force", versions.policy,
               versions.catalogue);
  {
    const MutexLock lock(mutex_);
    current_ = std::make_shared<const Judgement>(std::move(judgement));
  }
  if (on_change_) on_change_();
  return absl::OkStatus();
}

void CollectorJudgement::NoteFailure(const Versions& named, const absl::Status& status) {
  // It would be the same again.
  const bool unusable = absl::IsInvalidArgument(status) || absl::IsUnimplemented(status);
  retry_at_ = clock_.Monotonic() + (unusable ? kUnusableAgain : backoff_.Next());
  tried_ = named;
  const std::string error(status.message());
  if (error == last_error_) return;
  last_error_ = error;
  const std::string shown = CleanText(error, kMaxLogged);
  if (absl::IsUnimplemented(status)) {
    spdlog::warn("the collector is too old to give its policy and CA catalogue; upgrade it: {}", shown);
  } else if (unusable) {
    spdlog::error(
        "the collector's policy and CA catalogue cannot be used, and those in force stay; if the collector "
        "is newer "
        "than this agent ({}), upgrade the agent: {}",
        kVersion, shown);
  } else {
    spdlog::warn(
        "the collector's policy and CA catalogue cannot be taken up now, and those in force stay: {}", shown);
  }
}

void CollectorJudgement::Follow(const std::string& policy_version, const std::string& catalogue_version,
                                CollectorTransport& transport) {
  const Versions named{policy_version, catalogue_version};
  const std::shared_ptr<const Judgement> have = Current();
  const bool here = named == VersionsOf(*have);
  if (here && have->of_collector) {
    last_error_.clear();
    return;
  }
  if (named != tried_) {
    backoff_.Reset();
  } else if (clock_.Monotonic() < retry_at_) {
    return;
  }
  if (here) {
    const absl::Status kept = TakeUp(*have);
    if (!kept.ok()) NoteFailure(named, kept);
    return;
  }
  const absl::StatusOr<Versions> fetched = Fetch(*have, transport);
  if (absl::IsCancelled(fetched.status())) return;  // the agent is stopping
  if (!fetched.ok()) {
    NoteFailure(named, fetched.status());
  } else if (*fetched != named) {
    // It was restarted in between, or does not know itself: what it gave counts.
    NoteFailure(named, absl::UnavailableError(
                           absl::StrCat("it names policy '", CleanText(named.policy, 64), "' and catalogue '",
                                        CleanText(named.catalogue, 128), "', and gives '", fetched->policy,
                                        "' and '", fetched->catalogue, "'")));
  } else {
    last_error_.clear();
  }
}

}  // namespace kortvakt
