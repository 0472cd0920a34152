// Independent programs that read certificates off smart cards.
#pragma once

#include <string>
#include <vector>

#include "common/base/bytes.h"

namespace kortvakt::testing {

// Each returns the certificates (DER) that the program reads from the card in
// `reader`, in no order that means anything; none when it does not know the card or
// cannot read it. They find pcscd by PCSCLITE_CSOCK_NAME, keep what they write in
// `folder`, and have ended when these return.

// OpenSC's pkcs15-tool, which reads IDPrime cards too, without its file cache.
std::vector<Bytes> OpenScCertificates(const std::string& reader, const std::string& folder);

// GnuPG's scdaemon.
std::vector<Bytes> ScdaemonCertificates(const std::string& reader, const std::string& folder);

}  // namespace kortvakt::testing
