// Files of a PKCS#15 card that lie.
#include <functional>
#include <utility>

#include "tests/unit/agent/cards/card_samples.h"
#include "tests/unit/agent/cards/hostile_cases.h"

namespace kortvakt::testing {
namespace {

const Bytes kTokenInfo = {0x50, 0x15, 0x50, 0x32};
const Bytes kOdf = {0x50, 0x15, 0x50, 0x31};
const Bytes kPrkdf = {0x50, 0x15, 0x44, 0x02};
const Bytes kCdf = {0x50, 0x15, 0x44, 0x04};
const Bytes kFirst = {0x3F, 0x00, 0x50, 0x15, 0x46, 0x01};  // the login certificate, as entries name it
const Bytes kSecond = {0x50, 0x15, 0x46, 0x02};             // the signature certificate

// An entry of EF(CDF) for a certificate in `path`, followed by `extra` in its Path.
Bytes Entry(const Bytes& path, const Bytes& extra = {}) {
  Bytes inner = Der(0x04, path);
  inner.insert(inner.end(), extra.begin(), extra.end());
  Bytes object = Der(0x30, Bytes{});
  // The identifier of the first certificate's key.
  for (const Bytes& part :
       {Der(0x30, Der(0x04, Bytes{0x01, 0x45})), Der(0xA1, Der(0x30, Der(0x30, inner)))}) {
    object.insert(object.end(), part.begin(), part.end());
  }
  return Der(0x30, object);
}

Bytes Repeated(const Bytes& entry, size_t count) {
  Bytes all;
  for (size_t i = 0; i < count; ++i) all.insert(all.end(), entry.begin(), entry.end());
  return all;
}

Bytes Nested(int depth) {
  Bytes nested;
  for (; depth > 0; --depth) nested = Der(0x30, nested);
  return nested;
}

class Table {
 public:
  HostileCase& Add(std::string name, const char* findings, std::string evidence, size_t good,
                   const std::function<void(CardImage&)>& change) {
    HostileCase& test = cases_.emplace_back();
    test.name = "Pkcs15" + std::move(name);
    test.image = Pkcs15Card(GoodCertificates());
    change(test.image);
    test.findings = findings;
    test.evidence = std::move(evidence);
    test.good = good;
    return test;
  }
  // The same, with only the contents of one file changed.
  HostileCase& File(std::string name, const char* findings, std::string evidence, size_t good,
                    const Bytes& path, const Bytes& contents) {
    return Add(std::move(name), findings, std::move(evidence), good,
               [&](CardImage& image) { SetFile(image, path, contents); });
  }
  HostileCase& Refused(std::string name, const char* findings, std::string evidence, size_t good,
                       const Bytes& path, uint16_t select, uint16_t read) {
    return Add(std::move(name), findings, std::move(evidence), good,
               [&](CardImage& image) { RefuseFile(image, path, select, read); });
  }
  std::vector<HostileCase> Take() { return std::move(cases_); }

 private:
  std::vector<HostileCase> cases_;
};

void AddCertificateFiles(Table& table) {
  const Bytes& second = GoodCertificates()[1];
  table.Refused("CertificateRefused", kPartlyUnreadable, "EF 50154602: status word 6982", 4, kSecond, 0x9000,
                0x6982);
  table.Refused("CertificateRefusedByNothing", kPartlyUnreadable, "EF 50154602: status word 0000", 4, kSecond,
                0x9000, 0x0000);
  table.Refused("PathToNowhere", kPartlyUnreadable, "EF 50154602: status word 6A82", 4, kSecond, 0x6A82,
                0x9000);
  table.Add("PathToAFolder", kPartlyUnreadable, "EF 50154602: status word 6986", 4, [](CardImage& image) {
    CardFile folder;
    folder.path = kSecond;
    folder.folder = true;
    image.files.push_back(folder);
  });
  table.File("CertificateOf0Bytes", kPartlyUnreadable, "the file is empty", 4, kSecond, {});
  table.File("CertificateOf1Byte", kPartlyUnreadable, "not a certificate", 4, kSecond, {0x30});
  table.File("CertificatePaddingOnly", kPartlyUnreadable, "only padding", 4, kSecond, Bytes(1024, 0xFF));
  table.File("CertificateCut", kPartlyUnreadable, "the file ends after 300", 4, kSecond,
             Bytes(second.begin(), second.begin() + 300));
  table.File("CertificateOf4GiB", kPartlyUnreadable, "4294967301 bytes", 4, kSecond,
             {0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3});
  table.File("CertificateOf2GiB", kPartlyUnreadable, "the limit is 65536", 4, kSecond,
             {0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF});
  table.File("CertificateOfIndefiniteLength", kPartlyUnreadable, "not a certificate", 4, kSecond,
             {0x30, 0x80, 0x30, 0x80, 0, 0});
  table.File("CertificateIsNoise", kPartlyUnreadable, "EF 50154602", 4, kSecond, FakeCertificate(700, 1));
  table.File("CertificateDerBomb", kPartlyUnreadable, "EF 50154602", 4, kSecond, Nested(2000));
  table.File("SameCertificateInTwoFiles", "", "", 4, kSecond, GoodCertificates()[0]);
}

void AddDirectories(Table& table) {
  const char* const bad = kUnreadable;
  table.Refused("DirectoryMissing", bad, "EF.CDF 50154404: status word 6A82", 0, kCdf, 0x6A82, 0x9000);
  table.Refused("DirectoryRefused", bad, "EF.CDF 50154404: status word 6982", 0, kCdf, 0x9000, 0x6982);
  table.Refused("ObjectDirectoryRefused", bad, "EF.ODF 5031: status word 6982", 0, kOdf, 0x9000, 0x6982);
  table.File("ObjectDirectoryGarbage", bad, "entry 1", 0, kOdf, Bytes(300, 0xA4));
  table.File("DirectoryLengthBomb", bad, "entry 1", 0, kCdf, {0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF, 0x30});
  table.File("DirectoryDerBomb", bad, "entry 1", 0, kCdf, Nested(2000));
  Bytes cut = Entry(kFirst);
  cut.insert(cut.end(), {0x30, 0x40, 0x30});
  table.File("LastEntryCut", kPartlyUnreadable, "entry 2", 1, kCdf, cut);
  table.File("EmptyPath", bad, "a path of 0 bytes", 0, kCdf, Entry({}));
  table.File("OddPath", bad, "a path of 1 bytes", 0, kCdf, Entry({0x50}));
  table.File("PathOf80Bytes", bad, "a path of 80 bytes", 0, kCdf, Entry(Bytes(80, 0x50)));
  table.File("IndexOf2GiB", bad, "offset 2147483647", 0, kCdf,
             Entry({0x46, 0x01}, Der(0x02, Bytes{0x7F, 0xFF, 0xFF, 0xFF})));
  table.File("NegativeIndex", bad, "out of range", 0, kCdf, Entry({0x46, 0x01}, Der(0x02, Bytes{0xFF})));
  Bytes window = Der(0x02, Bytes{0});
  const Bytes length = Der(0x80, Bytes{0x7F, 0xFF, 0xFF, 0xFF});
  window.insert(window.end(), length.begin(), length.end());
  table.File("LyingWindowLength", "", "", 1, kCdf, Entry(kFirst, window));
  // 24 KB of directory; the certificate is read once.
  table.File("ThousandEntriesForOneFile", "", "", 1, kCdf, Repeated(Entry(kFirst), 1000));
  table.File("ThousandEntriesForNothing", bad, "EF 5015460F: status word 6A82", 0, kCdf,
             Repeated(Entry({0x3F, 0x00, 0x50, 0x15, 0x46, 0x0F}), 1000));
  table.File("TokenInfoGarbage", "", "", 5, kTokenInfo, Bytes(90, 0x41));
  table.File("KeyDirectoryGarbage", "", "", 5, kPrkdf, Bytes(90, 0x41));
  table.Refused("KeyDirectoryRefused", "", "", 5, kPrkdf, 0x9000, 0x6982);
}

void AddManyCertificates(Table& table) {
  const auto many = [](size_t count) {
    return [count](CardImage& image) {
      std::vector<Bytes> certificates = {GoodCertificates()[0]};
      while (certificates.size() < count) certificates.push_back(IssuedByHsaCa(SignatureSpec()));
      image = Pkcs15Card(certificates);
      // Two bytes tell no more than 256 apart.
      for (size_t i = 0; i < count; ++i) {
        image.pkcs15->certificates[i].id = {0x01, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)};
      }
    };
  };
  HostileCase& fine = table.Add("TwoHundredCertificates", "", "", 200, many(200));
  fine.most_commands = 1200;
  fine.most_memory = 2u << 20;
  HostileCase& too_many =
      table.Add("ThreeHundredCertificates", kPartlyUnreadable, "more than 256", 256, many(300));
  too_many.most_commands = 1500;
  too_many.most_memory = 2u << 20;
  const auto large = [](CardImage& image) {
    std::vector<Bytes> certificates;
    for (uint32_t i = 0; i < 64; ++i) certificates.push_back(FakeCertificate(32'000, i));
    image = Pkcs15Card(certificates);
  };
  HostileCase& commands = table.Add("MoreCommandsThanTheBudget", kUnreadable, "too many commands", 0, large);
  commands.budget.time = absl::Minutes(1);  // or the time is used up first
  commands.most_commands = commands.budget.commands;
  commands.most_memory = 4u << 20;
  HostileCase& bytes = table.Add("MoreBytesThanTheBudget", kUnreadable, "too many bytes", 0, large);
  bytes.budget.bytes = 100'000;
  bytes.most_commands = 450;
}

}  // namespace

std::vector<HostileCase> HostilePkcs15Files() {
  Table table;
  AddCertificateFiles(table);
  AddDirectories(table);
  AddManyCertificates(table);
  return table.Take();
}

}  // namespace kortvakt::testing
