#include "tests/support/pki/demo_cards.h"

#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/files.h"
#include "common/base/status.h"

namespace kortvakt::testing {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);
constexpr absl::Duration kWeek = absl::Hours(24 * 7);
constexpr absl::Duration kYear = absl::Hours(24 * 365);
// So that "6 weeks left" is still true when somebody reads it.
constexpr absl::Duration kSlack = absl::Hours(6);

// 19 digits from 9752, the last a Luhn check digit, as on real cards.
std::string CardNumber(int card) {
  std::string digits = absl::StrFormat("9752%014d", 26000000000 + card);
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const int value = (digits[i] - '0') * (i % 2 == 1 ? 2 : 1);
    sum += value / 10 + value % 10;
  }
  return absl::StrCat(digits, (10 - sum % 10) % 10);
}

struct CardCertificateSpec {
  PersonCa ca;
  CardCertificateKind kind;
  Person person;
};

struct DemoCard {
  std::string name;
  bool idprime = false;
  absl::Time not_before;
  absl::Time not_after;
  std::vector<CardCertificateSpec> certificates;
};

Person Holder(const std::string& given_name, const std::string& surname, const std::string& hsa_suffix,
              const std::string& personal_number) {
  Person person;
  person.given_name = given_name;
  person.surname = surname;
  person.hsa_id = absl::StrCat("SE2321000016-", hsa_suffix);
  person.personal_number = personal_number;
  return person;
}

std::vector<DemoCard> DemoCards(absl::Time now) {
  using Kind = CardCertificateKind;
  const Person testa = Holder("Testa", "Testsson", "T001", "189912289809");
  const Person asa = Holder("Åsa", "Påhittsdotter", "T002", "189912309805");
  const Person ove = Holder("Övning", "Exempelsson", "T003", "189912299816");
  const Person lats = Holder("Låtsas", "Demoström", "T004", "189912319812");
  const Person prova = Holder("Prova", "Dubbelström", "T005", "189912289809");
  Person prova_elsewhere = prova;
  prova_elsewhere.hsa_id = "SE2120000142-T901";
  prova_elsewhere.organisation = "Exempelstads kommun";

  const absl::Time due = now + kWeek * 6 + kSlack;
  const absl::Time expired = now - kWeek * 3;
  return {
      {"fine",
       false,
       now - kYear,
       now + kYear * 4 + kSlack,
       {{PersonCa::kHsaId3, Kind::kAuthentication, testa},
        {PersonCa::kPersonId3, Kind::kAuthentication, testa}}},
      {"due",
       false,
       due - kYear * 5,
       due,
       {{PersonCa::kHsaId3, Kind::kAuthentication, asa},
        {PersonCa::kHsaId3, Kind::kSignature, asa},
        {PersonCa::kPersonId3, Kind::kAuthentication, asa},
        {PersonCa::kPersonId3, Kind::kSignature, asa}}},
      {"expired",
       false,
       expired - kYear * 5,
       expired,
       {{PersonCa::kHsaId3, Kind::kAuthentication, ove}, {PersonCa::kPersonId3, Kind::kAuthentication, ove}}},
      {"loa2",
       true,
       now - kDay * 5,
       now + kDay * 25 + kSlack,
       {{PersonCa::kHsaId2, Kind::kAuthentication, lats},
        {PersonCa::kPersonId2, Kind::kAuthentication, lats}}},
      {"empty", false, now, now, {}},
      {"two-logins",
       false,
       now - kYear * 3,
       now + kYear * 2 + kSlack,
       {{PersonCa::kHsaId3, Kind::kAuthentication, prova},
        {PersonCa::kHsaId3, Kind::kAuthentication, prova_elsewhere},
        {PersonCa::kPersonId3, Kind::kAuthentication, prova}}},
  };
}

// The head of a card image for the family; `card` tells the serial.
std::string ImageHead(const DemoCard& card, int number) {
  if (card.idprime) {
    return absl::StrFormat(
        "atr = \"3B7F96000080318065B0855956FB120FFE829000\"\nprotocol = \"T=0\"\n\n"
        "[idprime]\ncard_id = \"4B56000000000000000000000000%04X\"\nlabel = \"SITHS e-id\"\n",
        number);
  }
  return absl::StrFormat(
      "atr = \"3B7D96000080318065B0A3110100F383009000\"\nprotocol = \"T=0\"\n\n"
      "[pkcs15]\nserial = \"4B56%012X\"\nlabel = \"SITHS e-id\"\n",
      number);
}

std::string ImageCertificate(const DemoCard& card, const CardCertificateSpec& spec, size_t index,
                             const std::string& file) {
  const bool signature = spec.kind == CardCertificateKind::kSignature;
  if (card.idprime) {
    return absl::StrFormat("\n[[idprime.certificate]]\nfile = \"%s\"\nname = \"%s%02d\"\nform = \"zlib\"\n",
                           file, signature ? "ksc" : "kxc", index);
  }
  return absl::StrFormat("\n[[pkcs15.certificate]]\nfile = \"%s\"\nlabel = \"%s\"\nid = \"%02X\"\n", file,
                         signature ? "Underskrift" : "Legitimering", 0x45 + index);
}

absl::Status WriteCard(const SithsLikePki& pki, const std::string& folder, const DemoCard& card, int number) {
  std::error_code error;
  std::filesystem::create_directories(absl::StrCat(folder, "/", card.name), error);
  if (error) return ErrnoStatus(error.value(), absl::StrCat("making ", folder, "/", card.name));
  std::string image = ImageHead(card, number);
  for (size_t i = 0; i < card.certificates.size(); ++i) {
    const CardCertificateSpec& spec = card.certificates[i];
    const Issued issued = pki.PersonCertificate(spec.ca, spec.kind, spec.person, card.not_before,
                                                card.not_after, CardNumber(number));
    const std::string file = absl::StrCat(card.name, "/", i, ".der");
    RETURN_IF_ERROR(WriteFileDurably(absl::StrCat(folder, "/", file), AsString(issued.der), 0644));
    absl::StrAppend(&image, ImageCertificate(card, spec, i, file));
  }
  return WriteFileDurably(absl::StrCat(folder, "/", card.name, ".toml"), image, 0644);
}

}  // namespace

absl::Status WriteDemoCards(const SithsLikePki& pki, const std::string& folder, absl::Time now) {
  int number = 0;
  for (const DemoCard& card : DemoCards(now)) RETURN_IF_ERROR(WriteCard(pki, folder, card, ++number));
  return absl::OkStatus();
}

}  // namespace kortvakt::testing
