#include "tests/bench/cards/bench_card.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/bytes.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "tests/support/card/card_image.h"
#include "tests/support/pki/card_certificates.h"

namespace kortvakt::testing {
namespace {

// The older SITHS card's historical bytes behind T=1.
constexpr char kPkcs15T1Atr[] = "3BFD9600008131FE4380318065B0A3110100F383009000D1";

std::string Atr(const BenchCard& card) {
  const bool idprime = card.family == CardFamily::kIdPrime;
  if (card.link == BenchCard::Link::kT0) return idprime ? UpperHex(kIdPrimeAtr) : UpperHex(kTeliaAtr);
  return idprime ? kIdPrimeT1Atr : kPkcs15T1Atr;
}

std::string Image(const BenchCard& card, size_t number,
                  const std::vector<CardSizedCertificate>& certificates) {
  std::string toml = absl::StrFormat("atr = \"%s\"\nprotocol = \"%s\"\nextended_length = %s\n", Atr(card),
                                     card.link == BenchCard::Link::kT0 ? "T=0" : "T=1",
                                     card.link == BenchCard::Link::kT1Extended ? "true" : "false");
  const bool idprime = card.family == CardFamily::kIdPrime;
  const uint64_t serial = 0x4B560000 + number;
  if (idprime) {
    absl::StrAppendFormat(&toml, "[idprime]\ncard_id = \"%032X\"\n", serial);
  } else {
    absl::StrAppendFormat(&toml, "[pkcs15]\nserial = \"%016X\"\nfile_size = %d\n", serial, card.file_size);
  }
  for (size_t i = 0; i < card.certificates; ++i) {
    if (idprime) {
      absl::StrAppendFormat(
          &toml,
          "[[idprime.certificate]]\nfile = \"certificate%d.der\"\nname = \"kxc%02d\"\nform = \"zlib\"\n", i,
          i);
    } else {
      absl::StrAppendFormat(&toml, "[[pkcs15.certificate]]\nfile = \"certificate%d.der\"\nid = \"%s\"\n", i,
                            UpperHex(certificates[i].key_id));
    }
  }
  return toml;
}

}  // namespace

std::string BenchCard::Kind() const {
  const char* links[] = {"T=0", "T=1", "T=1, extended length"};
  return absl::StrCat(family == CardFamily::kIdPrime ? "IDPrime" : "PKCS#15", ", ",
                      links[static_cast<size_t>(link)],
                      file_size > 0 ? absl::StrCat(", files of ", file_size, " bytes at least") : "");
}

std::vector<BenchCard> BenchCards() {
  std::vector<BenchCard> cards;
  for (const CardFamily family : {CardFamily::kPkcs15, CardFamily::kIdPrime}) {
    for (const BenchCard::Link link :
         {BenchCard::Link::kT0, BenchCard::Link::kT1, BenchCard::Link::kT1Extended}) {
      for (const size_t certificates : {2, 5}) cards.push_back({family, link, certificates, 0});
    }
  }
  for (const size_t certificates : {2, 5}) {
    cards.push_back({CardFamily::kPkcs15, BenchCard::Link::kT0, certificates, 1024});
  }
  return cards;
}

absl::StatusOr<std::vector<std::string>> WriteBenchCards(const std::vector<BenchCard>& cards,
                                                         const std::string& folder) {
  size_t most = 0;
  for (const BenchCard& card : cards) most = std::max(most, card.certificates);
  const std::vector<CardSizedCertificate> certificates = CardSizedCertificates(most);
  for (size_t i = 0; i < most; ++i) {
    RETURN_IF_ERROR(WriteFileDurably(absl::StrCat(folder, "/certificate", i, ".der"),
                                     AsString(certificates[i].der), 0644));
  }
  std::vector<std::string> paths;
  for (size_t i = 0; i < cards.size(); ++i) {
    paths.push_back(absl::StrCat(folder, "/", i, ".toml"));
    RETURN_IF_ERROR(WriteFileDurably(paths.back(), Image(cards[i], i, certificates), 0644));
  }
  return paths;
}

}  // namespace kortvakt::testing
