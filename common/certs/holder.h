// Telling a certificate's holder in texts, so that personal data can be left out.
#pragma once

#include <openssl/x509.h>

#include <string>
#include <string_view>
#include <vector>

namespace kortvakt {

// `text` in lower case with letters and digits only, of Latin script (U+0000 to
// U+017F; other characters stay as they are): a form in which spelling variants
// of a name are the same.
std::string FoldText(std::string_view text);

// What is personal in a certificate's subject and alternative names.
struct Holder {
  // Folded CN (where it is a person's: beside SN or GN, or of several words), and
  // SN and GN together in either order.
  std::vector<std::string> names;
  std::vector<std::string> ids;  // folded serialNumber, UID, e-mail addresses, UPNs
  // Folded words of CN, SN, GN with three or more letters; an address before its
  // "@", an HSA-id after its "-".
  std::vector<std::string> parts;

  // Whether `text` holds the whole name or an identifier.
  bool IsNamedIn(std::string_view text) const;
  // Whether it holds any part of them.
  bool IsHintedAtIn(std::string_view text) const;
};

Holder FindHolder(const X509* certificate);

// A name attribute's value as UTF-8; what cannot be converted is replaced.
std::string AttributeText(const ASN1_STRING* value);

}  // namespace kortvakt
