#include "tests/unit/agent/cards/card_samples.h"

#include "absl/strings/str_format.h"

namespace kortvakt::testing {

Bytes FakeCertificate(size_t size, uint32_t seed) {
  Bytes body;
  const size_t header = size < 130 ? 2 : size < 260 ? 3 : size < 65540 ? 4 : 5;
  uint32_t state = seed * 2654435761u + 1;
  while (body.size() + header < size) {
    state = state * 1664525u + 1013904223u;
    body.push_back(static_cast<uint8_t>(state >> 24));
  }
  return Der(0x30, body);
}

std::vector<Bytes> FiveCertificates() {
  return {FakeCertificate(1690, 1), FakeCertificate(1702, 2), FakeCertificate(1655, 3),
          FakeCertificate(1660, 4), FakeCertificate(1710, 5)};
}

CardImage Pkcs15Card(const std::vector<Bytes>& certificates) {
  CardImage image;
  image.pkcs15.emplace();
  uint8_t id = 0x45;
  for (const Bytes& der : certificates) {
    Pkcs15Certificate certificate;
    certificate.der = der;
    certificate.id = {0x01, id++};
    image.pkcs15->certificates.push_back(certificate);
  }
  return image;
}

CardImage IdPrimeCard(const std::vector<Bytes>& certificates) {
  CardImage image;
  image.atr.assign(std::begin(kIdPrimeAtr), std::end(kIdPrimeAtr));
  image.idprime.emplace();
  int number = 0;
  for (const Bytes& der : certificates) {
    IdPrimeCertificate certificate;
    certificate.der = der;
    certificate.name = absl::StrFormat("kxc%02d", number++);
    image.idprime->certificates.push_back(certificate);
  }
  return image;
}

KnownCards Known(const CardContents& contents) { return {std::make_shared<const CardContents>(contents)}; }

std::vector<Bytes> Ders(const CardContents& contents) {
  std::vector<Bytes> ders;
  for (const CardCertificate& certificate : contents.certificates) ders.push_back(certificate.der);
  return ders;
}

Bytes FileOf(const CardImage& image, const Bytes& path) {
  Bytes contents;
  for (const CardFile& file : FilesOf(image)) {
    if (file.path == path) contents = file.contents;
  }
  return contents;
}

void SetFile(CardImage& image, const Bytes& path, Bytes contents) {
  CardFile file;
  file.path = path;
  file.contents = std::move(contents);
  image.files.push_back(std::move(file));
}

size_t Reads(size_t bytes) { return (bytes + 255) / 256; }

}  // namespace kortvakt::testing
