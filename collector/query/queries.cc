#include "collector/query/queries.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "collector/query/page.h"
#include "collector/query/rows_proto.h"
#include "collector/query/standings.h"
#include "common/base/bytes.h"
#include "common/base/status.h"
#include "common/judge/finding_proto.h"
#include "common/judge/judge.h"
#include "common/snapshot/snapshot_proto.h"

namespace kortvakt {
namespace {

// Longest text in a request: host names end at 253 (RFC 1035, 2.3.4), HSA-ids at 31.
constexpr size_t kLongestText = 256;
// Longest look ahead: no card lives longer than 5 years.
constexpr absl::Duration kLongestWithin = absl::Hours(24 * 366 * 20);
// So many UUIDs of workstations of one name are told.
constexpr size_t kNamesTold = 5;

absl::Status CheckText(const char* field, const std::string& text) {
  if (text.size() <= kLongestText) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(field, " is longer than ", kLongestText, " bytes"));
}

absl::Status CheckCardId(const std::string& id) {
  if (id.empty()) return absl::OkStatus();
  // SHA-256 in hex; 8 digits tell one card of a fleet from the others.
  if (id.size() >= 8 && id.size() <= 64 && id.find_first_not_of("0123456789abcdef") == std::string::npos) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("card_id must be 8 to 64 lower-case hex digits");
}

absl::StatusOr<std::optional<Loa>> LoaFilter(v1::Loa loa) {
  switch (loa) {
    case v1::LOA_UNSPECIFIED:
      return std::nullopt;
    case v1::LOA_2:
      return Loa::k2;
    case v1::LOA_3:
      return Loa::k3;
    case v1::LOA_UNKNOWN:
      return Loa::kUnknown;
    case v1::LOA_NOT_APPLICABLE:
      return Loa::kNotApplicable;
    default:
      return absl::InvalidArgumentError("loa is none of LOA_2, LOA_3, LOA_UNKNOWN, LOA_NOT_APPLICABLE");
  }
}

absl::StatusOr<std::optional<Stage>> StageFilter(const std::string& word) {
  if (word.empty()) return std::nullopt;
  const std::optional<Stage> stage = FindStage(word);
  if (!stage) return absl::InvalidArgumentError("stage is none of 8w, 4w, 2w, 1w, expired");
  return stage;
}

absl::StatusOr<std::optional<WorkstationState>> StateFilter(const std::string& word) {
  if (word.empty()) return std::nullopt;
  for (size_t i = 0; i < kWorkstationStateWords.size(); ++i) {
    if (word == kWorkstationStateWords[i]) return static_cast<WorkstationState>(i);
  }
  return absl::InvalidArgumentError("state is none of reporting, late, silent, retired");
}

absl::StatusOr<std::optional<FindingCode>> FindingFilter(const std::string& word) {
  if (word.empty()) return std::nullopt;
  const FindingInfo* info = FindFinding(word);
  if (info != nullptr) return info->code;
  return absl::InvalidArgumentError(
      absl::StrCat("finding '", CleanText(word, 64), "' is not known; write it as in ROOT_MISSING"));
}

absl::StatusOr<absl::Duration> WithinFilter(const v1::ListRenewalsRequest& request) {
  if (!request.has_within()) return absl::ZeroDuration();
  const absl::Duration within = absl::Seconds(request.within().seconds());
  if (within >= absl::ZeroDuration() && within <= kLongestWithin) return within;
  return absl::InvalidArgumentError("within must be 0 to 20 years");
}

absl::StatusOr<Language> LanguageOf(const std::string& word) {
  if (word.empty() || word == "en") return Language::kEnglish;
  if (word == "sv") return Language::kSwedish;
  return absl::InvalidArgumentError("language is neither sv nor en");
}

const char* RoleWord(CaRole role) { return role == CaRole::kRoot ? "root" : "issuing"; }
const char* EnvironmentWord(CaEnvironment environment) {
  return environment == CaEnvironment::kProduction ? "production" : "test";
}
const char* StateWord(CaState state) {
  return state == CaState::kCurrent ? "current" : state == CaState::kRetired ? "retired" : "blocked";
}

// Fills the fields that all lists have.
template <typename Row, typename Response>
void SetPage(const RowPage<Row>& page, PagedList list, Response& response) {
  response.set_total(static_cast<uint32_t>(page.total));
  if (page.more && !page.rows.empty()) {
    response.set_next_page_token(TokenAfter(page.rows.back().sort_key, list));
  }
}

}  // namespace

absl::StatusOr<v1::ListCardsResponse> Queries::ListCards(const v1::ListCardsRequest& request,
                                                         Role role) const {
  RETURN_IF_ERROR(CheckText("site", request.site()));
  RETURN_IF_ERROR(CheckCardId(request.card_id()));
  RETURN_IF_ERROR(CheckText("holder_hsa_id", request.holder_hsa_id()));
  if (!request.holder_hsa_id().empty() && role != Role::kOperator) {
    return absl::PermissionDeniedError("only the role operator may look for a holder");
  }
  CardFilter filter{.site = request.site(),
                    .loa = std::nullopt,
                    .include_idle = request.include_idle(),
                    .card_id_prefix = request.card_id(),
                    .holder_hsa_id = request.holder_hsa_id()};
  ASSIGN_OR_RETURN(filter.loa, LoaFilter(request.loa()));
  ASSIGN_OR_RETURN(const PageRange range, RangeOf(request.page(), PagedList::kCards));
  const RowPage<CardRow> page = fleet_.ListCards(filter, range);
  v1::ListCardsResponse response;
  for (const CardRow& row : page.rows) *response.add_cards() = ToProto(row, role);
  SetPage(page, PagedList::kCards, response);
  return response;
}

absl::StatusOr<v1::ListRenewalsResponse> Queries::ListRenewals(const v1::ListRenewalsRequest& request,
                                                               Role role) const {
  RETURN_IF_ERROR(CheckText("site", request.site()));
  RenewalFilter filter;
  filter.site = request.site();
  filter.include_idle = request.include_idle();
  ASSIGN_OR_RETURN(filter.within, WithinFilter(request));
  ASSIGN_OR_RETURN(filter.stage, StageFilter(request.stage()));
  ASSIGN_OR_RETURN(filter.loa, LoaFilter(request.loa()));
  ASSIGN_OR_RETURN(const PageRange range, RangeOf(request.page(), PagedList::kRenewals));
  const RowPage<RenewalRow> page = fleet_.ListRenewals(filter, range, clock_.Now());
  v1::ListRenewalsResponse response;
  for (const RenewalRow& row : page.rows) *response.add_renewals() = ToProto(row, role);
  response.set_total(static_cast<uint32_t>(page.total));
  if (page.more && !page.rows.empty()) {
    response.set_next_page_token(TokenAfter(page.rows.back().card.sort_key, PagedList::kRenewals));
  }
  return response;
}

absl::StatusOr<v1::ListWorkstationsResponse> Queries::ListWorkstations(
    const v1::ListWorkstationsRequest& request, Role /*role*/) const {
  RETURN_IF_ERROR(CheckText("site", request.site()));
  WorkstationFilter filter;
  filter.site = request.site();
  ASSIGN_OR_RETURN(filter.state, StateFilter(request.state()));
  ASSIGN_OR_RETURN(filter.finding, FindingFilter(request.finding()));
  ASSIGN_OR_RETURN(const PageRange range, RangeOf(request.page(), PagedList::kWorkstations));
  const RowPage<WorkstationRow> page = fleet_.ListWorkstations(filter, range);
  v1::ListWorkstationsResponse response;
  for (const WorkstationRow& row : page.rows) *response.add_workstations() = ToProto(row);
  SetPage(page, PagedList::kWorkstations, response);
  return response;
}

absl::StatusOr<v1::GetWorkstationResponse> Queries::GetWorkstation(const v1::GetWorkstationRequest& request,
                                                                   Role role) const {
  if (request.name().empty()) return absl::InvalidArgumentError("name is empty");
  RETURN_IF_ERROR(CheckText("name", request.name()));
  ASSIGN_OR_RETURN(const Language language, LanguageOf(request.language()));
  const std::string shown = CleanText(request.name(), kLongestText);
  std::vector<WorkstationRow> found = fleet_.FindWorkstations(request.name());
  // A UUID means that workstation, whatever others call themselves.
  const std::string id = absl::AsciiStrToLower(request.name());
  const auto named =
      std::find_if(found.begin(), found.end(), [&id](const auto& row) { return row.id == id; });
  if (named != found.end()) found = {*named};
  if (found.empty()) return absl::NotFoundError(absl::StrCat("no workstation '", shown, "'"));
  if (found.size() > 1) {
    std::string ids;
    for (size_t i = 0; i < std::min(found.size(), kNamesTold); ++i) {
      absl::StrAppend(&ids, i > 0 ? ", " : "", found[i].id, " (", found[i].site, ")");
    }
    return absl::FailedPreconditionError(absl::StrCat(found.size(), " workstations have the name '", shown,
                                                      "'; ask by UUID: ", ids,
                                                      found.size() > kNamesTold ? ", ..." : ""));
  }
  const absl::Time now = clock_.Now();
  ASSIGN_OR_RETURN(WorkstationDetail detail, fleet_.Detail(found.front().id, now, language));
  if (role != Role::kOperator) RemovePersonalData(detail.snapshot);
  // The agent may have had another catalogue than the findings were made with.
  const Judgement& judgement = *detail.judgement;
  ClassifySnapshot(detail.snapshot, *judgement.catalogue);
  v1::GetWorkstationResponse response;
  *response.mutable_workstation() = ToProto(detail.row);
  *response.mutable_snapshot() = SnapshotToProto(detail.snapshot);
  for (const Finding& finding : detail.findings) *response.add_findings() = FindingToProto(finding, language);
  *response.mutable_judged_at() = TimestampOf(now);
  response.set_diagnosis(Diagnosis(detail.findings, language));
  for (v1::CertificateStanding& standing : StandingsOf({.snapshot = detail.snapshot,
                                           .catalogue = *judgement.catalogue,
                                           .policy = judgement.policy,
                                           .now = now,
                                           .language = language})) {
    *response.add_standings() = std::move(standing);
  }
  return response;
}

absl::StatusOr<v1::ListAlertsResponse> Queries::ListAlerts(const v1::ListAlertsRequest& request,
                                                           Role /*role*/) const {
  RETURN_IF_ERROR(CheckText("site", request.site()));
  v1::ListAlertsResponse response;
  for (const StoredAlert& alert : alerts_.open()) {
    if (request.site().empty() || request.site() == alert.site) *response.add_alerts() = ToProto(alert);
  }
  return response;
}

absl::StatusOr<v1::GetSummaryResponse> Queries::GetSummary(const v1::GetSummaryRequest& request,
                                                           Role /*role*/) const {
  RETURN_IF_ERROR(CheckText("site", request.site()));
  const absl::Time now = clock_.Now();
  return SummaryOf(fleet_.Counts(now), request.site(), now);
}

absl::StatusOr<v1::ListCasResponse> Queries::ListCas(const v1::ListCasRequest& request, Role /*role*/) const {
  RETURN_IF_ERROR(CheckText("site", request.site()));
  const FleetCounts counts = fleet_.Counts(clock_.Now());
  std::map<std::string, uint32_t> missing;  // by required CA
  for (size_t i = 0; i < counts.required_cas.size(); ++i) {
    uint32_t& sum = missing[counts.required_cas[i]];
    for (const auto& [site, numbers] : counts.sites) {
      if (!request.site().empty() && site != request.site()) continue;
      if (i < numbers.missing_ca.size()) sum += numbers.missing_ca[i];
    }
  }
  const std::shared_ptr<const Judgement> judgement = fleet_.judgement();
  v1::ListCasResponse response;
  response.set_catalogue_version(judgement->catalogue->version());
  for (const CataloguedCa& ca : judgement->catalogue->cas()) {
    v1::CaRow& row = *response.add_cas();
    row.set_ca(ca.id);
    row.set_subject(ca.subject);
    row.set_role(RoleWord(ca.role));
    row.set_environment(EnvironmentWord(ca.environment));
    row.set_state(StateWord(ca.state));
    const auto found = missing.find(ca.id);
    row.set_required(found != missing.end());
    if (found != missing.end()) row.set_missing_workstations(found->second);
    if (ca.not_after) *row.mutable_not_after() = TimestampOf(*ca.not_after);
    row.set_sha256(ca.sha256);
  }
  return response;
}

}  // namespace kortvakt
