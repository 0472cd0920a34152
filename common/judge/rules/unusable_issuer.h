// What TEST_CERT_IN_PRODUCTION and RETIRED_ISSUER share: login certificates whose
// issuer no service here accepts.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/judge/rule.h"

namespace kortvakt {

struct UnusableIssuer {
  FindingCode code;
  // Whether logins here refuse what this CA issues.
  std::function<bool(const CataloguedCa&, const Policy&)> refused;
  // What is said of such a certificate, after its name.
  std::function<std::string(const CataloguedCa&, const Policy&, Language)> evidence;
  std::function<std::string(const Policy&, Language)> remedy;
};

// A finding for each card with a valid login certificate of such a CA. Where the
// card has one of another CA that can be used as well, or another card here can log in, it only is
// in the way: a warning.
void FindUnusableIssuers(const Facts& facts, const UnusableIssuer& rule, std::vector<Finding>& findings);

}  // namespace kortvakt
