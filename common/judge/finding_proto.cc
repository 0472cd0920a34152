#include "common/judge/finding_proto.h"

#include "common/judge/words.h"

namespace kortvakt {

v1::Finding FindingToProto(const Finding& finding, Language language) {
  v1::Finding proto;
  proto.set_code(InfoOf(finding.code).word);
  proto.set_severity(SeverityWord(finding.severity));
  proto.set_subject(finding.subject);
  proto.set_evidence(finding.evidence);
  proto.set_remedy(finding.remedy);
  proto.set_fixed_by(FixedByWord(finding.fixed_by));
  proto.set_meaning(MeaningOf(finding.code, language));
  proto.set_card_id(finding.card_id);
  proto.set_certificate_sha256(finding.certificate_sha256);
  proto.set_ca(finding.ca);
  return proto;
}

}  // namespace kortvakt
