#include "common/certs/holder.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/certs/certificate_facts.h"
#include "common/certs/openssl_x509.h"

namespace kortvakt {
namespace {

// Longest attribute value looked at; X.520 allows 64 characters in most.
constexpr size_t kMaxAttribute = 1024;
constexpr size_t kMinNamePart = 3;
constexpr size_t kMinIdPart = 4;

// Lower case of a code point up to U+017F (Latin-1 Supplement, Latin Extended-A).
uint32_t LowerCase(uint32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 0x20;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 0x20;
  if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177)) return c | 1;
  if (((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) && (c & 1) == 1) return c + 1;
  return c;
}

bool IsWordCharacter(uint32_t c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c >= 0x80; }

// Folds and hands the words over one by one. `text` is valid UTF-8; of sequences
// of more than two bytes nothing changes.
template <typename Visitor>
void ForEachWord(std::string_view text, Visitor visit) {
  std::string word;
  size_t i = 0;
  while (i < text.size()) {
    const auto byte = static_cast<uint8_t>(text[i]);
    size_t length = 1;
    uint32_t code = byte;
    if (byte >= 0xC0 && byte < 0xE0 && i + 1 < text.size()) {
      length = 2;
      code = (byte & 0x1Fu) << 6 | (static_cast<uint8_t>(text[i + 1]) & 0x3Fu);
    }
    code = length == 2 || byte < 0x80 ? LowerCase(code) : code;
    if (!IsWordCharacter(code)) {
      if (!word.empty()) visit(word);
      word.clear();
    } else if (length == 2) {
      word += static_cast<char>(0xC0 | code >> 6);
      word += static_cast<char>(0x80 | (code & 0x3F));
    } else {
      word += static_cast<char>(code);
    }
    i += length;
  }
  if (!word.empty()) visit(word);
}

// Letters of a folded word: bytes but UTF-8's continuation bytes and digits.
size_t LetterCount(std::string_view word) {
  return static_cast<size_t>(std::count_if(word.begin(), word.end(), [](char c) {
    return (static_cast<uint8_t>(c) & 0xC0) != 0x80 && !(c >= '0' && c <= '9');
  }));
}

void AddId(Holder& holder, std::string_view text) {
  std::string folded = FoldText(text);
  if (folded.size() >= kMinIdPart) holder.ids.push_back(std::move(folded));
  // The own part of an address (before "@") and of an HSA-id (after "-").
  const size_t at = text.find('@');
  const size_t hyphen = text.rfind('-');
  std::string part;
  if (at != std::string_view::npos) {
    part = FoldText(text.substr(0, at));
  } else if (hyphen != std::string_view::npos) {
    part = FoldText(text.substr(hyphen + 1));
  }
  if (part.size() >= kMinIdPart) holder.parts.push_back(std::move(part));
}

void AddAlternativeNames(Holder& holder, const X509* certificate) {
  const auto names = FindExtension<GENERAL_NAMES, GENERAL_NAMES_free>(certificate, NID_subject_alt_name);
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_EMAIL) {
      AddId(holder, AttributeText(name->d.rfc822Name));
    } else if (name->type == GEN_OTHERNAME && OBJ_obj2nid(name->d.otherName->type_id) == NID_ms_upn) {
      const ASN1_TYPE* value = name->d.otherName->value;
      if (ASN1_TYPE_get(value) == V_ASN1_UTF8STRING) AddId(holder, AttributeText(value->value.utf8string));
    }
  }
}

bool ContainsAny(const std::string& folded, const std::vector<std::string>& needles) {
  return std::any_of(needles.begin(), needles.end(), [&](const std::string& needle) {
    return !needle.empty() && folded.find(needle) != std::string::npos;
  });
}

}  // namespace

std::string FoldText(std::string_view text) {
  const std::string clean = CleanText(text, kMaxAttribute * 4);
  std::string folded;
  ForEachWord(clean, [&](const std::string& word) { folded += word; });
  return folded;
}

std::string AttributeText(const ASN1_STRING* value) {
  const ErrorQueueScope errors;
  unsigned char* utf8 = nullptr;
  const int length = ASN1_STRING_to_UTF8(&utf8, value);
  if (length < 0) {
    return CleanText(AsString({ASN1_STRING_get0_data(value), static_cast<size_t>(ASN1_STRING_length(value))}),
                     kMaxAttribute);
  }
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<size_t>(length));
  OPENSSL_free(utf8);
  return text;
}

Holder FindHolder(const X509* certificate) {
  Holder holder;
  std::string surname;
  std::string given_name;
  std::string full_name;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  for (int i = 0; i < X509_NAME_entry_count(subject); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(subject, i);
    const std::string text = AttributeText(X509_NAME_ENTRY_get_data(entry));
    const int type = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    switch (type) {
      case NID_commonName:
        full_name = text;
        break;
      case NID_surname:
        surname += FoldText(text);
        break;
      case NID_givenName:
        given_name += FoldText(text);
        break;
      case NID_serialNumber:
      case NID_userId:
      case NID_pkcs9_emailAddress:
        AddId(holder, text);
        break;
      default:
        break;
    }
    if (type == NID_commonName || type == NID_surname || type == NID_givenName) {
      ForEachWord(CleanText(text, kMaxAttribute), [&](const std::string& word) {
        if (LetterCount(word) >= kMinNamePart) holder.parts.push_back(word);
      });
    }
  }
  // A CN by itself may be a host's or a service's, which addresses name rightly.
  if (!surname.empty() || !given_name.empty() || full_name.find(' ') != std::string::npos) {
    holder.names.push_back(FoldText(full_name));
  }
  if (!surname.empty() && !given_name.empty()) {
    holder.names.push_back(given_name + surname);
    holder.names.push_back(surname + given_name);
  }
  // A name of one or two letters would be found in any text.
  std::erase_if(holder.names, [](const std::string& name) { return LetterCount(name) < kMinNamePart; });
  AddAlternativeNames(holder, certificate);
  return holder;
}

bool Holder::IsNamedIn(std::string_view text) const {
  const std::string folded = FoldText(text);
  return ContainsAny(folded, names) || ContainsAny(folded, ids);
}

bool Holder::IsHintedAtIn(std::string_view text) const {
  const std::string folded = FoldText(text);
  return ContainsAny(folded, names) || ContainsAny(folded, ids) || ContainsAny(folded, parts);
}

}  // namespace kortvakt
