#include "agent/trust/certificate_file.h"

#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/certs/der.h"

namespace kortvakt {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";

// The label of an encapsulation boundary (RFC 7468, 2), when `line` is one.
std::optional<std::string_view> LabelOf(std::string_view line, std::string_view start) {
  while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '\t')) {
    line.remove_suffix(1);
  }
  if (line.size() < start.size() + kDashes.size() || line.substr(0, start.size()) != start ||
      line.substr(line.size() - kDashes.size()) != kDashes) {
    return std::nullopt;
  }
  return line.substr(start.size(), line.size() - start.size() - kDashes.size());
}

bool IsCertificateLabel(std::string_view label) {
  // The first two are synonyms of old; the last is OpenSSL's, with its own data behind the certificate.
  return label == "CERTIFICATE" || label == "X509 CERTIFICATE" || label == "TRUSTED CERTIFICATE";
}

// The certificate at the start of `bytes`; empty when there is none. `alone`:
// nothing may follow it.
ByteView CertificateAtStart(ByteView bytes, bool alone) {
  const absl::StatusOr<DerHeader> header = ReadDerHeader(bytes);
  if (!header.ok() || header->tag != kDerSequence || header->contents_size == 0) return {};
  if (header->total_size() > bytes.size() || (alone && header->total_size() != bytes.size())) return {};
  return bytes.first(header->total_size());
}

}  // namespace

void CertificateCollector::AddProblem(const std::string& problem) {
  if (problems_++ == 0) first_problem_ = problem;
}

void CertificateCollector::AddCertificate(ByteView der, CaTrust trust) {
  std::string sha256 = Sha256Hex(der);
  if (!known_.insert(sha256).second) return;
  contents_.entries.push_back({Bytes(der.begin(), der.end()), std::move(sha256), trust});
}

void CertificateCollector::AddFile(std::string_view contents, const std::string& name) {
  if (const ByteView der = CertificateAtStart(AsBytes(contents), /*alone=*/true); !der.empty()) {
    AddCertificate(der);
  } else if (contents.find(kBegin) != std::string_view::npos) {
    AddPem(contents, name);
  } else {
    AddProblem(absl::StrCat(name, ": neither a PEM nor a DER certificate"));
  }
}

void CertificateCollector::AddDer(ByteView der, CaTrust trust, const std::string& name) {
  const ByteView certificate = CertificateAtStart(der, /*alone=*/true);
  if (certificate.empty()) {
    AddProblem(absl::StrCat(name, ": not a DER certificate"));
  } else {
    AddCertificate(certificate, trust);
  }
}

void CertificateCollector::AddPem(std::string_view text, const std::string& name) {
  size_t line_number = 0;
  size_t begin_line = 0;
  std::optional<std::string> label;  // set inside a block
  std::string body;
  const auto malformed = [&] {
    AddProblem(absl::StrCat(name, ":", begin_line, ": malformed PEM certificate"));
  };
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++line_number;
    if (const auto begun = LabelOf(line, kBegin)) {
      if (label && IsCertificateLabel(*label)) malformed();
      label = std::string(*begun);
      begin_line = line_number;
      body.clear();
    } else if (const auto ended = LabelOf(line, kEnd); ended && label) {
      if (IsCertificateLabel(*label)) {
        std::string bytes;
        const bool decoded = *ended == *label && absl::Base64Unescape(body, &bytes);
        const bool alone = *label != "TRUSTED CERTIFICATE";
        const ByteView der = decoded ? CertificateAtStart(AsBytes(bytes), alone) : ByteView();
        if (der.empty()) {
          malformed();
        } else {
          AddCertificate(der);
        }
      }
      label.reset();
    } else if (label && IsCertificateLabel(*label)) {
      body.append(line);
    }
  }
  if (label && IsCertificateLabel(*label)) malformed();
}

TrustStoreContents CertificateCollector::Finish() {
  contents_.state = TrustStoreState::kRead;
  contents_.detail = first_problem_;
  if (problems_ > 1) absl::StrAppend(&contents_.detail, "; ", problems_ - 1, " more of this kind");
  return std::move(contents_);
}

TrustStoreContents NotRead(const absl::Status& status) {
  TrustStoreContents contents;
  contents.state = absl::IsNotFound(status) ? TrustStoreState::kAbsent : TrustStoreState::kUnreadable;
  contents.detail = std::string(status.message());
  return contents;
}

}  // namespace kortvakt
