#include "tests/unit/agent/cards/hostile_cases.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/unit/agent/cards/card_samples.h"

namespace kortvakt::testing {
namespace {

constexpr char kCardNumber[] = "9752269012345678901";

// Commands that reading `image` takes.
size_t CommandsFor(const CardImage& image) {
  DirectSession session(image);
  if (!ReadCard(session).ok()) std::abort();
  return session.commands();
}

// Answers every command that brings data so, once the file has been selected.
std::function<std::optional<Bytes>(size_t, ByteView)> AnswerReadsFrom(const Bytes& file,
                                                                      const Bytes& answer) {
  const auto selected = std::make_shared<bool>(false);
  return [=](size_t index, ByteView command) -> std::optional<Bytes> {
    if (index == 0) *selected = false;  // another card of the same image
    const bool select = command[1] == 0xA4;
    if (select && std::search(command.begin(), command.end(), file.begin(), file.end()) != command.end()) {
      *selected = true;
    }
    if (select || !*selected) return std::nullopt;
    return answer;
  };
}

}  // namespace

const SithsLikePki& HostilePki() {
  static const SithsLikePki* const pki = new SithsLikePki();
  return *pki;
}

std::string HostileCatalogue() {
  return absl::StrCat(HostilePki().CatalogueToml(), "\n[[policy]]\noid = \"", kTransportPolicy,
                      "\"\nloa = \"not-applicable\"\npurpose = \"transport\"\nmeaning = \"transport\"\n");
}

absl::Time HostileNow() { return absl::FromUnixSeconds(1'795'338'000); }  // 2026-11-22T09:00:00Z

const std::vector<Bytes>& GoodCertificates() {
  static const std::vector<Bytes>* const certificates = [] {
    const SithsLikePki& pki = HostilePki();
    const auto person = [&pki](CardCertificateKind kind) {
      return pki.PersonCertificate(PersonCa::kHsaId3, kind, Person(), LongAgo(), Forever(), kCardNumber).der;
    };
    return new std::vector<Bytes>{person(CardCertificateKind::kAuthentication),
                                  person(CardCertificateKind::kSignature), pki.ca(PersonCa::kHsaId3).der,
                                  pki.function_ca().der, pki.root().der};
  }();
  return *certificates;
}

CertificateSpec SignatureSpec() {
  const Person person;
  CertificateSpec spec;
  spec.subject = {{"C", "SE", StringType::kPrintable},
                  {"O", person.organisation},
                  {"CN", absl::StrCat(person.given_name, " ", person.surname)},
                  {"serialNumber", person.hsa_id, StringType::kPrintable}};
  spec.key_usages = {"nonRepudiation"};
  return spec;
}

Bytes IssuedByHsaCa(const CertificateSpec& spec) {
  return Issue(spec, &HostilePki().ca(PersonCa::kHsaId3)).der;
}

void RefuseFile(CardImage& image, const Bytes& path, uint16_t select, uint16_t read) {
  CardFile file;
  file.path = path;
  file.contents = Bytes(100, 0x30);
  file.select_status = select;
  file.read_status = read;
  image.files.push_back(std::move(file));
}

std::vector<HostileCase> HostileAnswers() {
  std::vector<HostileCase> cases;
  const auto always = [&](std::string name, const Bytes& answer, const char* findings, std::string evidence) {
    HostileCase test{
        .name = "Always" + std::move(name), .findings = findings, .evidence = std::move(evidence)};
    test.image.faults.push_back({0, 0, answer});
    cases.push_back(std::move(test));
  };
  always("NotFound", {0x6A, 0x82}, kUnsupported, "3B7D96");
  always("Unknown", {0x6D, 0x00}, kUnsupported, "3B7D96");
  always("UnknownClass", {0x6E, 0x00}, kUnsupported, "3B7D96");
  always("FineAndEmpty", {0x90, 0x00}, kUnreadable, "file is empty");
  always("Empty", {}, kUnreadable, "an answer of 0 bytes");
  always("OneByte", {0x90}, kUnreadable, "an answer of 1 bytes");
  always("MoreData", {0x61, 0x10}, kUnreadable, "61xx without");
  always("WrongLe", {0x6C, 0x10}, kUnreadable, "6Cxx names the length that was asked for");
  always("TheLeThatWasAskedFor", {0x6C, 0x00}, kUnreadable, "6Cxx");
  always("LongerThanAsked", Bytes(700, 0x90), kUnreadable, "bytes where");
  always("ASequence", {0x30, 0x90, 0x00}, kUnreadable, "reading");

  cases.back().most_commands = 600;  // a byte at a time, for as long as we take it

  for (const bool idprime : {false, true}) {
    const auto from_second = [&](std::string name, const Bytes& answer, std::string evidence) {
      HostileCase test{
          .name = absl::StrCat(idprime ? "IdPrime" : "Pkcs15", "FromTheSecondCertificateOn", name),
          .image = idprime ? IdPrimeCard(GoodCertificates()) : Pkcs15Card(GoodCertificates()),
          .findings = kPartlyUnreadable,
          .evidence = std::move(evidence),
          .good = 1};
      test.image.hook = AnswerReadsFrom(idprime ? Bytes{0x02, 0x07} : Bytes{0x46, 0x02}, answer);
      cases.push_back(std::move(test));
    };
    from_second("MoreDataWithoutEnd", {0x61, 0x10}, "61xx without");
    from_second("WrongLeWithoutEnd", {0x6C, 0x10}, "6Cxx names the length that was asked for");
    from_second("LongerThanAsked", Bytes(700, 0x90), "bytes where");
    from_second("FineAndEmpty", {0x90, 0x00}, "the file is empty");
    from_second("Refused", {0x69, 0x82}, "status word 6982");
  }
  return cases;
}

std::vector<HostileCase> HostileMoments(bool t0) {
  std::vector<HostileCase> cases;
  for (const bool idprime : {false, true}) {
    CardImage image = idprime ? IdPrimeCard(GoodCertificates()) : Pkcs15Card(GoodCertificates());
    image.t0 = t0;
    const char* const family = idprime ? "IdPrime" : "Pkcs15";
    const size_t commands = CommandsFor(image);
    using Kind = HostileMoment::Kind;
    for (size_t at = 0; at < commands; ++at) {
      cases.push_back({.name = absl::StrCat(family, "VanishesAt", at),
                       .image = image,
                       .findings = "NO_CARD info\n",
                       .moment = HostileMoment{Kind::kGone, at}});
      cases.push_back({.name = absl::StrCat(family, "NeverAnswersFrom", at),
                       .image = image,
                       .findings = kUnreadable,
                       .evidence = "SCARD_E_NOT_TRANSACTED",
                       .moment = HostileMoment{Kind::kSilent, at},
                       .most_silence = absl::Seconds(30)});
    }
    for (const size_t at : {size_t{0}, commands / 2}) {
      cases.push_back({.name = absl::StrCat(family, "AnswersAfterThreeSecondsFrom", at),
                       .image = image,
                       .findings = kUnreadable,
                       .evidence = "the time for this card is used up",
                       .moment = HostileMoment{Kind::kSlow, at},
                       .most_silence = CardBudget().time + absl::Seconds(3)});
    }
    cases.push_back({.name = absl::StrCat(family, "Mute"),
                     .image = image,
                     .findings = "CARD_MUTE critical\n",
                     .evidence = "no answer to reset: SCardConnect: SCARD_W_UNRESPONSIVE_CARD",
                     .moment = HostileMoment{Kind::kMute, 0},
                     .most_commands = 0});
  }
  return cases;
}

std::vector<HostileCase> HostileCases(bool t0) {
  std::vector<HostileCase> all = HostileMoments(t0);
  for (const auto part :
       {HostileAnswers, HostilePkcs15Files, HostileIdPrimeFiles, HostileCertificates, UnfinishedCards}) {
    for (HostileCase& test : part()) {
      test.image.t0 = t0;
      all.push_back(std::move(test));
    }
  }
  return all;
}

}  // namespace kortvakt::testing
