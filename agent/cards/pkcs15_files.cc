#include "agent/cards/pkcs15_files.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/cards/evidence.h"
#include "agent/cards/file_reader.h"
#include "common/base/status.h"
#include "common/certs/der.h"

namespace kortvakt {
namespace {

constexpr uint8_t kContext0 = 0x80;             // [0], primitive
constexpr uint8_t kContext0Constructed = 0xA0;  // [0], constructed
constexpr uint8_t kContext3Constructed = 0xA3;  // [3], constructed
constexpr uint8_t kPrintableString = 0x13;
constexpr uint8_t kTypeAttributes = 0xA1;  // [1] of a PKCS15Object

constexpr size_t kMaxPath = 14;    // after the 2 bytes of 3F00; SELECT takes 16
constexpr size_t kMaxId = 255;     // Identifier, pkcs15-ub-identifier (v1.1, C.1)
constexpr size_t kMaxSerial = 64;  // of a chip; 8 to 20 in practice

bool IsPadding(uint8_t byte) { return byte == 0x00 || byte == 0xFF; }

// Calls `parse` for each entry up to the end or the padding. What it returns an
// error for is a bad entry.
template <typename Entry, typename Parse>
ParsedDirectory<Entry> ParseEntries(ByteView contents, Parse parse) {
  ParsedDirectory<Entry> directory;
  const auto bad = [&directory](size_t number, const absl::Status& fault) {
    if (directory.bad_entries++ == 0) directory.fault = Annotate(fault, absl::StrCat("entry ", number));
  };
  DerReader reader(contents);
  for (size_t number = 1; !reader.empty() && !IsPadding(reader.PeekTag()); ++number) {
    if (number > kMaxDirectoryEntries) {
      bad(number, ContentFault(absl::StrCat("more than ", kMaxDirectoryEntries, " entries")));
      break;
    }
    const absl::StatusOr<DerElement> element = reader.Next();
    if (!element.ok()) {
      bad(number, element.status());  // nothing tells where another would begin
      break;
    }
    absl::StatusOr<std::optional<Entry>> entry = parse(*element);
    if (!entry.ok()) {
      bad(number, entry.status());
    } else if (*entry) {
      directory.entries.push_back(**std::move(entry));
    }
  }
  return directory;
}

Bytes Copy(ByteView view) { return {view.begin(), view.end()}; }

absl::StatusOr<size_t> ParseUnsigned(ByteView contents) {
  if (contents.empty() || contents.size() > 5 || (contents[0] & 0x80) != 0) {
    return ContentFault("a number is out of range");
  }
  size_t value = 0;
  for (const uint8_t byte : contents) value = value << 8 | byte;
  return value;
}

absl::StatusOr<Pkcs15Path> ParsePath(ByteView contents) {
  DerReader reader(contents);
  ASSIGN_OR_RETURN(const DerElement identifiers, reader.Next(kDerOctetString));
  Pkcs15Path path;
  ByteView bytes = identifiers.contents;
  if (bytes.size() >= 2 && bytes[0] == 0x3F && bytes[1] == 0x00) {
    path.absolute = true;
    bytes = bytes.subspan(2);
  }
  if (bytes.empty() || bytes.size() > kMaxPath || bytes.size() % 2 != 0) {
    return ContentFault(absl::StrCat("a path of ", identifiers.contents.size(), " bytes"));
  }
  path.path = Copy(bytes);
  if (reader.PeekTag() == kDerInteger) {
    ASSIGN_OR_RETURN(const DerElement index, reader.Next());
    ASSIGN_OR_RETURN(path.index, ParseUnsigned(index.contents));
    if (path.index >= kMaxCardFile) return ContentFault(absl::StrCat("offset ", path.index, " in a file"));
  }
  if (reader.PeekTag() == kContext0) {
    ASSIGN_OR_RETURN(const DerElement length, reader.Next());
    ASSIGN_OR_RETURN(path.length, ParseUnsigned(length.contents));
  }
  return path;
}

// nullopt: none is said, or none that makes sense.
std::optional<Pkcs15Path> ParseOdfPath(ByteView discretionary_data) {
  DerReader reader(discretionary_data);
  while (!reader.empty()) {
    const absl::StatusOr<DerElement> field = reader.Next();
    if (!field.ok()) return std::nullopt;
    if (field->tag != kDerSequence) continue;
    absl::StatusOr<Pkcs15Path> path = ParsePath(field->contents);
    return path.ok() ? std::optional<Pkcs15Path>(*std::move(path)) : std::nullopt;
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<ObjectDirectoryEntry>> ParseObjectEntry(const DerElement& element) {
  ObjectDirectoryEntry entry;
  switch (element.tag) {  // PKCS#15 v1.1, 6.2: the choice's tags
    case 0xA0:
      entry.kind = ObjectDirectoryEntry::Kind::kPrivateKeys;
      break;
    case 0xA4:
      entry.kind = ObjectDirectoryEntry::Kind::kCertificates;
      break;
    case 0xA5:
      entry.kind = ObjectDirectoryEntry::Kind::kTrustedCertificates;
      break;
    case 0xA6:
      entry.kind = ObjectDirectoryEntry::Kind::kUsefulCertificates;
      break;
    default:
      return std::nullopt;
  }
  DerReader reader(element.contents);
  ASSIGN_OR_RETURN(const DerElement value, reader.Next());
  if (value.tag == kContext0Constructed) {
    entry.objects = Copy(value.contents);
  } else if (value.tag == kDerSequence) {
    ASSIGN_OR_RETURN(entry.path, ParsePath(value.contents));
  } else {
    return ContentFault("neither a path nor objects");
  }
  return entry;
}

// The value of a certificate's [0]: the certificate with its own SEQUENCE header,
// or (implicit tagging) its three parts alone.
Bytes DirectCertificate(ByteView value) {
  DerReader reader(value);
  const absl::StatusOr<DerElement> first = reader.Next(kDerSequence);
  if (!first.ok() || first->total_size() == value.size()) return Copy(value);
  const size_t size = value.size();
  Bytes der = {kDerSequence, 0x83, static_cast<uint8_t>(size >> 16), static_cast<uint8_t>(size >> 8),
               static_cast<uint8_t>(size)};
  if (size < 0x10000) {
    der = {kDerSequence, 0x82, static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(size)};
  }
  der.insert(der.end(), value.begin(), value.end());
  return der;
}

// The elements of a PKCS15Object (v1.1, 6.1.1): common attributes, those of the
// class, [0] those of a subclass where there are any, [1] those of the type.
struct ObjectParts {
  ByteView class_attributes;
  ByteView type_attributes;
};

absl::StatusOr<ObjectParts> ParseObject(ByteView contents) {
  DerReader reader(contents);
  RETURN_IF_ERROR(reader.Next(kDerSequence).status());
  ASSIGN_OR_RETURN(const DerElement class_attributes, reader.Next(kDerSequence));
  if (reader.PeekTag() == kContext0Constructed) RETURN_IF_ERROR(reader.Next().status());
  ASSIGN_OR_RETURN(const DerElement type, reader.Next(kTypeAttributes));
  return ObjectParts{class_attributes.contents, type.contents};
}

absl::StatusOr<Bytes> ParseIdentifier(ByteView class_attributes) {
  DerReader reader(class_attributes);
  ASSIGN_OR_RETURN(const DerElement id, reader.Next(kDerOctetString));
  if (id.contents.size() > kMaxId) return ContentFault("an identifier is too long");
  return Copy(id.contents);
}

absl::StatusOr<std::optional<CertificateEntry>> ParseCertificateEntry(const DerElement& element) {
  // [0] to [4] are other kinds of certificates (v1.1, 6.6.1).
  if (element.tag != kDerSequence) return std::nullopt;
  ASSIGN_OR_RETURN(const ObjectParts parts, ParseObject(element.contents));
  CertificateEntry entry;
  ASSIGN_OR_RETURN(entry.id, ParseIdentifier(parts.class_attributes));
  DerReader type(parts.type_attributes);
  ASSIGN_OR_RETURN(const DerElement attributes, type.Next(kDerSequence));
  DerReader reader(attributes.contents);
  ASSIGN_OR_RETURN(const DerElement value, reader.Next());
  if (value.tag == kDerSequence) {
    ASSIGN_OR_RETURN(entry.path, ParsePath(value.contents));
  } else if (value.tag == kContext0Constructed) {
    entry.der = DirectCertificate(value.contents);
  } else if (value.tag == kPrintableString || value.tag == kContext3Constructed) {
    return std::nullopt;  // a URL, with its digest or without: it is not on the card
  } else {
    return ContentFault("the certificate is neither in a file nor in the directory");
  }
  return entry;
}

// How far the entries reach of a directory of which `so_far` has been read.
struct Reach {
  size_t size = 0;    // to the end of the last of them; of one whose header is cut, more than there is
  bool last = false;  // no other follows
};
Reach ReachOf(ByteView so_far) {
  size_t position = 0;
  while (position < so_far.size()) {
    if (IsPadding(so_far[position])) return {position, true};
    const absl::StatusOr<DerHeader> header = ReadDerHeader(so_far.subspan(position));
    if (!header.ok()) {
      const bool cut = absl::IsOutOfRange(header.status());
      return {so_far.size() + (cut ? 1 : 0), !cut};
    }
    if (header->total_size() > kMaxCardFile) return {so_far.size(), true};
    position += header->total_size();
  }
  return {position, false};
}

}  // namespace

size_t DirectoryEnd(ByteView so_far) {
  const Reach reach = ReachOf(so_far);
  return reach.last ? reach.size : kUntilEnd;
}

bool EndsBetweenEntries(ByteView so_far) {
  const Reach reach = ReachOf(so_far);
  return reach.last || reach.size == so_far.size();
}

ParsedDirectory<ObjectDirectoryEntry> ParseObjectDirectory(ByteView contents) {
  return ParseEntries<ObjectDirectoryEntry>(contents, ParseObjectEntry);
}

ParsedDirectory<CertificateEntry> ParseCertificateDirectory(ByteView contents) {
  return ParseEntries<CertificateEntry>(contents, ParseCertificateEntry);
}

ParsedDirectory<Bytes> ParsePrivateKeyDirectory(ByteView contents) {
  return ParseEntries<Bytes>(contents, [](const DerElement& element) -> absl::StatusOr<std::optional<Bytes>> {
    // RSA is a SEQUENCE, other kinds of keys are [0], [1], … (v1.1, 6.3.1).
    ASSIGN_OR_RETURN(const ObjectParts parts, ParseObject(element.contents));
    ASSIGN_OR_RETURN(Bytes id, ParseIdentifier(parts.class_attributes));
    return id;
  });
}

absl::StatusOr<TokenInfo> ParseTokenInfo(ByteView contents) {
  DerReader outer(contents);
  ASSIGN_OR_RETURN(const DerElement sequence, outer.Next(kDerSequence));
  DerReader reader(sequence.contents);
  RETURN_IF_ERROR(reader.Next(kDerInteger).status());
  ASSIGN_OR_RETURN(const DerElement serial, reader.Next(kDerOctetString));
  if (serial.contents.size() > kMaxSerial) return ContentFault("the serial number is too long");
  TokenInfo info;
  info.serial = Copy(serial.contents);
  if (reader.PeekTag() == kDerUtf8String) {
    ASSIGN_OR_RETURN(const DerElement manufacturer, reader.Next());
    info.manufacturer = CleanText(AsString(manufacturer.contents));
  }
  if (reader.PeekTag() == kContext0) {
    ASSIGN_OR_RETURN(const DerElement label, reader.Next());
    info.label = CleanText(AsString(label.contents));
  }
  return info;
}

std::vector<ApplicationEntry> ParseApplicationDirectory(ByteView contents) {
  // Tags of ISO/IEC 7816-4, 12.2.3: 61 application template, 4F identifier, 51 path, 73
  // discretionary data objects: of PKCS#15 (v1.1, "DDO") an OBJECT IDENTIFIER, EF(ODF)'s Path.
  const auto parse = [](const DerElement& element) -> absl::StatusOr<std::optional<ApplicationEntry>> {
    if (element.tag != 0x61) return std::nullopt;
    ApplicationEntry entry;
    DerReader reader(element.contents);
    while (!reader.empty()) {
      const absl::StatusOr<DerElement> field = reader.Next();
      if (!field.ok()) break;  // what was found counts
      ByteView value = field->contents;
      if (field->tag == 0x4F && !value.empty() && value.size() <= 16) entry.aid = Copy(value);
      if (field->tag == 0x73) entry.odf = ParseOdfPath(value);
      if (field->tag != 0x51) continue;
      if (value.size() >= 2 && value[0] == 0x3F && value[1] == 0x00) value = value.subspan(2);
      if (value.size() <= kMaxPath - 2 && value.size() % 2 == 0) entry.path = Copy(value);
    }
    if (entry.aid.empty()) return std::nullopt;
    return entry;
  };
  return ParseEntries<ApplicationEntry>(contents, parse).entries;
}

}  // namespace kortvakt
