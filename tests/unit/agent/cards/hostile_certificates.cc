// Certificates that no CA should have issued, or that try those who decode them.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "common/base/time.h"
#include "tests/unit/agent/cards/card_samples.h"
#include "tests/unit/agent/cards/hostile_cases.h"

namespace kortvakt::testing {
namespace {

absl::Time Date(const char* text) { return *ParseTime(text); }

// No library writes it, so it is put into the organisation's name afterwards.
Bytes WithInvalidUtf8(Bytes der) {
  const std::string name = Person().organisation;
  const auto found = std::search(der.begin(), der.end(), name.begin(), name.end());
  if (found == der.end()) std::abort();
  found[0] = 0xC3, found[1] = 0x28;  // a first byte of two without its second
  return der;
}

}  // namespace

std::vector<HostileCase> HostileCertificates() {
  std::vector<HostileCase> cases;
  // A card of each family with `der` for its signature certificate.
  const auto add = [&](const std::string& name, const Bytes& der, const char* findings, size_t good,
                       size_t most_memory = 1u << 20) {
    std::vector<Bytes> certificates = GoodCertificates();
    certificates[1] = der;
    for (const bool idprime : {false, true}) {
      HostileCase& test = cases.emplace_back();
      test.name = (idprime ? "IdPrimeCertificate" : "Pkcs15Certificate") + name;
      test.image = idprime ? IdPrimeCard(certificates) : Pkcs15Card(certificates);
      test.findings = findings;
      if (good < 5) test.evidence = idprime ? "kxc01" : "EF 50154602";
      test.good = good;
      test.most_commands = 700;
      test.most_memory = most_memory;
    }
  };
  const auto issued = [&](const std::string& name, const CertificateSpec& spec, const char* findings = "",
                          size_t good = 5) { add(name, IssuedByHsaCa(spec), findings, good); };

  CertificateSpec spec = SignatureSpec();
  spec.policies = {"1.2.3.4.5.6.7", "2.999.4294967295.1"};
  spec.extended_key_usages = {"1.2.3.99"};
  spec.subject.push_back({"1.2.3.98", "?"});
  spec.extensions = {{.oid = "1.2.3.97", .critical = true, .value = Bytes(40, 0x05)}};
  issued("WithUnknownOids", spec);

  add("WithInvalidUtf8", WithInvalidUtf8(IssuedByHsaCa(SignatureSpec())), kPartlyUnreadable, 4);

  spec = SignatureSpec();
  spec.negative_serial = true;
  issued("WithNegativeSerial", spec);

  spec = SignatureSpec();
  spec.serial = Bytes(100, 0xFF);
  issued("WithSerialOf100Bytes", spec);

  // UTCTime ends with 2049 (RFC 5280, 4.1.2.5), and begins with 1950.
  const struct {
    const char* name;
    const char* not_before;
    const char* not_after;
    const char* findings;
  } dates[] = {
      {"Of1950", "1950-01-01T00:00:00Z", "1950-12-31T23:59:59Z", "CERT_EXPIRED warning\n"},
      {"To2049", "1950-01-01T00:00:00Z", "2049-12-31T23:59:59Z", ""},
      {"To2050", "2000-01-01T00:00:00Z", "2050-01-01T00:00:00Z", ""},
      {"To9999", "2000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", ""},
      {"From2050To9999", "2050-01-01T00:00:00Z", "9999-12-31T23:59:59Z", ""},
      {"ThatEndsBeforeItBegins", "2050-01-01T00:00:00Z", "1950-01-01T00:00:00Z", "CERT_EXPIRED warning\n"},
  };
  for (const auto& date : dates) {
    spec = SignatureSpec();
    spec.not_before = Date(date.not_before);
    spec.not_after = Date(date.not_after);
    issued(date.name, spec, date.findings);
  }

  add("ThatIsADuplicate", GoodCertificates()[0], "", 4);

  // Close to the largest that a file may hold, and over it.
  spec = SignatureSpec();
  spec.extensions = {{.oid = "1.2.3.97", .critical = false, .value = Bytes(64'000, 0x05)}};
  add("Of64KiB", IssuedByHsaCa(spec), "", 5);
  spec.extensions = {{.oid = "1.2.3.97", .critical = false, .value = Bytes(65'600, 0x05)}};
  std::vector<Bytes> over = GoodCertificates();
  over[1] = IssuedByHsaCa(spec);
  cases.push_back({.name = "Pkcs15CertificateLargerThanAFileMayBe",
                   .image = Pkcs15Card(over),
                   .findings = kPartlyUnreadable,
                   .evidence = "the limit is 65536",
                   .good = 4});
  return cases;
}

}  // namespace kortvakt::testing
