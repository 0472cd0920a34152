#include "agent/probe/http.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/version.h"

namespace kortvakt {
namespace {

constexpr std::string_view kProtocol = "HTTP/1.";
constexpr uint16_t kHttps = 443;
// nginx, ngx_http_special_response.c: 495 and 496.
constexpr uint32_t kCertificateErrorStatus = 495;
constexpr uint32_t kCertificateMissingStatus = 496;

// Without https's own port, as browsers have it (RFC 9110, 4.2.2 and 7.2).
std::string HostOf(const ProbeTarget& target) {
  const std::string port = absl::StrCat(":", kHttps);
  const std::string host = FormatServerAddress(target.server);
  return std::string(target.server.port == kHttps ? absl::StripSuffix(host, port) : absl::string_view(host));
}

bool Has(std::string_view text, const char* sentence) {
  return absl::StrContains(absl::string_view(text.data(), text.size()), sentence);
}

}  // namespace

std::string GetRequest(const ProbeTarget& target) {
  return absl::StrCat("GET ", target.path, " HTTP/1.1\r\nHost: ", HostOf(target),
                      "\r\nUser-Agent: kortvakt-agent/", kVersion,
                      "\r\nAccept: text/html\r\nConnection: close\r\n\r\n");
}

std::string ConnectRequest(const ServerAddress& server, const std::string& authorization) {
  std::string request = absl::StrCat("CONNECT ", FormatServerAddress(server),
                                     " HTTP/1.1\r\nHost: ", FormatServerAddress(server), "\r\n");
  if (!authorization.empty()) absl::StrAppend(&request, "Proxy-Authorization: ", authorization, "\r\n");
  return request + "\r\n";
}

uint32_t HttpStatus(std::string_view text) {
  // RFC 9112, 4: "HTTP/1.1 200 OK".
  constexpr size_t kDigits = 9;
  if (!LooksLikeHttp(text) || text.size() < kDigits + 3 || text[kDigits - 1] != ' ') return 0;
  uint32_t status = 0;
  for (const char c : text.substr(kDigits, 3)) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return 0;
    status = status * 10 + static_cast<uint32_t>(c - '0');
  }
  return status >= 100 && status <= 599 ? status : 0;
}

bool LooksLikeHttp(std::string_view text) {
  const size_t common = std::min(text.size(), kProtocol.size());
  return common > 0 && text.substr(0, common) == kProtocol.substr(0, common);
}

HttpRefusal RefusalIn(std::string_view text) {
  const uint32_t status = HttpStatus(text);
  if (status == kCertificateMissingStatus) return HttpRefusal::kCertificateMissing;
  if (status == kCertificateErrorStatus) return HttpRefusal::kCertificateError;
  if (status < 400) return HttpRefusal::kNone;
  if (Has(text, "No required SSL certificate was sent")) return HttpRefusal::kCertificateMissing;
  if (Has(text, "The SSL certificate error")) return HttpRefusal::kCertificateError;
  return HttpRefusal::kNone;
}

}  // namespace kortvakt
