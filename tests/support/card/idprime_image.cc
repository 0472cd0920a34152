// The files of a Thales IDPrime application: index, card id, freshness, label,
// container map, certificates.
#include <zlib.h>

#include <cstdlib>

#include "tests/support/card/card_image.h"

namespace kortvakt::testing {
namespace {

// The virtual card keeps the application in a folder of its own; a real card has
// no path to it, and neither driver asks for one.
constexpr uint16_t kFolder = 0x1D00;
constexpr uint8_t kAid[] = {0xA0, 0x00, 0x00, 0x00, 0x18, 0x80, 0x00, 0x00, 0x00, 0x06, 0x62};

constexpr uint16_t kIndex = 0x0101;
constexpr uint16_t kCardId = 0x0201;
constexpr uint16_t kCardCf = 0x0202;
constexpr uint16_t kCardApps = 0x0203;
constexpr uint16_t kContainerMap = 0x0204;
constexpr uint16_t kTokenLabel = 0x0205;
constexpr uint16_t kFirstCertificate = 0x0206;

constexpr size_t kContainers = 15;
constexpr size_t kContainerRecord = 86;

void Append16(Bytes& bytes, size_t value) {
  bytes.push_back(static_cast<uint8_t>(value >> 8));
  bytes.push_back(static_cast<uint8_t>(value));
}

void AppendName(Bytes& bytes, std::string name) {
  name.resize(8, '\0');
  bytes.insert(bytes.end(), name.begin(), name.end());
}

Bytes Compressed(const IdPrimeCertificate& certificate) {
  // RFC 1950 (zlib) and RFC 1952 (gzip): the same deflate stream, told apart by
  // the window bits.
  const int window_bits = certificate.form == IdPrimeCertificate::Form::kGzip ? 15 + 16 : 15;
  Bytes file = {0x01, 0x00, static_cast<uint8_t>(certificate.der.size()),
                static_cast<uint8_t>(certificate.der.size() >> 8)};
  z_stream stream{};
  if (deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) std::abort();
  const size_t start = file.size();
  file.resize(start + deflateBound(&stream, certificate.der.size()) + 32);
  stream.next_in = const_cast<Bytef*>(certificate.der.data());
  stream.avail_in = static_cast<uInt>(certificate.der.size());
  stream.next_out = file.data() + start;
  stream.avail_out = static_cast<uInt>(file.size() - start);
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
  file.resize(start + stream.total_out);
  deflateEnd(&stream);
  return file;
}

class Builder {
 public:
  explicit Builder(const IdPrimeImage& image) : image_(image) {}

  std::vector<CardFile> Build() {
    CardFile folder;
    Append16(folder.path, kFolder);
    folder.folder = true;
    folder.applet = true;
    folder.aid.assign(std::begin(kAid), std::end(kAid));
    files_.push_back(folder);

    Add(kCardId, "cardid", "", image_.card_id);
    Add(kCardCf, "cardcf", "", image_.cardcf);
    Add(kCardApps, "cardapps", "", Bytes{'m', 's', 'c', 'p', 0, 0, 0, 0});
    Add(kContainerMap, "cmapfile", "mscp", ContainerMap());
    Bytes label = {0x01, static_cast<uint8_t>(image_.label.size())};
    label.insert(label.end(), image_.label.begin(), image_.label.end());
    Add(kTokenLabel, "tinfo", "p11", label);
    uint16_t next = kFirstCertificate;
    for (const IdPrimeCertificate& certificate : image_.certificates) {
      const bool plain = certificate.form == IdPrimeCertificate::Form::kPlain;
      Add(next++, certificate.name, "mscp", plain ? certificate.der : Compressed(certificate));
    }
    index_.insert(index_.begin(), count_);
    index_.resize(index_.size() + 21, 0x00);  // room for one more entry
    AddFile(kIndex, index_);
    return std::move(files_);
  }

 private:
  void AddFile(uint16_t id, const Bytes& contents) {
    CardFile file;
    Append16(file.path, kFolder);
    Append16(file.path, id);
    file.contents = contents;
    files_.push_back(std::move(file));
  }

  void Add(uint16_t id, const std::string& name, const std::string& directory, const Bytes& contents) {
    ++count_;
    Append16(index_, id);
    Append16(index_, contents.size());
    AppendName(index_, name);
    AppendName(index_, directory);
    index_.push_back(0x05);
    AddFile(id, contents);
  }

  // Records of 86 bytes: GUID (80), flags, reserved, sizes in bits of the
  // signature key and of the key exchange key, little-endian.
  Bytes ContainerMap() const {
    if (!image_.container_map) return {};
    Bytes map(kContainers * kContainerRecord, 0x00);
    for (const IdPrimeCertificate& certificate : image_.certificates) {
      if (!certificate.key || certificate.name.size() < 4) continue;
      const size_t number = std::strtoul(certificate.name.c_str() + 3, nullptr, 16);
      if (number >= kContainers) continue;
      uint8_t* record = map.data() + number * kContainerRecord;
      record[0] = static_cast<uint8_t>('0' + number % 10);
      record[80] = 0x01;  // valid
      // 2,048 bits.
      record[(certificate.name.substr(0, 3) == "ksc" ? 82 : 84) + 1] = 0x08;
    }
    return map;
  }

  const IdPrimeImage& image_;
  std::vector<CardFile> files_;
  Bytes index_;
  uint8_t count_ = 0;
};

}  // namespace

std::vector<CardFile> IdPrimeFiles(const IdPrimeImage& image) { return Builder(image).Build(); }

}  // namespace kortvakt::testing
