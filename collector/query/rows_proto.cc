#include "collector/query/rows_proto.h"

#include <array>

namespace kortvakt {
namespace {

v1::Loa LoaOf(Loa loa) {
  switch (loa) {
    case Loa::k2:
      return v1::LOA_2;
    case Loa::k3:
      return v1::LOA_3;
    case Loa::kNotApplicable:
      return v1::LOA_NOT_APPLICABLE;
    case Loa::kUnknown:
      break;
  }
  return v1::LOA_UNKNOWN;
}

v1::CardFamily FamilyOf(CardFamily family) {
  switch (family) {
    case CardFamily::kPkcs15:
      return v1::CARD_FAMILY_PKCS15;
    case CardFamily::kIdPrime:
      return v1::CARD_FAMILY_IDPRIME;
    case CardFamily::kUnknown:
      break;
  }
  return v1::CARD_FAMILY_UNSPECIFIED;
}

v1::CardState StateOf(CardState state) {
  switch (state) {
    case CardState::kRead:
      return v1::CARD_STATE_READ;
    case CardState::kEmpty:
      return v1::CARD_STATE_EMPTY;
    case CardState::kUnreadable:
      return v1::CARD_STATE_UNREADABLE;
    case CardState::kUnsupported:
      return v1::CARD_STATE_UNSUPPORTED;
    case CardState::kMute:
      return v1::CARD_STATE_MUTE;
    case CardState::kInUse:
      return v1::CARD_STATE_IN_USE;
  }
  return v1::CARD_STATE_UNSPECIFIED;
}

// Indices into SiteCounts: see counts.h.
constexpr size_t kActive = 0;
constexpr size_t kIdle = 1;

void AddTo(v1::SiteSummary& total, const v1::SiteSummary& site) {
  const auto* reflection = v1::SiteSummary::GetReflection();
  const auto* descriptor = v1::SiteSummary::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_UINT32) continue;
    reflection->SetUInt32(&total, field,
                          reflection->GetUInt32(total, field) + reflection->GetUInt32(site, field));
  }
}

}  // namespace

google::protobuf::Timestamp TimestampOf(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(absl::ToUnixSeconds(time));
  return timestamp;
}

v1::CardRow ToProto(const CardRow& row, Role role) {
  v1::CardRow proto;
  proto.set_card_id(row.card_id);
  if (role == Role::kOperator) {
    proto.set_holder_hsa_id(row.holder_hsa_id);
    proto.set_card_number(row.card_number);
  }
  proto.set_organisation(row.organisation);
  proto.set_site(row.site);
  proto.set_workstation(row.workstation);
  proto.set_loa(LoaOf(row.loa));
  proto.set_family(FamilyOf(row.family));
  proto.set_state(StateOf(row.state));
  if (row.not_after) *proto.mutable_not_after() = TimestampOf(*row.not_after);
  proto.set_stage(StageWord(row.stage));
  *proto.mutable_last_seen() = TimestampOf(row.last_seen);
  proto.set_idle(row.idle);
  proto.set_certificate_count(row.certificate_count);
  return proto;
}

v1::RenewalRow ToProto(const RenewalRow& row, Role role) {
  v1::RenewalRow proto;
  *proto.mutable_card() = ToProto(row.card, role);
  proto.set_certificate_sha256(row.certificate_sha256);
  proto.set_remedy(row.remedy);
  proto.set_contact(row.contact);
  *proto.mutable_due_at() = TimestampOf(row.due_at);
  return proto;
}

v1::WorkstationRow ToProto(const WorkstationRow& row) {
  v1::WorkstationRow proto;
  proto.set_id(row.id);
  proto.set_host_name(row.host_name);
  proto.set_site(row.site);
  proto.set_state(WorkstationStateWord(row.state));
  *proto.mutable_last_report() = TimestampOf(row.last_report);
  proto.set_readers(row.readers);
  proto.set_cards(row.cards);
  for (const FindingCode code : row.findings) proto.add_findings(InfoOf(code).word);
  if (row.worst_severity) proto.set_worst_severity(SeverityWord(*row.worst_severity));
  proto.set_agent_version(row.agent_version);
  proto.set_os_version(row.os_version);
  return proto;
}

v1::Alert ToProto(const StoredAlert& alert) {
  v1::Alert proto;
  proto.set_name(alert.name);
  proto.set_site(alert.site);
  proto.set_label(alert.label);
  proto.set_severity(alert.severity);
  proto.set_count(alert.count);
  *proto.mutable_opened_at() = TimestampOf(alert.opened_at);
  *proto.mutable_changed_at() = TimestampOf(alert.changed_at);
  proto.set_summary(alert.summary);
  return proto;
}

v1::SiteSummary ToProto(const SiteCounts& counts, const std::string& site) {
  const auto workstations = [&](WorkstationState state) {
    return counts.workstations[static_cast<size_t>(state)];
  };
  std::array<uint32_t, 2> cards{};
  for (const auto& by_presence : counts.cards) {
    for (size_t i = 0; i < cards.size(); ++i) cards[i] += by_presence[i];
  }
  const auto renewals = [&](Stage stage) {
    uint32_t sum = 0;
    for (const auto& by_stage : counts.renewals) sum += by_stage[StageIndex(stage)];
    return sum;
  };
  v1::SiteSummary proto;
  proto.set_site(site);
  proto.set_workstations_reporting(workstations(WorkstationState::kReporting));
  proto.set_workstations_late(workstations(WorkstationState::kLate));
  proto.set_workstations_silent(workstations(WorkstationState::kSilent));
  proto.set_cards_active(cards[kActive]);
  proto.set_cards_idle(cards[kIdle]);
  proto.set_cards_loa2(counts.cards[CardLoaIndex(Loa::k2)][kActive]);
  proto.set_cards_loa3(counts.cards[CardLoaIndex(Loa::k3)][kActive]);
  proto.set_renewals_8w(renewals(Stage::k8w));
  proto.set_renewals_4w(renewals(Stage::k4w));
  proto.set_renewals_2w(renewals(Stage::k2w));
  proto.set_renewals_1w(renewals(Stage::k1w));
  proto.set_renewals_expired(renewals(Stage::kExpired));
  proto.set_workstations_missing_ca(counts.workstations_missing_ca);
  proto.set_workstations_critical(counts.workstations_critical);
  return proto;
}

v1::GetSummaryResponse SummaryOf(const FleetCounts& counts, const std::string& site, absl::Time now) {
  v1::GetSummaryResponse response;
  for (const auto& [name, numbers] : counts.sites) {
    if (!site.empty() && name != site) continue;
    *response.add_sites() = ToProto(numbers, name);
    AddTo(*response.mutable_total(), response.sites(response.sites_size() - 1));
  }
  response.mutable_total();
  *response.mutable_judged_at() = TimestampOf(now);
  return response;
}

}  // namespace kortvakt
