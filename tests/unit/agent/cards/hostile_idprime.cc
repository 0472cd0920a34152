// Files of an IDPrime card that lie.
#include <zlib.h>

#include <functional>
#include <utility>

#include "tests/unit/agent/cards/card_samples.h"
#include "tests/unit/agent/cards/hostile_cases.h"

namespace kortvakt::testing {
namespace {

const Bytes kIndex = {0x1D, 0x00, 0x01, 0x01};
const Bytes kSecond = {0x1D, 0x00, 0x02, 0x07};  // the signature certificate

// 01 00, the plain length that is said, and a zlib stream of `plain`.
Bytes Compressed(const Bytes& plain, size_t said) {
  uLongf size = compressBound(plain.size());
  Bytes stream(size);
  if (compress2(stream.data(), &size, plain.data(), plain.size(), 9) != Z_OK) std::abort();
  Bytes file = {0x01, 0x00, static_cast<uint8_t>(said), static_cast<uint8_t>(said >> 8)};
  file.insert(file.end(), stream.begin(), stream.begin() + static_cast<ptrdiff_t>(size));
  return file;
}

}  // namespace

std::vector<HostileCase> HostileIdPrimeFiles() {
  std::vector<HostileCase> cases;
  const auto add = [&](std::string name, const char* findings, std::string evidence, size_t good,
                       const std::function<void(CardImage&)>& change) {
    HostileCase& test = cases.emplace_back();
    test.name = "IdPrime" + std::move(name);
    test.image = IdPrimeCard(GoodCertificates());
    change(test.image);
    test.findings = findings;
    test.evidence = std::move(evidence);
    test.good = good;
  };
  // The index says how long files are, so what is in one may not be longer than said.
  const auto second = [&](std::string name, std::string evidence, Bytes contents) {
    add(std::move(name), kPartlyUnreadable, std::move(evidence), 4, [&contents](CardImage& image) {
      image.idprime->certificates[1].der = contents;
      image.idprime->certificates[1].form = IdPrimeCertificate::Form::kPlain;
    });
  };
  const Bytes& plain = GoodCertificates()[1];

  add("IndexRefused", kUnreadable, "index 0101: status word 6982", 0,
      [](CardImage& image) { RefuseFile(image, kIndex, 0x9000, 0x6982); });
  add("IndexEmpty", kUnreadable, "the file is empty", 0,
      [](CardImage& image) { SetFile(image, kIndex, {}); });
  add("IndexCountTooHigh", "", "", 5, [](CardImage& image) {
    Bytes index = FileOf(image, kIndex);
    index[0] = 255;
    SetFile(image, kIndex, index);
  });
  add("ThousandEntriesForOneFile", "", "", 1, [](CardImage& image) {
    // As many as the count can say, all for the first certificate.
    const Bytes index = FileOf(image, kIndex);
    const Bytes entry(index.begin() + 1 + 5 * 21, index.begin() + 1 + 6 * 21);
    Bytes lying = {0xFF};
    for (int i = 0; i < 1000; ++i) lying.insert(lying.end(), entry.begin(), entry.end());
    SetFile(image, kIndex, lying);
  });
  add("SizesOf65535", "", "", 5, [](CardImage& image) {
    Bytes index = FileOf(image, kIndex);
    for (size_t entry = 5; entry < 10; ++entry) {
      index[1 + entry * 21 + 2] = 0xFF;
      index[1 + entry * 21 + 3] = 0xFF;
    }
    SetFile(image, kIndex, index);
  });
  add("CertificateRefused", kPartlyUnreadable, "kxc01 0207: status word 6982", 4,
      [](CardImage& image) { RefuseFile(image, kSecond, 0x9000, 0x6982); });
  add("PathToNowhere", kPartlyUnreadable, "kxc01 0207: status word 6A82", 4,
      [](CardImage& image) { RefuseFile(image, kSecond, 0x6A82, 0x9000); });
  add("CertificateOf0Bytes", kPartlyUnreadable, "kxc01 0207: the file is empty", 4,
      [](CardImage& image) { SetFile(image, kSecond, {}); });
  second("CertificateOf4GiB", "kxc01 0207", {0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3});
  second("CertificateNotCompressed", "kxc01 0207: not a certificate", Bytes(702, 0x01));
  Bytes noise(702, 0x55);
  noise[0] = 0x01, noise[1] = 0x00;
  second("StreamDamaged", "damaged", noise);
  Bytes cut = Compressed(plain, plain.size());
  cut.resize(cut.size() - 20);
  second("StreamCut", "cut off", cut);
  second("StreamShorterThanSaid", "bytes it says", Compressed(plain, plain.size() + 1));
  // 30 MB of zeros in 30 KB, behind a header that says 16 bytes, or as much as it can.
  const Bytes zeros(30'000'000, 0x00);
  second("ZlibBomb", "not of the 16 bytes", Compressed(zeros, 16));
  second("LargestZlibBomb", "not of the 65535 bytes", Compressed(zeros, 65535));
  second("CompressedDerBomb", "reading kxc01: decoding a certificate",
         Compressed(Bytes(60'000, 0x30), 60'000));
  return cases;
}

}  // namespace kortvakt::testing
