#include "common/judge/rule.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/judge/rules/rules.h"
#include "common/judge/seconds.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// Whether the card in reader `index` is seen better, or earlier, in another reader: a
// card with a contactless side in a reader for both shows in two.
bool IsTwin(const std::vector<ReaderFacts>& readers, size_t index) {
  const CardFacts& card = *readers[index].card;
  if (card.id.empty()) return false;
  const auto order = [&readers](size_t i) { return std::pair(!WasRead(*readers[i].card), i); };
  for (size_t i = 0; i < readers.size(); ++i) {
    if (readers[i].card && readers[i].card->id == card.id && order(i) < order(index)) return true;
  }
  return false;
}

// Real cards have one or two; a snapshot full of them must not make a verdict slow.
constexpr size_t kMaxLoginPaths = 64;

void FindLoginPaths(CaRecogniser& recogniser, Facts& facts) {
  for (const CardView& view : facts.cards) {
    for (const size_t index : view.sorted.persons) {
      const CertificateFacts& certificate = view.certificate(index);
      if (certificate.purpose != Purpose::kAuthentication) continue;
      if (facts.login_paths.size() == kMaxLoginPaths) return;
      CardLoginPaths& login = facts.login_paths.emplace_back(CardLoginPaths{&view, &certificate, {}});
      for (const TrustView& trust : facts.views) {
        login.paths.push_back(BestLoginPath(certificate, trust, recogniser));
      }
    }
  }
}

}  // namespace

Facts MakeFacts(const Case& classified) {
  Facts facts{classified, KnownCas(classified.snapshot), {}, {}, {}, {}, 0, 0};
  const JudgedAt at = JudgedAtOf(classified.snapshot, classified.now);
  facts.now = at.now;
  facts.clock_error = at.clock_error;
  const std::vector<ReaderFacts>& readers = classified.snapshot.readers;
  for (size_t i = 0; i < readers.size(); ++i) {
    const ReaderFacts& reader = readers[i];
    if (!reader.card || IsTwin(readers, i)) continue;
    facts.cards.push_back({&reader, &*reader.card,
                           SortPersonCertificates(*reader.card, classified.catalogue, facts.known_cas,
                                                  classified.replacements)});
  }
  CaRecogniser recogniser(classified.catalogue, facts.known_cas);
  facts.required_cas = LookForRequiredCas(classified.snapshot, classified.policy, recogniser, at);
  facts.views = TrustViews(classified.snapshot, classified.policy, recogniser, at);
  FindLoginPaths(recogniser, facts);
  return facts;
}

void Moments::Add(int64_t seconds) {
  for (const int64_t moment : {seconds, seconds - clock_error_, seconds + clock_error_}) {
    if (moment > now_) next_ = std::min(next_, moment);
  }
}

void Moments::AddValidity(const Facts& facts) {
  for (const CardView& view : facts.cards) {
    for (const CertificateFacts& certificate : view.card->certificates) AddValidity(certificate);
  }
}

void Moments::AddValidity(const CertificateFacts& certificate) {
  Add(WholeSeconds(certificate.not_before));
  Add(WholeSeconds(certificate.not_after) + 1);
}

void Moments::AddCaValidity(const Facts& facts) {
  for (const CertificateFacts* ca : facts.known_cas.cas()) {
    const bool required = std::any_of(facts.required_cas.begin(), facts.required_cas.end(),
                                      [ca](const RequiredCa& one) { return one.ca->subject == ca->subject; });
    if (required) AddValidity(*ca);
  }
  for (const CardLoginPaths& login : facts.login_paths) {
    for (const CertificatePath& path : login.certificate->paths) {
      for (const std::string& sha256 : path) {
        if (const CertificateFacts* ca = facts.known_cas.Find(sha256)) AddValidity(*ca);
      }
    }
  }
}

absl::Time Moments::Next() const { return next_ == INT64_MAX ? absl::InfiniteFuture() : InstantOf(next_); }

Finding NewFinding(FindingCode code) {
  Finding finding;
  finding.code = code;
  finding.severity = InfoOf(code).severity;
  finding.fixed_by = InfoOf(code).fixed_by;
  return finding;
}

absl::Time ValidityRule::NextChange(const Facts& facts) const {
  Moments moments(facts);
  moments.AddValidity(facts);
  return moments.Next();
}

absl::Time CaValidityRule::NextChange(const Facts& facts) const {
  Moments moments(facts);
  moments.AddCaValidity(facts);
  return moments.Next();
}

Finding NewFinding(FindingCode code, const CardView& view, Language language) {
  Finding finding = NewFinding(code);
  finding.subject = CardName(*view.reader, *view.card, language);
  finding.card_id = view.card->id;
  return finding;
}

std::span<const Rule* const> AllRules() {
  static const std::array kRules = std::to_array<const Rule*>({
      &PcscServiceDownRule(),
      &NoReaderRule(),
      &ReaderErrorRule(),
      &NoCardRule(),
      &CardMuteRule(),
      &CardUnsupportedRule(),
      &CardEmptyRule(),
      &CardUnreadableRule(),
      &CardInUseRule(),
      &CardTransportOnlyRule(),
      &CardKeyMissingRule(),
      &SeveralCardsRule(),
      &CertExpiredRule(),
      &CertExpiresSoonRule(),
      &CertNotYetValidRule(),
      &CertRevokedRule(),
      &SeveralLoginCertsRule(),
      &SignatureCertMissingRule(),
      &TestCertInProductionRule(),
      &RetiredIssuerRule(),
      &LoaTooLowRule(),
      &LoaUnknownRule(),
      &LoaContradictionRule(),
      &ChainBrokenRule(),
      &RootMissingRule(),
      &IntermediateMissingRule(),
      &CaNotInBrowserStoreRule(),
      &CaInUserStoreOnlyRule(),
      &CaDistrustedRule(),
      &CaLookalikeRule(),
      &CaRetiredPresentRule(),
      &CaExpiresSoonRule(),
      &TrustStoreUnreadableRule(),
      &TlsRootUntrustedRule(),
      &TlsChainIncompleteRule(),
      &TlsClientCertNotAcceptedRule(),
      &TlsVersionMismatchRule(),
      &TlsSignatureMismatchRule(),
      &TlsNameMismatchRule(),
      &TlsInterceptedRule(),
      &TlsServerCertExpiredRule(),
      &TlsServerCertUnusableRule(),
      &TlsNotTlsRule(),
      &TlsServerUnreachableRule(),
      &RevocationUnreachableRule(),
      &AiaUnreachableRule(),
      &ClockWrongRule(),
      &MiddlewareMissingRule(),
  });
  return kRules;
}

}  // namespace kortvakt
