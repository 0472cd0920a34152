// Distinguished names as text.
#pragma once

#include <openssl/x509.h>

#include <string>

#include "common/certs/holder.h"

namespace kortvakt {

// Whether `name` is a person's by its attributes: SN, GN, a holder's number, …
bool IsPersonName(const X509_NAME* name);

// `name` as an RFC 4514 string, as `openssl x509 -nameopt RFC2253` prints it but
// with UTF-8 unescaped; at most 2 KiB. With `personal` only C, O, OU, L and
// organizationIdentifier stay, else all but emailAddress. Identity numbers, and
// values that name `holder`, are replaced by "***".
std::string NameText(const X509_NAME* name, bool personal, const Holder& holder);

// The first O of `name`, with the same replaced. Empty: none.
std::string OrganisationOf(const X509_NAME* name, const Holder& holder);

// `text` with identity numbers masked; all of it when the rest names `holder`.
std::string Depersonalise(const std::string& text, const Holder& holder);

}  // namespace kortvakt
