#include "collector/query/peer.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"

namespace kortvakt {
namespace {

constexpr std::string_view kWorkstationUri = "urn:kortvakt:workstation:";
constexpr size_t kNameDigits = 16;

bool Matches(const AccessRule& rule, const PeerIdentity& peer) {
  if (!rule.uri.empty()) return std::find(peer.uris.begin(), peer.uris.end(), rule.uri) != peer.uris.end();
  if (!rule.common_name.empty()) return rule.common_name == peer.common_name;
  return !rule.sha256.empty() && rule.sha256 == peer.sha256;
}

}  // namespace

PeerIdentity MakePeerIdentity(std::vector<std::string> uris, std::string common_name,
                              const std::string& pem) {
  PeerIdentity peer{.uris = std::move(uris), .common_name = std::move(common_name), .sha256 = ""};
  // RFC 7468, section 5.1.
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  const size_t begin = pem.find(kBegin);
  const size_t end = pem.find("-----END CERTIFICATE-----");
  if (begin == std::string::npos || end == std::string::npos || end < begin) return peer;
  const size_t start = begin + kBegin.size();
  std::string der;
  if (absl::Base64Unescape(pem.substr(start, end - start), &der)) peer.sha256 = Sha256Hex(AsBytes(der));
  return peer;
}

absl::StatusOr<Caller> FindCaller(const PeerIdentity& peer, const std::vector<AccessRule>& rules) {
  for (const std::string& uri : peer.uris) {
    if (uri.compare(0, kWorkstationUri.size(), kWorkstationUri) == 0) {
      return absl::PermissionDeniedError(
          "a workstation's certificate may report but not ask; use an operator's certificate");
    }
  }
  for (const AccessRule& rule : rules) {
    if (!Matches(rule, peer)) continue;
    return Caller{.role = rule.role,
                  .name = rule.uri.empty() ? absl::StrCat("certificate ", peer.sha256.substr(0, kNameDigits))
                                           : absl::StrCat("uri ", CleanText(rule.uri))};
  }
  return absl::PermissionDeniedError(absl::StrCat(
      "this certificate has no role; ask whoever runs the collector for an [[access]] entry with "
      "sha256 = \"",
      peer.sha256, "\""));
}

}  // namespace kortvakt
