#include "common/snapshot/certificate_proto.h"

namespace kortvakt {

static_assert(static_cast<int>(Loa::kNotApplicable) + 1 == v1::LOA_NOT_APPLICABLE);
static_assert(static_cast<int>(LoaBasis::kIssuerName) == v1::LOA_BASIS_ISSUER_NAME);
static_assert(static_cast<int>(Purpose::kOther) + 1 == v1::PURPOSE_OTHER);
static_assert(static_cast<int>(IdentityKind::kOther) + 1 == v1::IDENTITY_KIND_OTHER);
static_assert(static_cast<int>(KeyPresence::kAbsent) == v1::KEY_PRESENCE_ABSENT);

namespace {

// What CertificatePool::FindPaths (chain.h) makes.
constexpr int kMaxPaths = 8;
constexpr int kMaxPathLength = 8;

std::vector<CertificatePath> PathsFromProto(
    ProtoCheck& check, const google::protobuf::RepeatedPtrField<v1::CertificatePath>& proto) {
  std::vector<CertificatePath> paths;
  if (!check.AtMost("certificate.paths", proto, kMaxPaths)) return paths;
  for (const v1::CertificatePath& path : proto) {
    if (path.sha256().empty()) check.Fail("certificate.paths", "a path without certificates");
    if (!check.AtMost("certificate.paths.sha256", path.sha256(), kMaxPathLength)) return paths;
    CertificatePath& out = paths.emplace_back();
    for (const std::string& sha256 : path.sha256()) {
      out.push_back(check.Fingerprint("certificate.paths.sha256", sha256, false));
    }
  }
  return paths;
}

}  // namespace

v1::Certificate CertificateToProto(const CertificateFacts& facts) {
  v1::Certificate proto;
  proto.set_sha256(facts.sha256);
  proto.set_serial_number(facts.serial_number);
  proto.set_issuer(facts.issuer);
  proto.set_subject(facts.subject);
  proto.set_issuer_sha256(facts.issuer_sha256);
  *proto.mutable_not_before() = TimeToProto(facts.not_before);
  *proto.mutable_not_after() = TimeToProto(facts.not_after);
  proto.mutable_policy_oids()->Add(facts.policy_oids.begin(), facts.policy_oids.end());
  proto.set_loa(Shifted<v1::Loa>(facts.loa));
  proto.set_loa_basis(Same<v1::LoaBasis>(facts.loa_basis));
  proto.set_purpose(Shifted<v1::Purpose>(facts.purpose));
  proto.mutable_key_usages()->Add(facts.key_usages.begin(), facts.key_usages.end());
  proto.mutable_extended_key_usages()->Add(facts.extended_key_usages.begin(),
                                           facts.extended_key_usages.end());
  proto.set_subject_key_id(facts.subject_key_id);
  proto.set_authority_key_id(facts.authority_key_id);
  proto.mutable_ca_issuers_urls()->Add(facts.ca_issuers_urls.begin(), facts.ca_issuers_urls.end());
  proto.mutable_ocsp_urls()->Add(facts.ocsp_urls.begin(), facts.ocsp_urls.end());
  proto.mutable_crl_urls()->Add(facts.crl_urls.begin(), facts.crl_urls.end());
  proto.set_key_type(facts.key_type);
  proto.set_key_bits(facts.key_bits);
  proto.set_signature_algorithm(facts.signature_algorithm);
  proto.set_identity_kind(Shifted<v1::IdentityKind>(facts.identity_kind));
  proto.set_hsa_id(facts.hsa_id);
  proto.set_organisation(facts.organisation);
  proto.set_card_number(facts.card_number);
  proto.set_is_ca(facts.is_ca);
  proto.set_key_presence(Same<v1::KeyPresence>(facts.key_presence));
  proto.set_public_key_sha256(facts.public_key_sha256);
  for (const CertificatePath& path : facts.paths) {
    proto.add_paths()->mutable_sha256()->Add(path.begin(), path.end());
  }
  return proto;
}

CertificateFacts CertificateFromProto(ProtoCheck& check, const v1::Certificate& proto) {
  CertificateFacts facts;
  facts.sha256 = check.Fingerprint("certificate.sha256", proto.sha256(), false);
  facts.serial_number = check.Text("certificate.serial_number", proto.serial_number());
  facts.issuer = check.Text("certificate.issuer", proto.issuer());
  facts.subject = check.Text("certificate.subject", proto.subject());
  facts.issuer_sha256 = check.Fingerprint("certificate.issuer_sha256", proto.issuer_sha256(), true);
  facts.not_before = check.Time("certificate.not_before", proto.has_not_before(), proto.not_before());
  facts.not_after = check.Time("certificate.not_after", proto.has_not_after(), proto.not_after());
  facts.policy_oids = check.Texts("certificate.policy_oids", proto.policy_oids());
  facts.loa = check.Enum("certificate.loa", proto.loa(), 1, Loa::kNotApplicable);
  facts.loa_basis = check.Enum("certificate.loa_basis", proto.loa_basis(), 0, LoaBasis::kIssuerName);
  facts.purpose = check.Enum("certificate.purpose", proto.purpose(), 1, Purpose::kOther);
  facts.key_usages = check.Texts("certificate.key_usages", proto.key_usages());
  facts.extended_key_usages = check.Texts("certificate.extended_key_usages", proto.extended_key_usages());
  facts.subject_key_id = check.Text("certificate.subject_key_id", proto.subject_key_id());
  facts.authority_key_id = check.Text("certificate.authority_key_id", proto.authority_key_id());
  facts.ca_issuers_urls = check.Texts("certificate.ca_issuers_urls", proto.ca_issuers_urls());
  facts.ocsp_urls = check.Texts("certificate.ocsp_urls", proto.ocsp_urls());
  facts.crl_urls = check.Texts("certificate.crl_urls", proto.crl_urls());
  facts.key_type = check.Text("certificate.key_type", proto.key_type());
  facts.key_bits = proto.key_bits();
  facts.signature_algorithm = check.Text("certificate.signature_algorithm", proto.signature_algorithm());
  facts.identity_kind =
      check.Enum("certificate.identity_kind", proto.identity_kind(), 1, IdentityKind::kOther);
  facts.hsa_id = check.Text("certificate.hsa_id", proto.hsa_id());
  facts.organisation = check.Text("certificate.organisation", proto.organisation());
  facts.card_number = check.Text("certificate.card_number", proto.card_number());
  facts.is_ca = proto.is_ca();
  facts.key_presence = check.Enum("certificate.key_presence", proto.key_presence(), 0, KeyPresence::kAbsent);
  facts.public_key_sha256 =
      check.Fingerprint("certificate.public_key_sha256", proto.public_key_sha256(), true);
  facts.paths = PathsFromProto(check, proto.paths());
  return facts;
}

}  // namespace kortvakt
