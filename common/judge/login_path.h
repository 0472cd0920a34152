// The way from a login certificate up to a root, as a browser builds it.
#pragma once

#include <string>
#include <vector>

#include "common/judge/trust_view.h"

namespace kortvakt {

// One CA on the way, and what stands in its way.
struct PathLink {
  std::string subject;                            // RFC 4514 string
  const CertificateFacts* certificate = nullptr;  // null: nobody here has it
  const CataloguedCa* ca = nullptr;               // null: not catalogued, or a look-alike
  CaGap gap = CaGap::kNone;
  // The certificate that it issued, which names its key and where it can be fetched;
  // null: that one is not here either.
  const CertificateFacts* issued = nullptr;
  // A certificate here bears its name, but has not the key that signed `issued`.
  bool namesake = false;
};

// Links with the issuer first and the root last; never empty.
struct LoginPath {
  std::vector<PathLink> links;
  // False: every signature fits, but no program takes the links for a path: a certificate
  // among them sets a limit (length, names, uses) that it breaks. RFC 5280, 6.1.
  bool holds = true;

  // It holds, and nothing stands in the way.
  bool complete() const;
};

// Of the paths of `certificate` the one that a login in `view` would take: one that
// nothing stands in the way of, of several such the one that stays so longest. Else the
// one that lacks least: with the fewest gaps; of equal ones one up to a catalogued CA.
// Dates of other paths do not count.
//
// A certificate without a path, whose issuer is here all the same, has one that does not
// hold: the verified issuers. What no certificate here makes is filled in by the catalogue.
// A path that ends before a root has a link that is missing, whatever bears its name here.
LoginPath BestLoginPath(const CertificateFacts& certificate, const TrustView& view, CaRecogniser& recogniser);

// Why `path`, which does not hold, is refused, as far as the facts tell: "'X' may not issue
// certificates to log in with (extended key usage)".
std::string BrokenLimitText(const LoginPath& path, Language language);

}  // namespace kortvakt
