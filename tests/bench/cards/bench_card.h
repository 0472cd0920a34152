// The virtual cards that the benchmark reads.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt::testing {

struct BenchCard {
  // How card and reader talk. The virtual reader's driver does not tell of extended
  // length, so that our programs use it on no real pcscd here: they then speak to
  // the same virtual card directly, and OpenSC is told by its configuration.
  enum class Link { kT0, kT1, kT1Extended };
  CardFamily family = CardFamily::kPkcs15;
  Link link = Link::kT0;
  size_t certificates = 5;
  // Bytes that a PKCS#15 card's files have at least, filled up with FF; 0: as many as
  // their contents. Cards in use are thought to leave room, OpenSC then reads it all.
  size_t file_size = 0;

  // "PKCS#15, T=0".
  std::string Kind() const;
  // "PKCS#15, T=0, 5 certificates".
  std::string Name() const { return absl::StrCat(Kind(), ", ", certificates, " certificates"); }
};

// Every family and link, and one layout with room in its files, with 2 and 5 certificates.
std::vector<BenchCard> BenchCards();

// Answer to reset (hex) of the IDPrime 940 behind T=1, which OpenSC 0.23 does not
// know; its configuration can name the driver.
inline constexpr char kIdPrimeT1Atr[] = "3BFF9600008131FE4380318065B0855956FB120FFE82900000";

// Writes certificates and card images ("0.toml", ...) into `folder`; returns the images' paths in order.
absl::StatusOr<std::vector<std::string>> WriteBenchCards(const std::vector<BenchCard>& cards,
                                                         const std::string& folder);

}  // namespace kortvakt::testing
