#include "common/base/sha1.h"

#include <openssl/sha.h>

namespace kortvakt {

Bytes Sha1(ByteView bytes) {
  Bytes digest(SHA_DIGEST_LENGTH);
  SHA1(bytes.data(), bytes.size(), digest.data());
  return digest;
}

}  // namespace kortvakt
