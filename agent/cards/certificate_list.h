// The certificates of one card while it is being read.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/cards/card_reader.h"
#include "agent/cards/evidence.h"

namespace kortvakt {

// Most certificates of a card, as many as a snapshot carries (snapshot_proto.h).
inline constexpr size_t kMaxCardCertificates = 256;

// How many bytes of a file hold the certificate that it begins with: by its DER
// header, kUntilEnd (file_reader.h) while that is not complete. Bytes that begin
// no certificate: what has been read is enough.
size_t CertificateSize(ByteView so_far);

// Whether all of `bytes` are 00, or all FF: never written. Not of none.
bool IsBlank(ByteView bytes);

// The certificate that `contents` begin with, padding cut. A fault when it is no
// SEQUENCE or is not complete.
absl::StatusOr<Bytes> CutCertificate(Bytes contents);

// Whether `other` says more of a certificate's key than what is known: it is absent only
// where everything that speaks of it says so.
bool SaysMore(KeyPresence known, KeyPresence other);

// Collects certificates and what is wrong with others. Each certificate once: the
// same one found again only adds what is known of its key.
class CertificateList {
 public:
  // False: there is no room for another.
  bool HasRoom();
  void Add(CardCertificate certificate);
  void AddUnreadable(std::string_view where, const absl::Status& fault);
  // What is wrong with something else than one certificate.
  void AddFault(std::string_view where, const absl::Status& fault) { evidence_.Add(where, fault); }

  // Moves what was collected into `contents` and sets its state and detail;
  // `empty_detail` says why there is no certificate, when nothing is wrong.
  void MoveTo(CardContents& contents, std::string_view empty_detail);

 private:
  std::vector<CardCertificate> certificates_;
  uint32_t unreadable_ = 0;
  Evidence evidence_;
  bool full_ = false;
};

}  // namespace kortvakt
