// Answers of a collector as data, for the tests of the command line.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "common/base/time.h"
#include "kortvakt/v1/query.pb.h"

namespace kortvakt::testing {

inline const absl::Time kNow = *ParseTime("2026-11-22T09:00:00Z");

inline void Set(google::protobuf::Timestamp* timestamp, const std::string& text) {
  timestamp->set_seconds(absl::ToUnixSeconds(*ParseTime(text)));
}

inline v1::CardRow Card(const std::string& id_start, const std::string& not_after, const std::string& stage) {
  v1::CardRow card;
  card.set_card_id(id_start + std::string(64 - id_start.size(), '0'));
  card.set_holder_hsa_id("SE2321000016-T35T");
  card.set_card_number("9752269875312345678");
  card.set_organisation("Region Exempel");
  card.set_site("Ängelholm");
  card.set_workstation("MOTTAGNING-03");
  card.set_loa(v1::LOA_3);
  card.set_family(v1::CARD_FAMILY_PKCS15);
  card.set_state(v1::CARD_STATE_READ);
  if (!not_after.empty()) Set(card.mutable_not_after(), not_after);
  card.set_stage(stage);
  Set(card.mutable_last_seen(), "2026-11-21");
  card.set_certificate_count(4);
  return card;
}

inline v1::ListCardsResponse Cards() {
  v1::ListCardsResponse response;
  *response.add_cards() = Card("aaaaaaaa", "2026-11-01T12:00:00Z", "expired");
  *response.add_cards() = Card("bbbbbbbb", "2027-01-03T09:00:00Z", "8w");
  *response.add_cards() = Card("cccccccc", "", "");
  response.mutable_cards(2)->set_state(v1::CARD_STATE_EMPTY);
  response.mutable_cards(2)->set_loa(v1::LOA_NOT_APPLICABLE);
  response.set_total(3);
  return response;
}

inline v1::GetWorkstationResponse Workstation() {
  v1::GetWorkstationResponse response;
  auto& row = *response.mutable_workstation();
  row.set_id("2f6b1c1e-9a53-4a52-8d6e-0c4f2d6f9b11");
  row.set_host_name("MOTTAGNING-03");
  row.set_site("Ängelholm");
  row.set_state("reporting");
  Set(row.mutable_last_report(), "2026-11-22T08:48:00Z");
  row.set_agent_version("0.1.0");
  row.set_os_version("Debian GNU/Linux 12");
  auto& reader = *response.mutable_snapshot()->add_readers();
  reader.set_name("Example Reader 00 00");
  reader.set_state(v1::READER_STATE_OK);
  auto& card = *reader.mutable_card();
  card.set_id(std::string(64, 'a'));
  card.set_state(v1::CARD_STATE_READ);
  card.set_holder_hsa_id("SE2321000016-T35T");
  auto& certificate = *card.add_certificates();
  certificate.set_purpose(v1::PURPOSE_AUTHENTICATION);
  certificate.set_loa(v1::LOA_3);
  certificate.set_loa_basis(v1::LOA_BASIS_POLICY);
  certificate.set_issuer("CN=Demo Person HSA-id 3 CA v1,O=Demo,C=SE");
  certificate.set_organisation("Region Exempel");
  Set(certificate.mutable_not_after(), "2026-11-01T12:00:00Z");
  auto& store = *response.mutable_snapshot()->add_trust_stores();
  store.set_kind(v1::TRUST_STORE_KIND_SYSTEM_BUNDLE);
  store.set_owner("machine");
  store.set_location("/etc/ssl/certs/ca-certificates.crt");
  store.set_state(v1::TRUST_STORE_STATE_READ);
  store.set_certificate_count(144);
  auto& finding = *response.add_findings();
  finding.set_code("CERT_EXPIRED");
  finding.set_severity("critical");
  finding.set_subject("card aaaaaaaa in Example Reader 00 00");
  finding.set_evidence("ended 2026-11-01T12:00:00Z");
  finding.set_remedy("Order a new card.");
  finding.set_fixed_by("card_office");
  finding.set_meaning("The login certificate has ended.");
  Set(response.mutable_judged_at(), "2026-11-22T09:00:00Z");
  response.set_diagnosis("Order a new card (the card office).");
  return response;
}

}  // namespace kortvakt::testing
