// kortvakt-test-pki: writes a throw-away PKI, TLS material and card images into a
// folder, for the demo and the system tests. What it writes:
//
//   OUT/cas/ID.pem        the CAs of a PKI of SITHS's shape; ID as in the catalogue
//   OUT/catalogue.toml    the same as a CA catalogue
//   OUT/tls/NAME.pem .key ca (certificate only), collector, workstation, operator, reader
//   OUT/cards/NAME.toml   card images (tests/support/card/card_image.h): see demo_cards.h
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "tests/support/pki/demo_cards.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt::testing {
namespace {

absl::Status WritePair(const std::string& folder, const std::string& name, const Issued& issued) {
  RETURN_IF_ERROR(WriteFileDurably(absl::StrCat(folder, "/", name, ".pem"), issued.pem, 0644));
  return WriteFileDurably(absl::StrCat(folder, "/", name, ".key"), issued.key_pem, 0600);
}

absl::Status WriteTls(const std::string& folder, const std::vector<std::string>& workstations) {
  const TlsPki tls("Kortvakt Demo TLS CA");
  RETURN_IF_ERROR(WriteFileDurably(folder + "/ca.pem", tls.ca().pem, 0644));
  RETURN_IF_ERROR(WritePair(folder, "collector", tls.Server({"localhost"}, {"127.0.0.1", "::1"})));
  for (size_t i = 0; i < workstations.size(); ++i) {
    const std::string name = i == 0 ? "workstation" : absl::StrCat("workstation-", i + 1);
    RETURN_IF_ERROR(WritePair(folder, name, tls.Workstation(workstations[i])));
  }
  RETURN_IF_ERROR(WritePair(folder, "operator", tls.Operator("operator")));
  return WritePair(folder, "reader", tls.Operator("reader"));
}

absl::Status WriteAll(const std::string& out, absl::Time now, const std::vector<std::string>& workstations) {
  std::error_code error;
  for (const char* folder : {"cas", "tls", "cards"}) {
    std::filesystem::create_directories(out + "/" + folder, error);
    if (error) return ErrnoStatus(error.value(), absl::StrCat("making ", out, "/", folder));
  }
  SithsLikePki::Options options;
  options.person_key = {KeySpec::Type::kRsa, 2048, 65537, ""};
  const SithsLikePki pki(options);
  for (const auto& [id, ca] : pki.NamedCas()) {
    RETURN_IF_ERROR(WriteFileDurably(absl::StrCat(out, "/cas/", id, ".pem"), ca->pem, 0644));
  }
  RETURN_IF_ERROR(WriteFileDurably(out + "/catalogue.toml", pki.CatalogueToml(), 0644));
  RETURN_IF_ERROR(WriteTls(out + "/tls", workstations));
  return WriteDemoCards(pki, out + "/cards", now);
}

int Run(int argc, char** argv) {
  CLI::App app("Writes a throw-away PKI, TLS material and card images for tests and the demo.");
  std::string out;
  std::string now_text;
  std::vector<std::string> workstations = {"00000000-0000-4000-8000-000000000001"};
  app.add_option("OUT", out, "folder to write to")->required();
  app.add_option("--now", now_text, "moment that the cards' dates are relative to (RFC 3339); default: now");
  app.add_option("--workstation", workstations,
                 "UUID of a workstation; given again: workstation-2.pem and so on");
  CLI11_PARSE(app, argc, argv);
  const absl::StatusOr<absl::Time> now = now_text.empty() ? absl::Now() : ParseTime(now_text);
  const absl::Status status = now.ok() ? WriteAll(out, *now, workstations) : now.status();
  if (status.ok()) return 0;
  std::fprintf(stderr, "kortvakt-test-pki: %s\n", std::string(status.message()).c_str());
  return 2;
}

}  // namespace
}  // namespace kortvakt::testing

int main(int argc, char** argv) { return kortvakt::testing::Run(argc, argv); }
