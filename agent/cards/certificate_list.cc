#include "agent/cards/certificate_list.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/cards/file_reader.h"
#include "common/base/status.h"
#include "common/certs/der.h"

namespace kortvakt {

size_t CertificateSize(ByteView so_far) {
  const absl::StatusOr<DerHeader> header = ReadDerHeader(so_far);
  if (!header.ok()) return absl::IsOutOfRange(header.status()) ? kUntilEnd : so_far.size();
  return header->tag == kDerSequence ? header->total_size() : so_far.size();
}

bool IsBlank(ByteView bytes) {
  if (bytes.empty() || (bytes[0] != 0x00 && bytes[0] != 0xFF)) return false;
  return std::all_of(bytes.begin(), bytes.end(), [&bytes](uint8_t byte) { return byte == bytes[0]; });
}

absl::StatusOr<Bytes> CutCertificate(Bytes contents) {
  if (contents.empty()) return ContentFault("the file is empty");
  if (IsBlank(contents)) return ContentFault("the file holds only padding");
  const absl::StatusOr<DerHeader> header = ReadDerHeader(contents);
  if (!header.ok() || header->tag != kDerSequence) return ContentFault("not a certificate");
  if (header->total_size() > contents.size()) {
    return ContentFault(absl::StrCat("the certificate says ", header->total_size(),
                                     " bytes, the file ends after ", contents.size()));
  }
  contents.resize(header->total_size());
  return contents;
}

bool SaysMore(KeyPresence known, KeyPresence other) {
  return known != KeyPresence::kPresent && (other == KeyPresence::kPresent || known == KeyPresence::kAbsent);
}

bool CertificateList::HasRoom() {
  if (certificates_.size() < kMaxCardCertificates) return true;
  if (!std::exchange(full_, true)) {
    AddFault("the certificates", ContentFault(absl::StrCat("more than ", kMaxCardCertificates)));
  }
  return false;
}

void CertificateList::Add(CardCertificate certificate) {
  for (CardCertificate& known : certificates_) {
    if (known.der != certificate.der) continue;
    if (SaysMore(known.key_presence, certificate.key_presence)) known.key_presence = certificate.key_presence;
    return;
  }
  certificates_.push_back(std::move(certificate));
}

void CertificateList::AddUnreadable(std::string_view where, const absl::Status& fault) {
  ++unreadable_;
  evidence_.Add(where, fault);
}

void CertificateList::MoveTo(CardContents& contents, std::string_view empty_detail) {
  contents.certificates = std::move(certificates_);
  contents.unreadable_certificates = unreadable_;
  if (!evidence_.empty()) {
    contents.state = CardState::kUnreadable;
    contents.detail = evidence_.Text();
  } else if (contents.certificates.empty()) {
    contents.state = CardState::kEmpty;
    contents.detail = std::string(empty_detail);
  } else {
    contents.state = CardState::kRead;
  }
}

}  // namespace kortvakt
