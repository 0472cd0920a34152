// The seed corpus: certificates of many shapes.
#include <string>
#include <vector>

#include "tests/fuzz/corpus.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt::testing {
namespace {

std::vector<Issued> Seeds() {
  const SithsLikePki pki;
  std::vector<Issued> seeds;
  for (const Issued* ca : pki.cas()) seeds.push_back(*ca);
  Person person;
  person.email = "testa@exempel.test";
  person.upn = "testa@exempel.test";
  for (const auto ca : {PersonCa::kHsaId3, PersonCa::kPersonId2}) {
    for (const auto kind : {CardCertificateKind::kAuthentication, CardCertificateKind::kSignature}) {
      seeds.push_back(pki.PersonCertificate(ca, kind, person, LongAgo(), Forever(), "9752260000000000017"));
    }
  }
  CertificateSpec odd;
  odd.subject = {{"O", "Åäö, +"}, {"CN", std::string("\x00\xC5", 2), StringType::kBmp}, {"1.2.3", "x"}};
  odd.serial = {0x80, 0x01};
  odd.negative_serial = true;
  odd.key = {KeySpec::Type::kRsa, 1024, 3, ""};
  odd.title = "läkare";
  odd.extensions = {{"2.5.29.15", true, {0x30}}, {"2.5.29.32", false, {}}};
  seeds.push_back(Issue(odd));
  return seeds;
}

}  // namespace

void MakeCorpora(const std::filesystem::path& folder) {
  for (const Issued& seed : Seeds()) WriteSeed(folder, seed.der);
}

}  // namespace kortvakt::testing
