// One rule, one finding code, one file. A new rule: its file, a row in
// FindingTable(), a line in AllRules(), a test.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/judge/finding.h"
#include "common/judge/judge.h"
#include "common/judge/login_path.h"
#include "common/judge/person_certificates.h"
#include "common/judge/required_cas.h"

namespace kortvakt {

// A card in a reader, its certificates sorted.
struct CardView {
  const ReaderFacts* reader;
  const CardFacts* card;
  PersonCertificates sorted;

  const CertificateFacts& certificate(size_t index) const { return card->certificates[index]; }
};

// A login certificate of a person CA on a card, and the best way up from it in each of
// Facts::views, in their order.
struct CardLoginPaths {
  const CardView* card;
  const CertificateFacts* certificate;
  std::vector<LoginPath> paths;
};

// What a rule is asked about: the case, with certificates classified, and helpers.
struct Facts {
  const Case& c;  // c.snapshot is the classified copy
  CaDirectory known_cas;
  std::vector<CardView> cards;  // each card once, also where two readers show it
  std::vector<RequiredCa> required_cas;
  // What each browser, or without browsers each store of the machine, makes of CAs; and
  // the ways of the cards' login certificates in them.
  std::vector<TrustView> views;
  std::vector<CardLoginPaths> login_paths;
  int64_t now = 0;  // c.now in whole seconds
  // By how many seconds the workstation's clock is wrong, either way; 0 where it
  // is right (within 5 minutes) or cannot be told. Judging with the collector's
  // clock or with the workstation's own, the true time is one of now and now ±
  // clock_error: a verdict on dates is sure when it holds at all of them.
  int64_t clock_error = 0;

  Language language() const { return c.language; }
  JudgedAt at() const { return {now, clock_error}; }
};

// The facts of `classified`, whose snapshot must outlive them.
Facts MakeFacts(const Case& classified);

// Finds the first moment at which a verdict may change, of those added.
class Moments {
 public:
  explicit Moments(const Facts& facts) : now_(facts.now), clock_error_(facts.clock_error) {}
  // A moment, in whole seconds, from which on something is otherwise.
  void Add(int64_t seconds);
  // Both ends of a certificate.
  void AddValidity(const CertificateFacts& certificate);
  // Both ends of every certificate of the cards.
  void AddValidity(const Facts& facts);
  // Both ends of every certificate of a required CA in the stores and on the cards, and of
  // every one on a path of a login certificate.
  void AddCaValidity(const Facts& facts);
  // InfiniteFuture when none is ahead.
  absl::Time Next() const;

 private:
  int64_t now_;
  int64_t clock_error_;
  int64_t next_ = INT64_MAX;
};

class Rule {
 public:
  virtual ~Rule() = default;
  virtual FindingCode code() const = 0;
  // Adds a finding for each subject it holds for; none: clear, or does not apply.
  // Where it cannot tell, it says nothing here and another rule names the reason
  // (CARD_UNREADABLE, TRUST_STORE_UNREADABLE, LOA_UNKNOWN).
  virtual void Evaluate(const Facts& facts, std::vector<Finding>& findings) const = 0;
  // The first moment after now at which Evaluate may answer otherwise.
  virtual absl::Time NextChange(const Facts& /*facts*/) const { return absl::InfiniteFuture(); }
};

// A rule that looks at which of the cards' certificates are valid, and at no other time.
class ValidityRule : public Rule {
 public:
  absl::Time NextChange(const Facts& facts) const final;
};

// A rule that looks at which CA certificates are valid, and at no other time.
class CaValidityRule : public Rule {
 public:
  absl::Time NextChange(const Facts& facts) const override;
};

// A finding with what the table says of its code.
Finding NewFinding(FindingCode code);
// The same about a card: its id, and its name as subject.
Finding NewFinding(FindingCode code, const CardView& view, Language language);

// Every rule, in the order of their codes.
std::span<const Rule* const> AllRules();

}  // namespace kortvakt
