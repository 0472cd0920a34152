// Cards that lie, break off, never end, or hold what no card should: what becomes
// of each. One table, in files by what is wrong.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "agent/pcsc/card_channel.h"
#include "tests/support/card/card_image.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt::testing {

// Something that happens at a command, counted from 0 since the card was made, and
// holds from then on.
struct HostileMoment {
  enum class Kind {
    kGone,    // the card is pulled
    kSilent,  // it never answers: its driver gives up after 30 s
    kSlow,    // each answer takes 3 s
    kMute,    // it does not answer to reset when it is connected to; `at` is 0
  };
  Kind kind = Kind::kGone;
  size_t at = 0;
};

struct HostileCase {
  std::string name = {};
  CardImage image = {};
  // What is found, one a line: "CARD_UNREADABLE info\n".
  std::string findings = {};
  // Part of the first one's evidence.
  std::string evidence = {};
  // Certificates that are reported; each is one of the card's own, whole.
  size_t good = 0;
  std::optional<HostileMoment> moment = {};
  CardBudget budget = {};
  // Bounds: of APDUs, of the time that the service is waited for in all beyond 5 ms for each
  // of these, and of bytes held at once.
  size_t most_commands = 300;
  absl::Duration most_silence = absl::ZeroDuration();
  size_t most_memory = 1u << 20;
};

inline constexpr char kUnreadable[] = "CARD_UNREADABLE warning\n";
// A valid login certificate was read.
inline constexpr char kPartlyUnreadable[] = "CARD_UNREADABLE info\n";
inline constexpr char kUnsupported[] = "CARD_UNSUPPORTED warning\n";

// Who issued what is on the cards, and the catalogue that they are judged by.
const SithsLikePki& HostilePki();
std::string HostileCatalogue();
// The policy of transport certificates in it; below 2.999 (X.660: examples).
inline constexpr char kTransportPolicy[] = "2.999.77";
// The moment at which they are judged.
absl::Time HostileNow();
// Good ones for a card: login, signature, and three CA certificates. What is wrong
// with a card is mostly wrong with the second.
const std::vector<Bytes>& GoodCertificates();
// As the signature certificate, but for what `change` makes of it.
CertificateSpec SignatureSpec();
Bytes IssuedByHsaCa(const CertificateSpec& spec);

// The table for cards of T=0 or T=1.
std::vector<HostileCase> HostileCases(bool t0);
// Its parts.
std::vector<HostileCase> HostileAnswers();
std::vector<HostileCase> HostileMoments(bool t0);
std::vector<HostileCase> HostilePkcs15Files();
std::vector<HostileCase> HostileIdPrimeFiles();
std::vector<HostileCase> HostileCertificates();
std::vector<HostileCase> UnfinishedCards();

// A file that is refused when it is selected, or when it is read.
void RefuseFile(CardImage& image, const Bytes& path, uint16_t select, uint16_t read);

}  // namespace kortvakt::testing
