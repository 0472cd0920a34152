#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/time.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt::testing {
namespace {

struct PersonCaForm {
  const char* name;
  const char* loa;
  const char* policy;
  bool hsa_id;
};
// In the order of PersonCa.
constexpr std::array<PersonCaForm, 4> kPersonCas = {{
    {"Person HSA-id 3 CA v1", "3", "2.999.8.1", true},
    {"Person HSA-id 2 CA v1", "2", "2.999.8.2", true},
    {"Person ID 3 CA v1", "3", "2.999.8.3", false},
    {"Person ID 2 CA v1", "2", "2.999.8.4", false},
}};
constexpr const char* kRoot = "Root CA v2";
constexpr const char* kFunctionCa = "Function CA v1";
constexpr const char* kArc = "2.999.8.";

const PersonCaForm& Form(PersonCa ca) { return kPersonCas[static_cast<size_t>(ca)]; }

// RSA keys take a third of a second each: of people's there are four, in turn, so
// that the certificates of one card still differ.
KeySpec PersonKey(const KeySpec& kind) {
  static int next = 0;
  KeySpec key = kind;
  key.label = kind.type == KeySpec::Type::kRsa ? absl::StrCat("siths-like person ", next++ % 4) : "";
  return key;
}

KeySpec CaKey(const KeySpec& kind) {
  static int next = 0;
  KeySpec key = kind;
  key.label = kind.type == KeySpec::Type::kRsa ? absl::StrCat("siths-like CA ", next++) : "";
  return key;
}

std::string CatalogueId(const std::string& ca_name) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(ca_name), {{" ", "-"}});
}

}  // namespace

std::string SithsLikePki::FileName(const std::string& ca_name) const {
  return absl::StrReplaceAll(absl::AsciiStrToLower(ca_name), {{" ", ""}, {"-", ""}});
}

SithsLikePki::SithsLikePki(const Options& options) : options_(options) {
  const auto authority = [&](const std::string& name, bool is_root) {
    CertificateSpec spec;
    spec.subject = {{"C", "SE", StringType::kPrintable},
                    {"O", options_.organisation},
                    {"CN", absl::StrCat(options_.prefix, " ", name)}};
    spec.not_before = options_.not_before;
    spec.not_after = options_.not_after;
    spec.key = CaKey(options_.ca_key);
    spec.ca = true;
    spec.key_usages = {"keyCertSign", "cRLSign"};
    if (!is_root) {
      spec.path_length = 0;
      spec.policies = {"2.5.29.32.0"};  // anyPolicy
      spec.ca_issuers_urls = {absl::StrCat("http://aia.test/", FileName(options_.prefix + kRoot), ".cer")};
      spec.crl_urls = {absl::StrCat("http://crl.test/", FileName(options_.prefix + kRoot), ".crl")};
      spec.ocsp_urls = {"http://ocsp.test"};
      spec.digest = "SHA512";
    }
    return Issue(spec, is_root ? nullptr : &root_);
  };
  root_ = authority(kRoot, true);
  function_ca_ = authority(kFunctionCa, false);
  for (const PersonCaForm& form : kPersonCas) person_cas_.push_back(authority(form.name, false));
}

std::vector<const Issued*> SithsLikePki::cas() const {
  std::vector<const Issued*> all = {&root_, &function_ca_};
  for (const Issued& ca : person_cas_) all.push_back(&ca);
  return all;
}

std::vector<std::pair<std::string, const Issued*>> SithsLikePki::NamedCas() const {
  const auto id = [&](const char* name) { return CatalogueId(absl::StrCat(options_.prefix, " ", name)); };
  std::vector<std::pair<std::string, const Issued*>> named = {{id(kRoot), &root_},
                                                              {id(kFunctionCa), &function_ca_}};
  for (size_t i = 0; i < kPersonCas.size(); ++i) named.emplace_back(id(kPersonCas[i].name), &person_cas_[i]);
  return named;
}

std::string SithsLikePki::PolicyOf(PersonCa ca) { return Form(ca).policy; }

Issued SithsLikePki::PersonCertificate(PersonCa ca, CardCertificateKind kind, const Person& person,
                                       absl::Time not_before, absl::Time not_after,
                                       const std::string& card_number) const {
  const PersonCaForm& form = Form(ca);
  const std::string file = FileName(absl::StrCat(options_.prefix, form.name));
  CertificateSpec spec;
  spec.subject = {
      {"C", "SE", StringType::kPrintable},
      {"L", person.locality},
      {"O", person.organisation},
      {"CN", absl::StrCat(person.given_name, " ", person.surname)},
      {"SN", person.surname},
      {"GN", person.given_name},
      {"serialNumber", form.hsa_id ? person.hsa_id : person.personal_number, StringType::kPrintable}};
  if (!person.email.empty()) {
    spec.subject.push_back({"emailAddress", person.email, StringType::kIa5});
    spec.emails = {person.email};
  }
  spec.not_before = not_before;
  spec.not_after = not_after;
  spec.key = PersonKey(options_.person_key);
  spec.policies = {form.policy};
  spec.ca_issuers_urls = {absl::StrCat("http://aia.test/", file, ".cer")};
  spec.crl_urls = {absl::StrCat("http://crl.test/", file, ".crl")};
  spec.ocsp_urls = {"http://ocsp.test"};
  spec.card_number = card_number;
  if (kind == CardCertificateKind::kSignature) {
    spec.key_usages = {"nonRepudiation"};
  } else {
    spec.key_usages = {"digitalSignature", "keyEncipherment"};
    spec.extended_key_usages = {"clientAuth"};
    if (!person.upn.empty()) {
      spec.extended_key_usages.push_back("msSmartcardLogin");
      spec.upns = {person.upn};
    }
  }
  return Issue(spec, &person_cas_[static_cast<size_t>(ca)]);
}

std::string SithsLikePki::CatalogueToml() const {
  std::string toml = "version = \"demo-1\"\n\n";
  absl::StrAppend(&toml, "own_arcs = [\"", kArc, "\"]\n");
  const auto entry = [&](const std::string& name, const Issued& ca, const std::string& issues,
                         const std::string& loa, bool required) {
    const std::string full = absl::StrCat(options_.prefix, " ", name);
    absl::StrAppend(&toml, "\n[[ca]]\nid = \"", CatalogueId(full), "\"\n");
    absl::StrAppend(&toml, "subject = \"CN=", full, ",O=", options_.organisation, ",C=SE\"\n");
    absl::StrAppend(&toml, "role = \"", name == kRoot ? "root" : "issuing", "\"\n");
    absl::StrAppend(&toml, "environment = \"production\"\nstate = \"current\"\n");
    absl::StrAppend(&toml, "issuer = \"", CatalogueId(absl::StrCat(options_.prefix, " ", kRoot)), "\"\n");
    absl::StrAppend(&toml, "issues = \"", issues, "\"\nloa = \"", loa, "\"\n");
    absl::StrAppend(&toml, "required = ", required ? "true" : "false", "\n");
    absl::StrAppend(&toml, "sha256 = \"", ca.sha256, "\"\n");
    absl::StrAppend(&toml, "public_key_sha256 = \"", PublicKeySha256(ca), "\"\n");
    absl::StrAppend(&toml, "not_after = \"", FormatUtc(options_.not_after), "\"\n");
    absl::StrAppend(&toml, "ca_issuers_url = \"http://aia.test/", FileName(full), ".cer\"\n");
  };
  entry(kRoot, root_, "cas", "not-applicable", true);
  entry(kFunctionCa, function_ca_, "functions", "not-applicable", false);
  for (size_t i = 0; i < kPersonCas.size(); ++i) {
    entry(kPersonCas[i].name, person_cas_[i], "persons", kPersonCas[i].loa, true);
  }
  for (const PersonCaForm& form : kPersonCas) {
    absl::StrAppend(&toml, "\n[[policy]]\noid = \"", form.policy, "\"\nloa = \"", form.loa,
                    "\"\nmeaning = \"", form.hsa_id ? "HSA-id" : "personal number", ", LoA", form.loa,
                    "\"\n");
  }
  return toml;
}

}  // namespace kortvakt::testing
