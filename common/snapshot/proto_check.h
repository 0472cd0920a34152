// Reading messages that came from outside, and what conversions to and from
// kortvakt.v1 share.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/bytes.h"
#include "kortvakt/v1/snapshot.pb.h"

namespace kortvakt {

// Our enums have the proto's values in the same order; where the proto's zero
// has no counterpart of ours, its values are one more.
template <typename Proto, typename Ours>
Proto Shifted(Ours value) {
  return static_cast<Proto>(static_cast<int>(value) + 1);
}
template <typename Proto, typename Ours>
Proto Same(Ours value) {
  return static_cast<Proto>(static_cast<int>(value));
}

// Timestamps have whole seconds here: that is what certificates have, and a
// snapshot needs no more. Years 1 to 9999 are what the type can say.
inline constexpr int64_t kFirstSecond = -62135596800;
inline constexpr int64_t kLastSecond = 253402300799;

inline google::protobuf::Timestamp TimeToProto(absl::Time time) {
  google::protobuf::Timestamp proto;
  proto.set_seconds(std::clamp(absl::ToUnixSeconds(time), kFirstSecond, kLastSecond));
  return proto;
}

// Longest text of a field without a limit of its own.
inline constexpr size_t kMaxProtoText = 4096;

// Reads a message that came from outside; remembers the first thing wrong.
class ProtoCheck {
 public:
  const absl::Status& status() const { return status_; }

  void Fail(std::string_view field, std::string_view what) {
    if (status_.ok()) {
      status_ = absl::InvalidArgumentError(absl::StrCat(std::string(field), ": ", std::string(what)));
    }
  }

  std::string Text(std::string_view field, const std::string& text, size_t limit = kMaxProtoText) {
    if (text.size() > limit) Fail(field, absl::StrCat("longer than ", limit, " bytes"));
    return CleanText(text, limit);
  }

  std::vector<std::string> Texts(std::string_view field,
                                 const google::protobuf::RepeatedPtrField<std::string>& texts) {
    std::vector<std::string> result;
    if (!AtMost(field, texts, kMaxListEntries) ||
        !AllAtMost("certificate lists", texts, list_entries_, kMaxAllListEntries)) {
      return result;
    }
    for (const std::string& text : texts) result.push_back(Text(field, text));
    return result;
  }

  // A fingerprint; empty only where `optional`.
  std::string Fingerprint(std::string_view field, const std::string& text, bool optional) {
    const bool good =
        text.size() == kSha256Digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!good && !(optional && text.empty())) Fail(field, "not 64 lower-case hexadecimal digits");
    return text;
  }

  absl::Time Time(std::string_view field, bool present, const google::protobuf::Timestamp& time) {
    if (!present) {
      Fail(field, "missing");
    } else if (time.seconds() < kFirstSecond || time.seconds() > kLastSecond || time.nanos() < 0 ||
               time.nanos() > 999'999'999) {
      Fail(field, "outside the years 1 to 9999");
    }
    return absl::FromUnixSeconds(std::clamp(time.seconds(), kFirstSecond, kLastSecond));
  }

  // `value` less `shift`, within 0..`last`.
  template <typename Ours>
  Ours Enum(std::string_view field, int value, int shift, Ours last) {
    const int ours = value - shift;
    if (ours < 0 || ours > static_cast<int>(last)) {
      Fail(field, absl::StrCat("value ", value, " is not known here; a newer agent needs a newer collector"));
      return last;
    }
    return static_cast<Ours>(ours);
  }

  template <typename Repeated>
  bool AtMost(std::string_view field, const Repeated& list, int limit) {
    if (list.size() > limit) Fail(field, absl::StrCat("more than ", limit, " entries"));
    return status_.ok();
  }

  bool CertificatesFit(const google::protobuf::RepeatedPtrField<v1::Certificate>& list) {
    return AtMost("card.certificates", list, kMaxCertificates) &&
           AllAtMost("certificates of all cards", list, certificates_, kMaxAllCertificates);
  }
  bool CasFit(const google::protobuf::RepeatedPtrField<v1::TrustedCa>& list) {
    return AtMost("trust_store.cas", list, kMaxCas) &&
           AllAtMost("cas of all trust stores", list, cas_, kMaxAllCas);
  }

 private:
  // Adds `list` to `sum`, which is of the whole snapshot.
  template <typename Repeated>
  bool AllAtMost(std::string_view what, const Repeated& list, size_t& sum, size_t limit) {
    sum += static_cast<size_t>(list.size());
    if (sum > limit) Fail(what, absl::StrCat("more than ", limit, " entries together"));
    return status_.ok();
  }

  // Each well above what a workstation has.
  static constexpr int kMaxListEntries = 64;
  static constexpr size_t kSha256Digits = 64;
  static constexpr int kMaxCertificates = 256;
  static constexpr int kMaxCas = 1024;
  // Of a snapshot in full. An entry of 2 bytes on the wire is a string of 32 in
  // memory, a certificate of 80 bytes one of 700: this keeps what is made of a
  // report of 1 MiB at a few times its size.
  static constexpr size_t kMaxAllCertificates = 2048;
  static constexpr size_t kMaxAllCas = 2048;
  static constexpr size_t kMaxAllListEntries = 16'384;

  absl::Status status_;
  size_t certificates_ = 0;
  size_t cas_ = 0;
  size_t list_entries_ = 0;
};

}  // namespace kortvakt
