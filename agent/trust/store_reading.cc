#include "agent/trust/store_reading.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"

namespace kortvakt {
namespace {

constexpr std::string_view kVersion = "kortvakt trust 3";
constexpr size_t kMaxText = 512;
constexpr size_t kMaxTexts = 64;
static_assert(kMaxTexts >= kMaxNamedModules && kMaxText >= kMaxModuleName);
constexpr size_t kMaxCertificates = 8192;
constexpr size_t kMaxCertificateBytes = 1u << 20;

class Writer {
 public:
  void Number(size_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes_ += static_cast<char>(value >> shift & 0xFF);
  }
  void Text(std::string_view text) {
    Number(text.size());
    bytes_.append(text);
  }
  void Texts(const std::vector<std::string>& texts) {
    Number(texts.size());
    for (const std::string& text : texts) Text(text);
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Answers nothing once something did not fit.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool good() const { return good_; }
  bool at_end() const { return rest_.empty(); }

  size_t Number(size_t limit) {
    const std::string_view digits = Take(4);
    size_t value = 0;
    for (const char digit : digits) value = value << 8 | static_cast<uint8_t>(digit);
    if (value > limit) good_ = false;
    return good_ ? value : 0;
  }
  template <typename Enum>
  Enum Choice(Enum last) {
    return static_cast<Enum>(Number(static_cast<size_t>(last)));
  }
  bool Flag() { return Number(1) == 1; }
  std::string_view Raw(size_t limit) { return Take(Number(limit)); }
  std::string Text() { return CleanText(Raw(kMaxText), kMaxText); }
  std::vector<std::string> Texts() {
    std::vector<std::string> texts(Number(kMaxTexts));
    for (std::string& text : texts) text = Text();
    return texts;
  }

 private:
  std::string_view Take(size_t size) {
    if (size > rest_.size()) good_ = false;
    if (!good_) return {};
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view rest_;
  bool good_ = true;
};

void Encode(const StoreReading& reading, Writer& out) {
  out.Number(static_cast<size_t>(reading.kind));
  out.Text(reading.location.substr(0, kMaxText));
  out.Texts(reading.browsers);
  out.Number(reading.modules.all_read ? 1 : 0);
  out.Texts(reading.modules.files);
  out.Texts(reading.inputs);
  out.Text(reading.digest);
  out.Number(reading.unchanged ? 1 : 0);
  out.Number(static_cast<size_t>(reading.contents.state));
  out.Text(std::string_view(reading.contents.detail).substr(0, kMaxText));
  out.Number(static_cast<size_t>(reading.contents.unreadable_reason));
  out.Number(reading.contents.entries.size());
  for (const TrustStoreContents::Entry& entry : reading.contents.entries) {
    out.Number(static_cast<size_t>(entry.trust));
    out.Text(AsString(entry.der));
  }
}

StoreReading Decode(Reader& in) {
  StoreReading reading;
  reading.kind = in.Choice(TrustStoreKind::kBrowserPolicy);
  reading.location = in.Text();
  reading.browsers = in.Texts();
  reading.modules.all_read = in.Flag();
  reading.modules.files = in.Texts();
  reading.inputs = in.Texts();
  reading.digest = in.Text();
  reading.unchanged = in.Flag();
  reading.contents.state = in.Choice(TrustStoreState::kUnreadable);
  reading.contents.detail = in.Text();
  reading.contents.unreadable_reason = in.Choice(UnreadableReason::kPending);
  std::set<std::string> known;
  for (size_t left = in.Number(kMaxCertificates); left > 0 && in.good(); --left) {
    const CaTrust trust = in.Choice(CaTrust::kPresent);
    const std::string_view der = in.Raw(kMaxCertificateBytes);
    if (!in.good()) break;
    std::string sha256 = Sha256Hex(AsBytes(der));
    if (!known.insert(sha256).second) continue;
    reading.contents.entries.push_back({Bytes(der.begin(), der.end()), std::move(sha256), trust});
  }
  return reading;
}

// Bytes of a user's certificates: the rest of the answer has room beside them.
constexpr size_t kMaxUserBytes = 3u << 20;

}  // namespace

void LimitUsersStores(std::vector<StoreReading>& readings) {
  size_t certificates_left = kMaxCertificatesOfUser;
  size_t bytes_left = kMaxUserBytes;
  for (StoreReading& reading : readings) {
    std::vector<TrustStoreContents::Entry>& entries = reading.contents.entries;
    size_t room = std::min(kMaxCertificatesOfStore, certificates_left);
    std::vector<bool> kept(entries.size());
    for (const bool matters : {true, false}) {
      for (size_t i = 0; i < entries.size(); ++i) {
        const size_t size = entries[i].der.size();
        if ((entries[i].trust != CaTrust::kPresent) != matters || room == 0 || size > bytes_left) continue;
        kept[i] = true;
        --room;
        --certificates_left;
        bytes_left -= size;
      }
    }
    const auto left_out = std::count(kept.begin(), kept.end(), false);
    if (left_out == 0) continue;
    std::vector<TrustStoreContents::Entry> taken;
    for (size_t i = 0; i < entries.size(); ++i) {
      if (kept[i]) taken.push_back(std::move(entries[i]));
    }
    entries = std::move(taken);
    absl::StrAppend(&reading.contents.detail, reading.contents.detail.empty() ? "" : "; ", left_out,
                    left_out == 1 ? " certificate" : " certificates", " too many, not looked at");
  }
}

std::string EncodeReadings(const std::vector<StoreReading>& readings) {
  Writer out;
  out.Text(kVersion);
  out.Number(readings.size());
  for (const StoreReading& reading : readings) Encode(reading, out);
  return out.Take();
}

absl::StatusOr<std::vector<StoreReading>> DecodeReadings(std::string_view answer) {
  Reader in(answer);
  const bool known_version = in.Raw(kMaxText) == kVersion;
  std::vector<StoreReading> readings;
  for (size_t left = known_version ? in.Number(kMaxReadings) : 0; left > 0 && in.good(); --left) {
    readings.push_back(Decode(in));
  }
  if (!known_version || !in.good() || !in.at_end()) {
    return absl::InvalidArgumentError("the trust reader's answer cannot be understood");
  }
  return readings;
}

}  // namespace kortvakt
