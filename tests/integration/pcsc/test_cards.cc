#include "tests/integration/pcsc/test_cards.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/support/card/card_image.h"

namespace kortvakt::testing {
namespace {

// What the reader of a contactless card makes of the historical bytes of `contact`, which
// follow five bytes of T=0 interface (PC/SC part 3, 3.1.3.2.3.1).
Bytes ContactlessAtr(const Bytes& contact) {
  const Bytes historical(contact.begin() + 5, contact.end());
  Bytes atr = {0x3B, static_cast<uint8_t>(0x80 | historical.size()), 0x80, 0x01};
  atr.insert(atr.end(), historical.begin(), historical.end());
  uint8_t check = 0;
  for (size_t i = 1; i < atr.size(); ++i) check ^= atr[i];
  atr.push_back(check);
  return atr;
}

}  // namespace

TestCards::TestCards() {
  std::string folder = "/tmp/kvc.XXXXXX";  // short: a socket's path has 107 bytes
  folder_ = mkdtemp(folder.data());
}

TestCards::~TestCards() {
  std::error_code error;
  std::filesystem::remove_all(folder_, error);
}

std::string TestCards::Write(const std::string& name, const std::string& text) const {
  const std::string path = absl::StrCat(folder_, "/", name);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TestCard TestCards::New(CardFamily family) {
  TestCard card;
  card.name = absl::StrCat("card ", ++serial_);
  card.family = family;
  const bool idprime = family == CardFamily::kIdPrime;
  card.atr = idprime ? Bytes(std::begin(kIdPrimeAtr), std::end(kIdPrimeAtr))
                     : Bytes(std::begin(kTeliaAtr), std::end(kTeliaAtr));
  card.serial = *FromHex(absl::StrFormat(idprime ? "A0%030X" : "50%014X", serial_));
  return card;
}

std::string TestCards::Certificate(TestCard& card, CardCertificateKind kind) {
  const Issued issued = pki_.PersonCertificate(PersonCa::kHsaId3, kind, Person(), LongAgo(), Forever(),
                                               absl::StrFormat("9752269%012d", serial_));
  card.certificates.push_back(issued.sha256);
  const std::string name = absl::StrCat(serial_, ".", card.certificates.size(), ".pem");
  Write(name, issued.pem);
  return name;
}

TestCard TestCards::Make(CardFamily family, const std::string& settings) {
  TestCard card = New(family);
  std::string image = settings;
  const bool idprime = family == CardFamily::kIdPrime;
  absl::StrAppend(&image, idprime ? "[idprime]\ncard_id" : "[pkcs15]\nserial", " = \"", UpperHex(card.serial),
                  "\"\n");
  for (const CardCertificateKind kind :
       {CardCertificateKind::kAuthentication, CardCertificateKind::kSignature}) {
    const std::string file = Certificate(card, kind);
    const size_t number = card.certificates.size();
    if (idprime) {
      absl::StrAppend(&image, "[[idprime.certificate]]\nfile = \"", file, "\"\nname = \"kxc0", number,
                      "\"\nform = \"zlib\"\n");
    } else {
      absl::StrAppend(&image, "[[pkcs15.certificate]]\nfile = \"", file, "\"\nid = \"4", number, "\"\n");
    }
  }
  card.file = Write(absl::StrCat(serial_, ".toml"), image);
  cards_.push_back(card);
  return card;
}

TestCard TestCards::MakeEmpty(CardFamily family) {
  TestCard card = New(family);
  card.file = Write(absl::StrCat(serial_, ".toml"),
                    absl::StrCat(family == CardFamily::kIdPrime ? "[idprime]\ncard_id" : "[pkcs15]\nserial",
                                 " = \"", UpperHex(card.serial), "\"\n"));
  cards_.push_back(card);
  return card;
}

TestCard TestCards::ContactlessTwin(const TestCard& card) {
  TestCard twin = card;
  twin.atr = ContactlessAtr(card.atr);
  std::ifstream contacts(card.file);
  const std::string image((std::istreambuf_iterator<char>(contacts)), std::istreambuf_iterator<char>());
  twin.file = Write(absl::StrCat(std::filesystem::path(card.file).stem().string(), ".twin.toml"),
                    absl::StrCat("atr = \"", UpperHex(twin.atr), "\"\nprotocol = \"T=1\"\n", image));
  cards_.push_back(twin);
  return twin;
}

std::string TestCards::Describe(const std::optional<ObservedCard>& shown) const {
  if (!shown.has_value()) return "";
  const CardContents& contents = shown->contents;
  std::vector<std::string> certificates;
  for (const CardCertificate& certificate : contents.certificates)
    certificates.push_back(Sha256Hex(certificate.der));
  const auto card = std::find_if(cards_.begin(), cards_.end(), [&](const TestCard& candidate) {
    return candidate.family == contents.family && candidate.atr == shown->atr &&
           candidate.serial == contents.serial && candidate.certificates == certificates;
  });
  const CardState state = certificates.empty() ? CardState::kEmpty : CardState::kRead;
  if (card != cards_.end() && contents.state == state && contents.unreadable_certificates == 0)
    return card->name;
  return absl::StrCat("state ", static_cast<int>(contents.state), ", serial ", UpperHex(contents.serial),
                      ", ", certificates.size(), " certificates: ", contents.detail);
}

}  // namespace kortvakt::testing
