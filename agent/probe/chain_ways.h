// Ways up from a server's certificate, whatever the order in which certificates lie. For
// .cc files of this folder only.
#pragma once

#include <vector>

#include "common/certs/openssl_x509.h"

namespace kortvakt {

// A certificate that may stand on a way.
struct WayPoint {
  X509* certificate = nullptr;  // outlives the points
  bool sent = false;            // by the server
  bool end = false;             // ends a way
};

// Indices of the points of a way: the server's own first, one that ends it last.
using Way = std::vector<size_t>;

// The ways up from the first point, by names and key identifiers and, where the issuer was
// not sent, by signature: a store's certificate of the same name with another key is no
// issuer. At most 32 ways of at most 20 certificates (browsers follow fewer), found with a
// bounded effort whatever was sent.
std::vector<Way> WaysUp(const std::vector<WayPoint>& points);

// What OpenSSL says of the way as that of a TLS server, with its end trusted: signatures,
// constraints and usages of the CAs. Dates do not count, nor does what the server's own
// certificate is for. X509_V_OK or another X509_V_….
int VerifyWay(const std::vector<WayPoint>& points, const Way& way);

// The longest way up from the first of the points of what was sent, ends left aside; to a
// self-signed one, where one can be reached. Not empty where there is a point.
Way SentWay(std::vector<WayPoint> sent);

// By names and key identifiers, whether or not it is a CA.
bool IsSelfSigned(X509* certificate);
// By these and the signature.
bool HasIssued(X509* issuer, X509* certificate);

}  // namespace kortvakt
