// Certificates made in memory for tests and the demo: any single one by its
// specification, and two ready-made PKIs. Nothing here is for production.
//
// What cannot be made (a key usage that does not exist, a bad OID) is a mistake
// in the test: the process aborts with a message.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/bytes.h"

namespace kortvakt::testing {

// ASN.1 string types (X.680, 41) that names are written in.
enum class StringType { kUtf8, kPrintable, kIa5, kT61, kBmp };

// One attribute of a name.
struct NameAttribute {
  std::string type;   // short name ("CN") or dotted OID
  std::string value;  // bytes go into the certificate as they are, valid or not; kBmp: UTF-16BE
  StringType string_type = StringType::kUtf8;
  bool joined = false;  // in the same RDN as the attribute before
};
using Name = std::vector<NameAttribute>;

// Which key. With a label, the same one for every certificate of this process
// that asks for it; without, a fresh one (EC) or one shared by kind (RSA is slow).
struct KeySpec {
  enum class Type { kEc, kRsa, kEd25519 };
  Type type = Type::kEc;
  int bits = 256;  // EC: 256, 384 or 521
  int exponent = 65537;
  std::string label;
};

struct RawExtension {
  std::string oid;
  bool critical = false;
  Bytes value;  // contents of extnValue
};

// The moments RFC 5280 (4.1.2.5) gives for "as far as dates go".
absl::Time LongAgo();  // 2000-01-01T00:00:00Z
absl::Time Forever();  // 9999-12-31T23:59:59Z

struct CertificateSpec {
  Name subject;
  Bytes serial;  // magnitude, big-endian, at most 127 bytes; empty: 16 bytes not used before
  bool negative_serial = false;
  absl::Time not_before = LongAgo();
  absl::Time not_after = Forever();
  KeySpec key;
  std::optional<bool> ca;  // absent: no basicConstraints
  std::optional<int> path_length;
  std::vector<std::string> key_usages;           // ASN.1 names; empty: no extension
  std::vector<std::string> extended_key_usages;  // short names or OIDs; empty: no extension
  std::vector<std::string> policies;             // OIDs
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  std::vector<std::string> uris;
  std::vector<std::string> emails;
  std::vector<std::string> upns;
  std::vector<std::string> ca_issuers_urls;
  std::vector<std::string> ocsp_urls;
  std::vector<std::string> crl_urls;
  std::string card_number;        // SEIS extension 1.2.752.34.2.1; empty: none
  std::string title;              // in subjectDirectoryAttributes; empty: none
  std::string digest = "SHA256";  // ignored with an Ed25519 issuer
  std::vector<RawExtension> extensions;
  bool subject_key_id = true;
  bool authority_key_id = true;  // where the issuer has a subject key id
};

// A certificate and its private key.
struct Issued {
  Bytes der;
  std::string pem;
  std::string key_pem;  // PKCS#8, not encrypted
  std::string sha256;   // of `der`, 64 lower-case hex digits
};

// Issues what `spec` says, signed by `issuer`; self-signed without one.
Issued Issue(const CertificateSpec& spec, const Issued* issuer = nullptr);

// SHA-256 (64 lower-case hex digits) of its public key (SubjectPublicKeyInfo).
std::string PublicKeySha256(const Issued& issued);

// `der` as a PEM block (RFC 7468) with this label.
std::string ToPem(ByteView der, const std::string& label = "CERTIFICATE");

// A PKI of the shape of SITHS e-id: a root, four person CAs and a function CA.
enum class PersonCa { kHsaId3, kHsaId2, kPersonId3, kPersonId2 };
enum class CardCertificateKind { kAuthentication, kSignature };

// A holder. Use fictitious people and Skatteverket's test numbers only.
struct Person {
  std::string given_name = "Testa";
  std::string surname = "Testsson";
  std::string hsa_id = "SE2321000016-T35T";
  std::string personal_number = "189912289809";
  std::string organisation = "Region Exempel";
  std::string locality = "Exempelstad";
  std::string email;  // empty: none
  std::string upn;    // empty: none, and no smartcardLogon
};

class SithsLikePki {
 public:
  struct Options {
    // CA names are "PREFIX Root CA v2", "PREFIX Person HSA-id 3 CA v1", …
    std::string prefix = "Kortvakt Demo";
    std::string organisation = "Kortvakt Demo AB";
    absl::Time not_before = LongAgo();
    absl::Time not_after = Forever();
    KeySpec ca_key;      // label unused: each CA has its own
    KeySpec person_key;  // likewise; of RSA keys there are four, in turn
  };
  SithsLikePki() : SithsLikePki(Options()) {}
  explicit SithsLikePki(const Options& options);

  const Issued& root() const { return root_; }
  const Issued& function_ca() const { return function_ca_; }
  const Issued& ca(PersonCa which) const { return person_cas_[static_cast<size_t>(which)]; }
  // Root, function CA, person CAs.
  std::vector<const Issued*> cas() const;
  // The same with their catalogue ids.
  std::vector<std::pair<std::string, const Issued*>> NamedCas() const;

  // A certificate as on a card: subject C, L, O, CN, SN, GN, serialNumber; the
  // last is the HSA-id or the personal number, as the CA has it.
  Issued PersonCertificate(PersonCa ca, CardCertificateKind kind, const Person& person, absl::Time not_before,
                           absl::Time not_after, const std::string& card_number) const;
  // The policy OID in those certificates: below 2.999 (X.660: examples).
  static std::string PolicyOf(PersonCa ca);

  // The PKI as a CA catalogue (form of common/certs/data/siths.toml): root and
  // person CAs required. Ids are the names in lower case with "-".
  std::string CatalogueToml() const;

 private:
  std::string FileName(const std::string& ca_name) const;
  Options options_;
  Issued root_;
  Issued function_ca_;
  std::vector<Issued> person_cas_;
};

// For mutual TLS: a CA and what it issues, P-256, valid for ever.
class TlsPki {
 public:
  explicit TlsPki(const std::string& ca_name = "Kortvakt Test TLS CA");
  const Issued& ca() const { return ca_; }
  Issued Server(const std::vector<std::string>& dns_names,
                const std::vector<std::string>& ip_addresses) const;
  // Client certificate with URI SAN urn:kortvakt:workstation:UUID.
  Issued Workstation(const std::string& uuid) const;
  // Client certificate of an operator or reader: the name is its CN and a URI SAN
  // urn:kortvakt:operator:NAME.
  Issued Operator(const std::string& name) const;

 private:
  Issued ca_;
};

}  // namespace kortvakt::testing
