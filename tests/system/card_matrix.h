// The virtual cards that several independent programs read.
#pragma once

#include <string>
#include <vector>

namespace kortvakt::testing {

// A card, and what is expected of each program. Certificate N of all is "N.der".
struct MatrixCard {
  std::string family;
  std::string feature;
  std::string image;                 // see card_image.h
  std::vector<size_t> certificates;  // that we read, in order
  // Why the program does not read the same certificates; empty: it does.
  std::string opensc;
  std::string scdaemon;

  // Its line in docs/cards.md.
  std::string Line() const;
};

inline constexpr size_t kMatrixCertificates = 4;

std::vector<MatrixCard> MatrixCards();

}  // namespace kortvakt::testing
