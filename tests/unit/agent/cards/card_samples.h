// Sample cards for the tests of the card drivers.
#pragma once

#include <vector>

#include "agent/cards/card_reader.h"
#include "tests/support/card/card_image.h"
#include "tests/support/card/direct_session.h"

namespace kortvakt::testing {

// A SEQUENCE of `size` bytes in all that looks like a certificate to a driver,
// which decodes nothing; contents differ by `seed` and do not compress well.
Bytes FakeCertificate(size_t size, uint32_t seed);

// Sizes of the five certificates of the sample cards: 8.4 KB in all.
std::vector<Bytes> FiveCertificates();

// Cards with these certificates, each with its key, T=0.
CardImage Pkcs15Card(const std::vector<Bytes>& certificates);
CardImage IdPrimeCard(const std::vector<Bytes>& certificates);

// `contents` as what a card is known by.
KnownCards Known(const CardContents& contents);

// DER of the certificates that were read, in order.
std::vector<Bytes> Ders(const CardContents& contents);

// Contents of a card's file as it is made; empty: it has none such.
Bytes FileOf(const CardImage& image, const Bytes& path);
// Replaces or adds one.
void SetFile(CardImage& image, const Bytes& path, Bytes contents);

// READ BINARY commands of at most 256 bytes for so many bytes.
size_t Reads(size_t bytes);

}  // namespace kortvakt::testing
