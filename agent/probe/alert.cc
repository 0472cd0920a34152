#include "agent/probe/alert.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace kortvakt {
namespace {

struct Named {
  uint16_t code;
  const char* name;
};

constexpr Named kAlerts[] = {{0, "close_notify"},
                             {10, "unexpected_message"},
                             {20, "bad_record_mac"},
                             {21, "decryption_failed"},
                             {22, "record_overflow"},
                             {30, "decompression_failure"},
                             {40, "handshake_failure"},
                             {41, "no_certificate"},
                             {42, "bad_certificate"},
                             {43, "unsupported_certificate"},
                             {44, "certificate_revoked"},
                             {45, "certificate_expired"},
                             {46, "certificate_unknown"},
                             {47, "illegal_parameter"},
                             {48, "unknown_ca"},
                             {49, "access_denied"},
                             {50, "decode_error"},
                             {51, "decrypt_error"},
                             {60, "export_restriction"},
                             {70, "protocol_version"},
                             {71, "insufficient_security"},
                             {80, "internal_error"},
                             {86, "inappropriate_fallback"},
                             {90, "user_canceled"},
                             {100, "no_renegotiation"},
                             {109, "missing_extension"},
                             {110, "unsupported_extension"},
                             {111, "certificate_unobtainable"},
                             {112, "unrecognized_name"},
                             {113, "bad_certificate_status_response"},
                             {114, "bad_certificate_hash_value"},
                             {115, "unknown_psk_identity"},
                             {116, "certificate_required"},
                             {120, "no_application_protocol"}};

constexpr Named kSchemes[] = {{0x0201, "rsa_pkcs1_sha1"},
                              {0x0203, "ecdsa_sha1"},
                              {0x0301, "rsa_pkcs1_sha224"},
                              {0x0303, "ecdsa_sha224"},
                              {0x0401, "rsa_pkcs1_sha256"},
                              {0x0403, "ecdsa_secp256r1_sha256"},
                              {0x0420, "rsa_pkcs1_sha256_legacy"},
                              {0x0501, "rsa_pkcs1_sha384"},
                              {0x0503, "ecdsa_secp384r1_sha384"},
                              {0x0520, "rsa_pkcs1_sha384_legacy"},
                              {0x0601, "rsa_pkcs1_sha512"},
                              {0x0603, "ecdsa_secp521r1_sha512"},
                              {0x0620, "rsa_pkcs1_sha512_legacy"},
                              {0x0804, "rsa_pss_rsae_sha256"},
                              {0x0805, "rsa_pss_rsae_sha384"},
                              {0x0806, "rsa_pss_rsae_sha512"},
                              {0x0807, "ed25519"},
                              {0x0808, "ed448"},
                              {0x0809, "rsa_pss_pss_sha256"},
                              {0x080A, "rsa_pss_pss_sha384"},
                              {0x080B, "rsa_pss_pss_sha512"}};

template <size_t N>
const char* Find(const Named (&table)[N], uint16_t code) {
  const auto* row =
      std::find_if(std::begin(table), std::end(table), [&](const Named& n) { return n.code == code; });
  return row == std::end(table) ? nullptr : row->name;
}

}  // namespace

std::string AlertName(uint8_t description) {
  const char* name = Find(kAlerts, description);
  return name == nullptr ? absl::StrCat("alert ", static_cast<int>(description)) : name;
}

std::string SignatureSchemeName(uint16_t scheme) {
  const char* name = Find(kSchemes, scheme);
  return name == nullptr ? absl::StrFormat("0x%04X", scheme) : name;
}

}  // namespace kortvakt
