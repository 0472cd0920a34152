// The TOML form of a card image.
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/config.h"
#include "common/base/files.h"
#include "common/base/openssl_owner.h"
#include "common/base/status.h"
#include "tests/support/card/card_image.h"
#include "tests/support/card/virtual_card.h"

namespace kortvakt::testing {
namespace {

constexpr size_t kMaxFileBytes = 8u << 20;

Bytes GetHex(ConfigTable& table, std::string_view key, Bytes fallback) {
  const std::optional<std::string> text = table.FindString(key);
  if (!text) return fallback;
  absl::StatusOr<Bytes> bytes = FromHex(*text);
  if (!bytes.ok()) {
    table.Fail(key, absl::StrCat("'", std::string(key), "': ", bytes.status().message()));
    return fallback;
  }
  return *std::move(bytes);
}

uint16_t GetStatus(ConfigTable& table, std::string_view key, uint16_t fallback) {
  const Bytes bytes =
      GetHex(table, key, {static_cast<uint8_t>(fallback >> 8), static_cast<uint8_t>(fallback)});
  if (bytes.size() == 2) return static_cast<uint16_t>(bytes[0] << 8 | bytes[1]);
  table.Fail(key, absl::StrCat("'", std::string(key), "' must be four hexadecimal digits"));
  return fallback;
}

// One of `names`, as the enumerator at the same place.
template <typename Enum>
Enum GetEnum(ConfigTable& table, std::string_view key, const std::vector<std::string>& names, Enum fallback) {
  const std::string chosen = table.GetChoice(key, names[static_cast<size_t>(fallback)], names);
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == chosen) return static_cast<Enum>(i);
  }
  return fallback;
}

Bytes GetCertificate(ConfigTable& table, const std::filesystem::path& folder) {
  const std::string name = table.RequireString("file");
  if (name.empty()) return {};
  const absl::StatusOr<std::string> text = ReadFile((folder / name).string(), kMaxFileBytes);
  if (!text.ok()) {
    table.Fail("file", absl::StrCat("'file': ", text.status().message()));
    return {};
  }
  if (text->find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
    return Bytes(text->begin(), text->end());
  }
  const BioPtr bio(BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
  const X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) {
    table.Fail("file", absl::StrCat("'file': '", name, "' holds no certificate"));
    return {};
  }
  Bytes der(static_cast<size_t>(i2d_X509(certificate.get(), nullptr)));
  uint8_t* end = der.data();
  i2d_X509(certificate.get(), &end);
  return der;
}

Pkcs15Image GetPkcs15(ConfigTable table, const std::filesystem::path& folder) {
  Pkcs15Image image;
  image.serial = GetHex(table, "serial", image.serial);
  image.label = table.GetString("label", image.label);
  image.manufacturer = table.GetString("manufacturer", image.manufacturer);
  image.aid = GetHex(table, "aid", image.aid);
  image.df = GetHex(table, "df", image.df);
  image.select_by_aid = table.GetBool("select_by_aid", image.select_by_aid);
  image.ef_dir = GetEnum(table, "ef_dir", {"transparent", "record", "absent"}, image.ef_dir);
  image.padding = static_cast<uint8_t>(table.GetInt("padding", image.padding, 0, 255));
  image.file_size = static_cast<size_t>(table.GetInt("file_size", 0, 0, 1 << 20));
  image.absolute_paths = table.GetChoice("paths", "absolute", {"absolute", "relative"}) == "absolute";
  image.token_info = table.GetBool("token_info", image.token_info);
  image.names_pin = table.GetBool("names_pin", image.names_pin);
  for (ConfigTable& entry : table.GetTables("certificate")) {
    Pkcs15Certificate certificate;
    certificate.der = GetCertificate(entry, folder);
    certificate.label = entry.GetString("label", certificate.label);
    certificate.id = GetHex(entry, "id", certificate.id);
    certificate.directory =
        GetEnum(entry, "directory", {"certificates", "trusted", "useful"}, certificate.directory);
    certificate.form = GetEnum(entry, "form", {"file", "window", "direct"}, certificate.form);
    certificate.key = entry.GetBool("key", certificate.key);
    image.certificates.push_back(std::move(certificate));
  }
  return image;
}

IdPrimeImage GetIdPrime(ConfigTable table, const std::filesystem::path& folder) {
  IdPrimeImage image;
  image.card_id = GetHex(table, "card_id", image.card_id);
  image.cardcf = GetHex(table, "cardcf", image.cardcf);
  image.label = table.GetString("label", image.label);
  image.container_map = table.GetBool("container_map", image.container_map);
  for (ConfigTable& entry : table.GetTables("certificate")) {
    IdPrimeCertificate certificate;
    certificate.der = GetCertificate(entry, folder);
    certificate.name = entry.GetString("name", certificate.name);
    if (certificate.name.size() != 5) entry.Fail("name", "'name' must be as 'kxc00' or 'ksc00'");
    certificate.form = GetEnum(entry, "form", {"plain", "zlib", "gzip"}, certificate.form);
    certificate.key = entry.GetBool("key", certificate.key);
    image.certificates.push_back(std::move(certificate));
  }
  return image;
}

CardFile GetFile(ConfigTable& table) {
  CardFile file;
  file.path = GetHex(table, "path", {});
  if (file.path.empty() || file.path.size() % 2 != 0) {
    table.Fail("path", "'path' must be file identifiers of four hexadecimal digits each");
  }
  file.contents = GetHex(table, "hex", {});
  for (const std::string& text : table.GetStrings("records")) {
    const absl::StatusOr<Bytes> record = FromHex(text);
    if (!record.ok()) table.Fail("records", absl::StrCat("'records': ", record.status().message()));
    file.records.push_back(record.value_or(Bytes{}));
  }
  file.folder = table.GetBool("folder", false);
  file.aid = GetHex(table, "aid", {});
  file.select_status = GetStatus(table, "select_status", 0x9000);
  file.read_status = GetStatus(table, "read_status", 0x9000);
  return file;
}

}  // namespace

absl::StatusOr<CardImage> LoadCardImage(const std::string& path) {
  ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Open(path));
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  ConfigTable root = file.Root();
  CardImage image;
  if (root.Has("idprime") && !root.Has("pkcs15")) {
    image.atr.assign(std::begin(kIdPrimeAtr), std::end(kIdPrimeAtr));
  }
  image.atr = GetHex(root, "atr", image.atr);
  image.t0 = root.GetChoice("protocol", "T=0", {"T=0", "T=1"}) == "T=0";
  image.extended_length = root.GetBool("extended_length", false);
  image.largest_answer = static_cast<size_t>(root.GetInt("largest_answer", 256, 1, 256));
  image.past_end =
      GetEnum(root, "past_end", {"default", "6C", "9000", "6282", "6700", "6B00"}, image.past_end);
  image.refuses_p2_0c = root.GetBool("refuses_p2_0c", false);
  image.pin = root.GetString("pin", image.pin);
  image.forgets_pin_at_select = root.GetBool("forgets_pin_at_select", false);
  if (root.Has("pkcs15")) image.pkcs15 = GetPkcs15(root.GetTable("pkcs15"), folder);
  if (root.Has("idprime")) image.idprime = GetIdPrime(root.GetTable("idprime"), folder);
  for (ConfigTable& entry : root.GetTables("file")) image.files.push_back(GetFile(entry));
  for (ConfigTable& entry : root.GetTables("data")) {
    image.data.push_back({GetStatus(entry, "tag", 0), GetHex(entry, "hex", {})});
  }
  for (ConfigTable& entry : root.GetTables("fault")) {
    image.faults.push_back({static_cast<size_t>(entry.GetInt("at", 0, 0, 1 << 20)),
                            static_cast<size_t>(entry.GetInt("count", 1, 0, 1 << 20)),
                            GetHex(entry, "answer", {})});
  }
  RETURN_IF_ERROR(file.Finish());
  return image;
}

absl::StatusOr<std::unique_ptr<VirtualCard>> LoadVirtualCard(const std::string& path) {
  ASSIGN_OR_RETURN(CardImage image, LoadCardImage(path));
  return MakeVirtualCard(std::move(image));
}

}  // namespace kortvakt::testing
