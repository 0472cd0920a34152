// The ways of login certificates up to a root, as a person reads them.
#pragma once

#include <string>
#include <vector>

#include "common/judge/judge.h"
#include "common/judge/trust_view.h"

namespace kortvakt {

// What each browser of a case, or without browsers each store of the machine, makes of CAs
// is found once; then any number of certificates can be asked about. What the case refers to
// must outlive it; the snapshot is classified.
class LoginWays {
 public:
  explicit LoginWays(const Case& c);
  LoginWays(const LoginWays&) = delete;
  LoginWays& operator=(const LoginWays&) = delete;

  // The way of a login certificate of the case up to its root as each would build it
  // (login_path.h), one line a way: "SITHS e-id Person HSA-id 3 CA v1 > SITHS e-id Root CA
  // v2: complete in Firefox (uid:1000); in Chromium (uid:1000): SITHS e-id Root CA v2 is
  // missing".
  std::vector<std::string> Of(const CertificateFacts& certificate);

 private:
  const Language language_;
  const CaDirectory known_;
  CaRecogniser recogniser_;
  struct Place {
    TrustView view;
    std::string name;
  };
  std::vector<Place> places_;
};

}  // namespace kortvakt
