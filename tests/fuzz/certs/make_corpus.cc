// Writes the seed corpus: certificates of many shapes, made anew at each build
// rather than kept as binaries.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/support/pki/test_pki.h"

namespace {

using kortvakt::testing::CardCertificateKind;
using kortvakt::testing::CertificateSpec;
using kortvakt::testing::Issue;
using kortvakt::testing::Issued;
using kortvakt::testing::PersonCa;
using kortvakt::testing::StringType;

std::vector<Issued> Seeds() {
  const kortvakt::testing::SithsLikePki pki;
  std::vector<Issued> seeds;
  for (const Issued* ca : pki.cas()) seeds.push_back(*ca);
  kortvakt::testing::Person person;
  person.email = "testa@exempel.test";
  person.upn = "testa@exempel.test";
  for (const auto ca : {PersonCa::kHsaId3, PersonCa::kPersonId2}) {
    for (const auto kind : {CardCertificateKind::kAuthentication, CardCertificateKind::kSignature}) {
      seeds.push_back(pki.PersonCertificate(ca, kind, person, kortvakt::testing::LongAgo(),
                                            kortvakt::testing::Forever(), "9752260000000000017"));
    }
  }
  CertificateSpec odd;
  odd.subject = {{"O", "Åäö, +"}, {"CN", std::string("\x00\xC5", 2), StringType::kBmp}, {"1.2.3", "x"}};
  odd.serial = {0x80, 0x01};
  odd.negative_serial = true;
  odd.key = {kortvakt::testing::KeySpec::Type::kRsa, 1024, 3, ""};
  odd.title = "läkare";
  odd.extensions = {{"2.5.29.15", true, {0x30}}, {"2.5.29.32", false, {}}};
  seeds.push_back(Issue(odd));
  return seeds;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  std::filesystem::create_directories(argv[1]);
  int number = 0;
  for (const Issued& seed : Seeds()) {
    std::ofstream file(std::filesystem::path(argv[1]) / ("seed-" + std::to_string(number++) + ".der"),
                       std::ios::binary);
    file.write(reinterpret_cast<const char*>(seed.der.data()), static_cast<std::streamsize>(seed.der.size()));
  }
  return 0;
}
