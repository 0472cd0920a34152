#include "common/snapshot/probe_proto.h"

#include "common/base/bytes.h"
#include "common/snapshot/certificate_proto.h"

namespace kortvakt {
namespace {

constexpr int kMaxEntries = 16;
constexpr int kMaxCaNames = 512;
constexpr int kMaxWays = 4;
constexpr int kMaxTrust = 128;  // stores and browsers of a snapshot
constexpr size_t kMaxBytes = 64u << 10;

static_assert(static_cast<int>(ProbeOutcome::kTimedOut) + 1 == v1::PROBE_OUTCOME_TIMED_OUT);
static_assert(static_cast<int>(ProbeVerdict::kIssuerUnknown) + 1 == v1::PROBE_VERDICT_ISSUER_UNKNOWN);
static_assert(static_cast<int>(RootOrigin::kLocal) == v1::ROOT_ORIGIN_LOCAL);
static_assert(static_cast<int>(ClientCertificateRequest::kOnPath) + 1 ==
              v1::CLIENT_CERTIFICATE_REQUEST_ON_PATH);
static_assert(static_cast<int>(HttpRefusal::kCertificateError) == v1::HTTP_REFUSAL_CERTIFICATE_ERROR);

void BoundToProto(const ProbeWayBound& bound, v1::ProbeWayBound& proto) {
  *proto.mutable_time() = TimeToProto(bound.time);
  proto.set_ca(bound.ca);
  proto.set_from_store(bound.from_store);
}

ProbeWayBound BoundFromProto(ProtoCheck& check, const v1::ProbeWayBound& proto) {
  return {check.Time("probe_way_bound.time", proto.has_time(), proto.time()),
          check.Text("probe_way_bound.ca", proto.ca()), proto.from_store()};
}

v1::ProbeTrust TrustToProto(const ProbeTrust& trust) {
  v1::ProbeTrust proto;
  proto.set_store(CleanText(trust.store, kMaxProtoText));
  proto.set_browser(trust.browser);
  proto.set_verdict(Shifted<v1::ProbeVerdict>(trust.verdict));
  proto.set_with_local_intermediate(trust.with_local_intermediate);
  proto.set_root_sha256(trust.root_sha256);
  proto.set_root_subject(trust.root_subject);
  proto.set_root_origin(Same<v1::RootOrigin>(trust.root_origin));
  proto.set_detail(CleanText(trust.detail, kMaxProtoText));
  for (const ProbeWay& way : trust.ways) {
    v1::ProbeWay& out = *proto.add_ways();
    BoundToProto(way.begins, *out.mutable_begins());
    BoundToProto(way.ends, *out.mutable_ends());
  }
  return proto;
}

ProbeTrust TrustFromProto(ProtoCheck& check, const v1::ProbeTrust& proto) {
  ProbeTrust trust;
  trust.store = check.Text("probe_trust.store", proto.store());
  trust.browser = proto.browser();
  trust.verdict = check.Enum("probe_trust.verdict", proto.verdict(), 1, ProbeVerdict::kIssuerUnknown);
  trust.with_local_intermediate = proto.with_local_intermediate();
  trust.root_sha256 = check.Fingerprint("probe_trust.root_sha256", proto.root_sha256(), true);
  trust.root_subject = check.Text("probe_trust.root_subject", proto.root_subject());
  trust.root_origin = check.Enum("probe_trust.root_origin", proto.root_origin(), 0, RootOrigin::kLocal);
  trust.detail = check.Text("probe_trust.detail", proto.detail());
  if (!check.AtMost("probe_trust.ways", proto.ways(), kMaxWays)) return trust;
  for (const v1::ProbeWay& way : proto.ways()) {
    trust.ways.push_back({BoundFromProto(check, way.begins()), BoundFromProto(check, way.ends())});
  }
  return trust;
}

void AddTexts(const std::vector<std::string>& texts, google::protobuf::RepeatedPtrField<std::string>& list) {
  list.Add(texts.begin(), texts.end());
}

}  // namespace

v1::Probe ProbeToProto(const ProbeFacts& facts) {
  v1::Probe proto;
  proto.set_url(CleanText(facts.url, kMaxProtoText));
  proto.set_proxy(facts.proxy);
  proto.set_outcome(Shifted<v1::ProbeOutcome>(facts.outcome));
  proto.set_detail(CleanText(facts.detail, kMaxProtoText));
  for (const ProbeAddress& address : facts.addresses) {
    v1::ProbeAddress& out = *proto.add_addresses();
    out.set_address(address.address);
    out.set_error(CleanText(address.error, kMaxProtoText));
  }
  proto.set_proxy_status(facts.proxy_status);
  proto.set_plain_http(facts.plain_http);
  proto.set_answers_without_name(facts.answers_without_name);
  proto.set_browser_offer_refused(facts.browser_offer_refused);
  AddTexts(facts.versions_taken, *proto.mutable_versions_taken());
  AddTexts(facts.versions_refused, *proto.mutable_versions_refused());
  proto.set_version(facts.version);
  proto.set_cipher(facts.cipher);
  proto.set_rsa_key_exchange(facts.rsa_key_exchange);
  proto.set_alert(facts.alert);
  for (const CertificateFacts& certificate : facts.chain)
    *proto.add_chain() = CertificateToProto(certificate);
  proto.set_chain_length(facts.chain_length);
  proto.set_path_length(facts.path_length);
  AddTexts(facts.server_names, *proto.mutable_server_names());
  proto.set_name_matches(facts.name_matches);
  for (const ProbeTrust& trust : facts.trust) *proto.add_trust() = TrustToProto(trust);
  proto.set_client_certificate(Shifted<v1::ClientCertificateRequest>(facts.client_certificate));
  AddTexts(facts.ca_names, *proto.mutable_ca_names());
  proto.set_ca_name_count(facts.ca_name_count);
  AddTexts(facts.signature_algorithms, *proto.mutable_signature_algorithms());
  proto.set_http_status(facts.http_status);
  proto.set_http_refusal(Same<v1::HttpRefusal>(facts.http_refusal));
  proto.set_ends_self_signed(facts.ends_self_signed);
  proto.set_group(facts.group);
  proto.set_browsers_offer_cipher(facts.browsers_offer_cipher);
  return proto;
}

ProbeFacts ProbeFromProto(ProtoCheck& check, const v1::Probe& proto) {
  ProbeFacts facts;
  if (proto.ByteSizeLong() > kMaxBytes) check.Fail("probe", "more than 64 KiB");
  if (!check.AtMost("probe.addresses", proto.addresses(), kMaxEntries) ||
      !check.AtMost("probe.chain", proto.chain(), kMaxEntries) ||
      !check.AtMost("probe.server_names", proto.server_names(), kMaxEntries) ||
      !check.AtMost("probe.trust", proto.trust(), kMaxTrust) ||
      !check.AtMost("probe.ca_names", proto.ca_names(), kMaxCaNames)) {
    return facts;
  }
  facts.url = check.Text("probe.url", proto.url());
  facts.proxy = check.Text("probe.proxy", proto.proxy());
  facts.outcome = check.Enum("probe.outcome", proto.outcome(), 1, ProbeOutcome::kTimedOut);
  facts.detail = check.Text("probe.detail", proto.detail());
  for (const v1::ProbeAddress& address : proto.addresses()) {
    facts.addresses.push_back({check.Text("probe_address.address", address.address()),
                               check.Text("probe_address.error", address.error())});
  }
  facts.proxy_status = proto.proxy_status();
  facts.plain_http = proto.plain_http();
  facts.answers_without_name = proto.answers_without_name();
  facts.browser_offer_refused = proto.browser_offer_refused();
  facts.versions_taken = check.Texts("probe.versions_taken", proto.versions_taken());
  facts.versions_refused = check.Texts("probe.versions_refused", proto.versions_refused());
  facts.version = check.Text("probe.version", proto.version());
  facts.cipher = check.Text("probe.cipher", proto.cipher());
  facts.rsa_key_exchange = proto.rsa_key_exchange();
  facts.alert = check.Text("probe.alert", proto.alert());
  for (const v1::Certificate& certificate : proto.chain()) {
    facts.chain.push_back(CertificateFromProto(check, certificate));
  }
  facts.chain_length = proto.chain_length();
  facts.path_length = proto.path_length();
  facts.server_names = check.Texts("probe.server_names", proto.server_names());
  facts.name_matches = proto.name_matches();
  for (const v1::ProbeTrust& trust : proto.trust()) facts.trust.push_back(TrustFromProto(check, trust));
  facts.client_certificate = check.Enum("probe.client_certificate", proto.client_certificate(), 1,
                                        ClientCertificateRequest::kOnPath);
  for (const std::string& name : proto.ca_names())
    facts.ca_names.push_back(check.Text("probe.ca_names", name));
  facts.ca_name_count = proto.ca_name_count();
  facts.signature_algorithms = check.Texts("probe.signature_algorithms", proto.signature_algorithms());
  facts.http_status = proto.http_status();
  facts.http_refusal =
      check.Enum("probe.http_refusal", proto.http_refusal(), 0, HttpRefusal::kCertificateError);
  facts.ends_self_signed = proto.ends_self_signed();
  facts.group = check.Text("probe.group", proto.group());
  facts.browsers_offer_cipher = proto.browsers_offer_cipher();
  return facts;
}

}  // namespace kortvakt
