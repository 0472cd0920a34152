// The seed corpus: responses and lists of the openssl program, whole and what is signed in them.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/certs/der.h"
#include "tests/fuzz/corpus.h"
#include "tests/fuzz/revocation/fuzz_issuer.h"
#include "tests/unit/agent/revocation/revocation_kit.h"

namespace kortvakt::testing {
namespace {

// The first element of `contents`, with its header.
std::string FirstOf(ByteView contents) {
  const auto element = DerReader(contents).Next();
  return element.ok() ? AsString(contents.subspan(0, element->total_size())) : "";
}
ByteView Inside(ByteView der) {
  const auto element = DerReader(der).Next();
  return element.ok() ? element->contents : ByteView();
}
// What comes after the first element of `contents`.
ByteView AfterFirst(ByteView contents) {
  const auto element = DerReader(contents).Next();
  return element.ok() ? contents.subspan(element->total_size()) : ByteView();
}

// tbsResponseData of an OCSPResponse: [0], ResponseBytes, OCTET STRING, BasicOCSPResponse.
std::string SignedInResponse(const std::string& response) {
  const ByteView bytes = Inside(Inside(AfterFirst(Inside(AsBytes(response)))));
  return FirstOf(Inside(Inside(AfterFirst(bytes))));
}

std::vector<std::string> Seeds() {
  RevocationKit kit(FuzzIssuer());
  std::vector<std::string> seeds;
  kit.WriteIndex({RevocationKit::Good("0A0B"), RevocationKit::Revoked("0C0D", "keyCompromise")});
  // Valid from today on for a hundred years: thisUpdate is never ahead of 2030 before then.
  const std::string good = kit.Ocsp("0A0B", nullptr, "-ndays 36500");
  kit.WriteIndex({RevocationKit::Revoked("0A0B", "certificateHold"), RevocationKit::Revoked("0102")});
  const std::string revoked = kit.Ocsp("0A0B", nullptr, "-ndays 36500");
  const std::string no_end = kit.Ocsp("0A0B", nullptr, "");
  const std::string list = kit.Crl("", "-crldays 36500");
  const std::string part =
      kit.Crl("issuingDistributionPoint=critical,@p\n[p]\nindirectCRL=TRUE", "-crldays 36500");
  kit.WriteIndex({});
  const std::string unknown = kit.Ocsp("0A0B", nullptr, "-ndays 36500");
  const std::string empty = kit.Crl("", "-crldays 36500");
  const auto delegate = kit.Responder(kit.issuer());
  const std::string delegated = kit.Ocsp("0A0B", &delegate, "-ndays 36500");
  for (const std::string& response : {good, revoked, no_end, unknown, delegated}) {
    seeds.push_back("o" + response);
    seeds.push_back("O" + SignedInResponse(response));
  }
  for (const std::string& crl : {list, part, empty}) {
    seeds.push_back("c" + crl);
    seeds.push_back("C" + FirstOf(Inside(AsBytes(crl))));
  }
  seeds.push_back(std::string("o\x30\x03\x0A\x01\x03", 6));  // tryLater
  return seeds;
}

}  // namespace

void MakeCorpora(const std::filesystem::path& folder) {
  int number = 0;
  for (const std::string& seed : Seeds()) {
    if (seed.size() < 4) GiveUp(absl::StrCat("seed ", number, " could not be made"));
    WriteSeed(folder, AsBytes(seed));
    ++number;
  }
}

}  // namespace kortvakt::testing
