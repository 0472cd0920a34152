// Names of TLS alerts and signature algorithms; OpenSSL 3.0 has no name for the
// newer ones.
#pragma once

#include <cstdint>
#include <string>

namespace kortvakt {

// "certificate_required" for 116 (RFC 8446, 6, and RFC 5246, 7.2, for the old ones);
// "alert 200" for one without a name.
std::string AlertName(uint8_t description);

// "rsa_pss_rsae_sha256" for 0x0804 (RFC 8446, 4.2.3; RFC 9963 for the legacy ones);
// "0x1234" for one without a name.
std::string SignatureSchemeName(uint16_t scheme);

}  // namespace kortvakt
