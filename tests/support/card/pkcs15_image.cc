// The files of an ISO/IEC 7816-15 (PKCS#15 v1.1) application.
#include <initializer_list>

#include "tests/support/card/card_image.h"

namespace kortvakt::testing {
namespace {

constexpr uint8_t kInteger = 0x02;
constexpr uint8_t kBitString = 0x03;
constexpr uint8_t kOctetString = 0x04;
constexpr uint8_t kEnumerated = 0x0A;
constexpr uint8_t kUtf8String = 0x0C;
constexpr uint8_t kSequence = 0x30;

// File identifiers: ODF and TokenInfo are PKCS#15's own (v1.1, section 5.5), the
// others are this card's choice.
constexpr uint16_t kOdf = 0x5031;
constexpr uint16_t kTokenInfo = 0x5032;
constexpr uint16_t kAuthObjects = 0x4401;
constexpr uint16_t kPrivateKeys = 0x4402;
constexpr uint16_t kCertificates = 0x4404;
constexpr uint16_t kTrustedCertificates = 0x4405;
constexpr uint16_t kUsefulCertificates = 0x4406;
constexpr uint16_t kWindowFile = 0x4501;
constexpr uint16_t kFirstCertificate = 0x4601;

const Bytes kPinId = {0x01};

Bytes Join(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Bytes Text(uint8_t tag, const std::string& text) { return Der(tag, AsBytes(text)); }

Bytes Integer(size_t value) {
  Bytes digits;
  do {
    digits.insert(digits.begin(), static_cast<uint8_t>(value & 0xFF));
    value >>= 8;
  } while (value != 0);
  if (digits[0] & 0x80) digits.insert(digits.begin(), 0x00);
  return digits;
}

Bytes FileId(uint16_t id) { return {static_cast<uint8_t>(id >> 8), static_cast<uint8_t>(id)}; }

class Builder {
 public:
  explicit Builder(const Pkcs15Image& image) : image_(image) {}

  std::vector<CardFile> Build() {
    CardFile folder;
    folder.path = image_.df;
    folder.folder = true;
    folder.aid = image_.aid;
    folder.select_by_aid = image_.select_by_aid;
    files_.push_back(folder);
    AddEfDir();
    if (image_.token_info) Add(kTokenInfo, TokenInfo());
    Add(kOdf, Odf());
    Add(kAuthObjects, image_.names_pin ? AuthObject() : Bytes{});
    Add(kPrivateKeys, PrivateKeys());
    AddCertificates();
    return std::move(files_);
  }

 private:
  using Directory = Pkcs15Certificate::Directory;

  Bytes FullPath(uint16_t id) const { return Join({image_.df, FileId(id)}); }

  // Path as the card's directories write it (PKCS#15 v1.1, 6.1.5 "Path").
  Bytes WrittenPath(uint16_t id) const {
    return image_.absolute_paths ? Join({{0x3F, 0x00}, FullPath(id)}) : FileId(id);
  }

  Bytes PathElement(uint16_t id) const { return Der(kSequence, Der(kOctetString, WrittenPath(id))); }

  void Add(uint16_t id, Bytes contents) {
    CardFile file;
    file.path = FullPath(id);
    file.contents = std::move(contents);
    if (file.contents.size() < image_.file_size) file.contents.resize(image_.file_size, image_.padding);
    files_.push_back(std::move(file));
  }

  void AddEfDir() {
    if (image_.ef_dir == Pkcs15Image::EfDir::kAbsent) return;
    const Bytes entry =
        Der(0x61,
            Join({Der(0x4F, image_.aid), Text(0x50, "PKCS#15"), Der(0x51, Join({{0x3F, 0x00}, image_.df}))}));
    CardFile file;
    file.path = {0x2F, 0x00};
    if (image_.ef_dir == Pkcs15Image::EfDir::kRecord) {
      file.records = {entry};
    } else {
      file.contents = entry;
    }
    files_.push_back(std::move(file));
  }

  Bytes TokenInfo() const {
    return Der(kSequence,
               Join({Der(kInteger, Bytes{0}), Der(kOctetString, image_.serial),
                     image_.manufacturer.empty() ? Bytes{} : Text(kUtf8String, image_.manufacturer),
                     image_.label.empty() ? Bytes{} : Text(0x80, image_.label),
                     Der(kBitString, Bytes{0x04, 0x10})}));
  }

  bool Has(Directory directory) const {
    for (const Pkcs15Certificate& certificate : image_.certificates) {
      if (certificate.directory == directory) return true;
    }
    return false;
  }

  Bytes Odf() const {
    return Join({Der(0xA8, PathElement(kAuthObjects)), Der(0xA0, PathElement(kPrivateKeys)),
                 Der(0xA4, PathElement(kCertificates)),
                 Has(Directory::kTrusted) ? Der(0xA5, PathElement(kTrustedCertificates)) : Bytes{},
                 Has(Directory::kUseful) ? Der(0xA6, PathElement(kUsefulCertificates)) : Bytes{}});
  }

  Bytes AuthObject() const {
    const Bytes attributes =
        Join({Der(kBitString, Bytes{0x04, 0x30}), Der(kEnumerated, Bytes{1}), Der(kInteger, Bytes{6}),
              Der(kInteger, Bytes{8}), Der(kInteger, Bytes{8}), Der(0x80, Bytes{1})});
    return Der(kSequence,
               Join({Der(kSequence, Join({Text(kUtf8String, "PIN 1"), Der(kBitString, Bytes{6, 0xC0})})),
                     Der(kSequence, Der(kOctetString, kPinId)), Der(0xA1, Der(kSequence, attributes))}));
  }

  Bytes PrivateKeys() const {
    Bytes directory;
    size_t reference = 0;
    for (const Pkcs15Certificate& certificate : image_.certificates) {
      ++reference;
      if (!certificate.key) continue;
      const Bytes label = Text(kUtf8String, certificate.label);
      const Bytes common = image_.names_pin
                               ? Join({label, Der(kBitString, Bytes{7, 0x80}), Der(kOctetString, kPinId)})
                               : label;
      const Bytes key = Join({Der(kOctetString, certificate.id), Der(kBitString, Bytes{5, 0x20}),
                              Der(kInteger, Integer(reference))});
      const Bytes rsa =
          Join({Der(kSequence, Der(kOctetString, WrittenPath(kOdf))), Der(kInteger, Integer(2048))});
      directory = Join({directory, Der(kSequence, Join({Der(kSequence, common), Der(kSequence, key),
                                                        Der(0xA1, Der(kSequence, rsa))}))});
    }
    return directory;
  }

  // CertificateObject (PKCS#15 v1.1, 6.6) with `value`: a Path, or [0] the certificate.
  static Bytes Entry(const Pkcs15Certificate& certificate, const Bytes& value) {
    return Der(kSequence,
               Join({Der(kSequence, Text(kUtf8String, certificate.label)),
                     Der(kSequence, Der(kOctetString, certificate.id)), Der(0xA1, Der(kSequence, value))}));
  }

  void AddCertificates() {
    Bytes directories[3];
    Bytes window;
    uint16_t next = kFirstCertificate;
    for (const Pkcs15Certificate& certificate : image_.certificates) {
      Bytes value;
      switch (certificate.form) {
        case Pkcs15Certificate::Form::kFile:
          value = PathElement(next);
          Add(next++, certificate.der);
          break;
        case Pkcs15Certificate::Form::kWindow:
          value = Der(kSequence, Join({Der(kOctetString, WrittenPath(kWindowFile)),
                                       Der(kInteger, Integer(window.size())),
                                       Der(0x80, Integer(certificate.der.size()))}));
          window = Join({window, certificate.der});
          break;
        case Pkcs15Certificate::Form::kDirect:
          value = Der(0xA0, certificate.der);
          break;
      }
      Bytes& directory = directories[static_cast<size_t>(certificate.directory)];
      directory = Join({directory, Entry(certificate, value)});
    }
    if (!window.empty()) Add(kWindowFile, window);
    Add(kCertificates, directories[static_cast<size_t>(Directory::kCertificates)]);
    if (Has(Directory::kTrusted)) {
      Add(kTrustedCertificates, directories[static_cast<size_t>(Directory::kTrusted)]);
    }
    if (Has(Directory::kUseful)) {
      Add(kUsefulCertificates, directories[static_cast<size_t>(Directory::kUseful)]);
    }
  }

  const Pkcs15Image& image_;
  std::vector<CardFile> files_;
};

}  // namespace

std::vector<CardFile> Pkcs15Files(const Pkcs15Image& image) { return Builder(image).Build(); }

}  // namespace kortvakt::testing
