#include "tests/support/scenarios/scenarios.h"

#include <algorithm>
#include <utility>

#include "tests/support/scenarios/parts.h"
#include "tests/support/scenarios/workstations.h"

namespace kortvakt::testing {
namespace {

using enum FindingCode;
using enum Severity;

CertificateFacts From(absl::Time not_before, CertificateFacts certificate) {
  certificate.not_before = not_before;
  return certificate;
}

void AddDateScenarios(std::vector<Scenario>& table) {
  table.push_back({"A pair that ended is one renewal, not two",
                   Workstation(CardWith({LoginCertificate(In(-3)), NationalIdCertificate(In(-3))})),
                   {},
                   {{kCertExpired, kCritical}}});
  table.push_back({"One of a pair ended",
                   Workstation(CardWith({LoginCertificate(In(700)), NationalIdCertificate(In(-3))})),
                   {},
                   {{kCertExpired, kWarning}}});
  table.push_back({"An ended certificate whose successor is on the card",
                   Workstation(CardWith({LoginCertificate(In(-3)), LoginCertificate(In(700))})),
                   {},
                   {}});
  table.push_back({"A pair due in six weeks is one renewal",
                   Workstation(CardWith({LoginCertificate(In(42)), NationalIdCertificate(In(42))})),
                   {},
                   {{kCertExpiresSoon, kWarning}, kTwoLogins}});
  table.push_back({"57 days left is not due", Workstation(CardWith({LoginCertificate(In(57))})), {}, {}});
  table.push_back({"A new reserve card of 30 days is not due",
                   Workstation(CardWith({From(In(-1), LoginCertificate(In(29)))})),
                   {},
                   {}});
  table.push_back({"A reserve card of 30 days with 9 days left is due",
                   Workstation(CardWith({From(In(-21), LoginCertificate(In(9)))})),
                   {},
                   {{kCertExpiresSoon, kWarning}}});
  table.push_back({"A reserve card used again is not due for the ended time before",
                   Workstation(CardWith(
                       {From(In(-400), LoginCertificate(In(-370))), From(In(-1), LoginCertificate(In(29)))})),
                   {},
                   {}});
  table.push_back(
      {"Two organisations are due each on its own",
       Workstation(CardWith({LoginCertificate(In(700)),
                             LoginCertificateOf("Exempelstads kommun", "SE2120000001-9Z", In(10))})),
       {},
       {{kSeveralLoginCerts, kWarning}, {kCertExpiresSoon, kWarning}}});
  table.push_back({"A signature certificate that ended earlier is told apart",
                   Workstation(CardWith({LoginCertificate(In(700)), SignatureCertificate(In(-3))})),
                   {},
                   {{kCertExpired, kWarning}}});
  table.push_back({"A signature certificate that is due earlier is for information",
                   Workstation(CardWith({LoginCertificate(In(700)), SignatureCertificate(In(30))})),
                   {},
                   {{kCertExpiresSoon, kInfo}}});
  table.push_back({"A certificate that begins tomorrow",
                   Workstation(CardWith({From(In(1), LoginCertificate(In(700)))})),
                   {},
                   {{kCertNotYetValid, kCritical}}});
  table.push_back({"A successor that begins tomorrow",
                   Workstation(CardWith({LoginCertificate(In(300)), From(In(1), LoginCertificate(In(700)))})),
                   {},
                   {{kCertNotYetValid, kInfo}}});
  const auto clock = [](absl::Duration offset) {
    return [offset](Snapshot& s) { s.clock.offset_to_collector = offset; };
  };
  table.push_back({"A clock a year ahead: what looks ended may not be",
                   With(Workstation(CardWith({LoginCertificate(In(-30))})), clock(Days(365))),
                   {},
                   {{kClockWrong, kCritical}, {kCertExpired, kInfo}}});
  table.push_back({"A clock two days ahead does not excuse what ended a month ago",
                   With(Workstation(CardWith({LoginCertificate(In(-30))})), clock(Days(2))),
                   {},
                   {{kClockWrong, kCritical}, {kCertExpired, kCritical}}});
  table.push_back({"A clock a year behind: what seems to begin later may not",
                   With(Workstation(CardWith({From(In(30), LoginCertificate(In(700)))})), clock(-Days(365))),
                   {},
                   {{kClockWrong, kCritical}, {kCertNotYetValid, kInfo}}});
  table.push_back({"A clock six minutes behind",
                   With(GoodCard(), clock(-absl::Minutes(6))),
                   {},
                   {{kClockWrong, kWarning}}});
  table.push_back(
      {"A clock four minutes ahead is tolerated", With(GoodCard(), clock(absl::Minutes(4))), {}, {}});
  table.push_back({"A clock that nobody compared cannot be told",
                   With(GoodCard(), [](Snapshot& s) { s.clock.offset_to_collector.reset(); }),
                   {},
                   {}});
}

void AddLevelScenarios(std::vector<Scenario>& table) {
  const Snapshot level2 = Workstation(CardWith({LoginCertificateBy(kPersonHsaId2, In(700))}));
  Policy low;
  low.required_loa = Loa::k2;
  table.push_back({"LoA 2 where 3 is needed", level2, {}, {{kLoaTooLow, kWarning}}});
  table.push_back({"LoA 2 where 2 is needed", level2, low, {}});
  table.push_back({"LoA 2 that ended is not too low, but ended",
                   Workstation(CardWith({LoginCertificateBy(kPersonHsaId2, In(-3))})),
                   {},
                   {{kCertExpired, kCritical}}});
  const std::string unknown = "CN=Exempel Anställda CA,O=Exempelbolaget AB,C=SE";
  table.push_back({"A card of an issuer that is not catalogued",
                   Workstation(CardWith({LoginCertificateBy(unknown, In(700))})),
                   {},
                   {{kLoaUnknown, kWarning}}});
  table.push_back({"It is told of also when it has ended",
                   Workstation(CardWith({LoginCertificateBy(unknown, In(-700))})),
                   {},
                   {{kLoaUnknown, kWarning}}});
  table.push_back({"A certificate of another issuer beside a SITHS one is only listed",
                   Workstation(CardWith({LoginCertificate(In(700)), LoginCertificateBy(unknown, In(-7))})),
                   {},
                   {}});
  CertificateFacts forged = LoginCertificate(In(700));
  forged.issuer_sha256 = std::string(64, '7');
  TrustedCa impostor = StoredCa(kHsaId3);
  impostor.certificate.sha256 = forged.issuer_sha256;
  impostor.certificate.issuer = impostor.certificate.subject;
  impostor.certificate.issuer_sha256 = forged.issuer_sha256;
  table.push_back(
      {"A look-alike's certificate has no level",
       With(Workstation(CardWith({forged})), [&](Snapshot& s) { s.trust_stores[0].cas.push_back(impostor); }),
       {},
       {{kCaLookalike, kCritical}, {kLoaUnknown, kWarning}}});
  table.push_back({"HSA-id and personnummer of one person are for information",
                   Workstation(CardWith({LoginCertificate(In(700)), NationalIdCertificate(In(700))})),
                   {},
                   {kTwoLogins}});
  table.push_back(
      {"Two employers",
       Workstation(CardWith({LoginCertificate(In(700)),
                             LoginCertificateOf("Exempelstads kommun", "SE2120000001-9Z", In(700))})),
       {},
       {{kSeveralLoginCerts, kWarning}}});
}

void AddStoreScenarios(std::vector<Scenario>& table) {
  const auto bundle = [](std::vector<std::string> ids) {
    return With(GoodCard(), [&](Snapshot& s) { s.trust_stores = {BundleWith(ids)}; });
  };
  table.push_back({"The root is missing", bundle(Without({kRoot})), {}, {{kRootMissing, kCritical}}});
  table.push_back({"The card's issuer is missing: before the root",
                   bundle(Without({kHsaId3, kRoot})),
                   {},
                   {{kIntermediateMissing, kCritical}, {kRootMissing, kCritical}}});
  table.push_back({"An issuer that no card here needs is a warning",
                   bundle(Without({"siths-e-id-person-id-2-ca-v1"})),
                   {},
                   {{kIntermediateMissing, kWarning}}});
  Policy root_only;
  root_only.required_cas = {kRoot};
  table.push_back({"What has the name of the card's issuer here has another key",
                   With(GoodCard(),
                        [](Snapshot& s) {
                          for (CertificateFacts& one : s.readers[0].card->certificates)
                            one.issuer_sha256.clear();
                        }),
                   {},
                   {{kIntermediateMissing, kCritical}}});
  table.push_back({"An issuing CA that the policy does not require",
                   bundle(Without({"siths-e-id-person-id-2-ca-v1"})),
                   root_only,
                   {}});
  table.push_back({"The root is in the second store",
                   With(bundle(Without({kRoot})),
                        [](Snapshot& s) {
                          s.trust_stores.push_back(BundleWith({kRoot}));
                          s.trust_stores[1].kind = TrustStoreKind::kFolder;
                        }),
                   {},
                   {}});
  table.push_back({"A look-alike of the root is no root",
                   With(bundle(AllRequired()),
                        [](Snapshot& s) {
                          for (TrustedCa& ca : s.trust_stores[0].cas) {
                            if (ca.certificate.subject.rfind("CN=SITHS e-id Root", 0) == 0) {
                              ca.certificate.sha256 = std::string(64, 'b');
                            }
                          }
                        }),
                   {},
                   {{kCaLookalike, kCritical}, {kRootMissing, kCritical}}});
  table.push_back({"A distrusted root is not called missing besides",
                   With(bundle(AllRequired()),
                        [](Snapshot& s) {
                          for (TrustedCa& ca : s.trust_stores[0].cas) {
                            if (ca.certificate.issuer == ca.certificate.subject)
                              ca.trust = CaTrust::kDistrusted;
                          }
                        }),
                   {},
                   {{kCaDistrusted, kCritical}}});
  table.push_back({"A root that only a user has is not called missing",
                   With(bundle(Without({kRoot})),
                        [](Snapshot& s) {
                          s.trust_stores.push_back(BundleWith({kRoot}));
                          s.trust_stores[1].owner = "uid:1000";
                        }),
                   {},
                   {{kCaInUserStoreOnly, kWarning}}});
  table.push_back({"A store that cannot be read: missing cannot be told",
                   With(bundle({}),
                        [](Snapshot& s) {
                          s.trust_stores[0].state = TrustStoreState::kUnreadable;
                          s.trust_stores[0].detail = "permission denied";
                        }),
                   {},
                   {{kTrustStoreUnreadable, kWarning}}});
  table.push_back({"No store exists",
                   With(bundle({}), [](Snapshot& s) { s.trust_stores[0].state = TrustStoreState::kAbsent; }),
                   {},
                   {{kTrustStoreUnreadable, kWarning}}});
  table.push_back({"No store was looked at: nothing is said of CAs",
                   With(GoodCard(), [](Snapshot& s) { s.trust_stores.clear(); }),
                   {},
                   {}});
}

void SetTrust(TrustStoreFacts& store, const std::string& id, CaTrust trust) {
  const std::string sha256 = StoredCa(id).certificate.sha256;
  for (TrustedCa& ca : store.cas) {
    if (ca.certificate.sha256 == sha256) ca.trust = trust;
  }
}

// What browsers look at is not what the machine has.
void AddBrowserScenarios(std::vector<Scenario>& table) {
  const auto good = [](const std::function<void(Snapshot&)>& change) { return With(GoodCard(), change); };
  table.push_back({"The system bundle alone helps no browser",
                   good([](Snapshot& s) { AddBrowser(s, "Chromium", "uid:1000", {}); }),
                   {},
                   {{kCaNotInBrowserStore, kCritical}}});
  table.push_back({"It helps one that loads p11-kit's trust module",
                   good([](Snapshot& s) {
                     AddBrowser(s, "Chromium", "uid:1000", {});
                     s.browsers[0].trust_stores.push_back(0);
                   }),
                   {},
                   {}});
  table.push_back({"A browser with all in its own database",
                   good([](Snapshot& s) { AddBrowser(s, "Firefox", "uid:1000", AllRequired()); }),
                   {},
                   {}});
  table.push_back({"One of two browsers lacks them",
                   good([](Snapshot& s) {
                     AddBrowser(s, "Chromium", "uid:1000", AllRequired());
                     AddBrowser(s, "Firefox", "uid:1000", {});
                   }),
                   {},
                   {{kCaNotInBrowserStore, kWarning}}});
  table.push_back({"Browsers of one name that lack the same are one finding",
                   good([](Snapshot& s) {
                     AddBrowser(s, "Firefox", "uid:1000", Without({kHsaId3}));
                     AddBrowser(s, "Firefox", "uid:1001", Without({kHsaId3}));
                     AddBrowser(s, "Chromium", "uid:1001", Without({kHsaId3}));
                   }),
                   {},
                   {{kCaNotInBrowserStore, kCritical}, {kCaNotInBrowserStore, kCritical}}});
  table.push_back({"A root that is there without trust is not in the browser, which stops no login by card",
                   good([](Snapshot& s) {
                     AddBrowser(s, "Chromium", "uid:1000", AllRequired());
                     SetTrust(s.trust_stores[1], kRoot, CaTrust::kPresent);
                   }),
                   {},
                   {{kCaNotInBrowserStore, kWarning}}});
  table.push_back({"An issuing CA need not be trusted, only there",
                   good([](Snapshot& s) {
                     AddBrowser(s, "Chromium", "uid:1000", AllRequired());
                     SetTrust(s.trust_stores[1], kHsaId3, CaTrust::kPresent);
                   }),
                   {},
                   {}});
  table.push_back({"A browser's database that cannot be read: what it lacks cannot be told",
                   good([](Snapshot& s) {
                     AddBrowser(s, "Firefox", "uid:1000", {});
                     s.trust_stores[1].state = TrustStoreState::kUnreadable;
                   }),
                   {},
                   {{kTrustStoreUnreadable, kWarning}}});
  Policy two;
  two.required_cas = {kHsaId3, kRoot};
  const auto unreadable = [](Snapshot& s) {
    s.trust_stores = {BundleWith({})};
    AddBrowser(s, "Firefox", "uid:1000", {});
    s.trust_stores[1].state = TrustStoreState::kUnreadable;
  };
  const std::vector<Expected> doubts = {
      {kIntermediateMissing, kWarning}, {kRootMissing, kWarning}, {kTrustStoreUnreadable, kWarning}};
  table.push_back({"What the machine lacks, a browser's database that cannot be read may have",
                   good(unreadable), two, doubts});
  table.push_back({"So may that of a browser which is not known for it", good([&](Snapshot& s) {
                     unreadable(s);
                     s.browsers.clear();
                   }),
                   two, doubts});
  table.push_back(
      {"What the machine and one browser lack stops a card, whatever another's database has",
       good([&](Snapshot& s) {
         unreadable(s);
         AddBrowser(s, "Chromium", "uid:1000", {});
       }),
       two,
       {{kIntermediateMissing, kCritical}, {kRootMissing, kCritical}, {kTrustStoreUnreadable, kWarning}}});
  table.push_back({"What is missing everywhere is not also missing in the browser",
                   good([](Snapshot& s) {
                     s.trust_stores = {BundleWith(Without({kHsaId3}))};
                     AddBrowser(s, "Chromium", "uid:1000", Without({kHsaId3}));
                   }),
                   {},
                   {{kIntermediateMissing, kCritical}}});
  table.push_back({"Only the user who is here has them",
                   good([](Snapshot& s) {
                     s.trust_stores = {BundleWith({})};
                     AddBrowser(s, "Chromium", "uid:1000", AllRequired());
                   }),
                   {},
                   {{kCaInUserStoreOnly, kInfo}}});
  table.push_back({"One user has them, another has not",
                   good([](Snapshot& s) {
                     s.trust_stores = {BundleWith({})};
                     AddBrowser(s, "Chromium", "uid:1000", AllRequired());
                     AddBrowser(s, "Chromium", "uid:1001", {});
                   }),
                   {},
                   {{kCaInUserStoreOnly, kWarning}}});
  table.push_back({"A user's database distrusts the root that the machine trusts",
                   good([](Snapshot& s) {
                     AddBrowser(s, "Firefox", "uid:1000", AllRequired());
                     s.browsers[0].trust_stores.push_back(0);
                     SetTrust(s.trust_stores[1], kRoot, CaTrust::kDistrusted);
                   }),
                   {},
                   {{kCaDistrusted, kCritical}}});
  table.push_back({"One of two users distrusts the root",
                   good([](Snapshot& s) {
                     AddBrowser(s, "Firefox", "uid:1000", AllRequired());
                     AddBrowser(s, "Firefox", "uid:1001", AllRequired());
                     SetTrust(s.trust_stores[1], kRoot, CaTrust::kDistrusted);
                   }),
                   {},
                   {{kCaDistrusted, kWarning}}});
  table.push_back({"One of two users distrusts an issuing CA that the other and the machine lack",
                   good([](Snapshot& s) {
                     s.trust_stores = {BundleWith(Without({kHsaId3}))};
                     AddBrowser(s, "Firefox", "uid:1000", AllRequired());
                     AddBrowser(s, "Firefox", "uid:1001", Without({kHsaId3}));
                     SetTrust(s.trust_stores[1], kHsaId3, CaTrust::kDistrusted);
                   }),
                   {},
                   {{kCaDistrusted, kCritical}}});
  table.push_back({"A distrusted CA that no card here needs is a warning",
                   good([](Snapshot& s) {
                     AddBrowser(s, "Firefox", "uid:1000", AllRequired());
                     SetTrust(s.trust_stores[1], "siths-e-id-person-id-2-ca-v1", CaTrust::kDistrusted);
                   }),
                   {},
                   {{kCaDistrusted, kWarning}}});
  const auto unread = [&](const std::string& name, UnreadableReason reason, const std::string& detail) {
    table.push_back({name,
                     good([&](Snapshot& s) {
                       AddBrowser(s, "Firefox", "uid:1000", {});
                       s.trust_stores[1].state = TrustStoreState::kUnreadable;
                       s.trust_stores[1].unreadable_reason = reason;
                       s.trust_stores[1].detail = detail;
                     }),
                     {},
                     {{kTrustStoreUnreadable, kInfo}}});
  };
  unread("A Firefox profile outside Firefox's folder is not looked at, which is no fault",
         UnreadableReason::kOutside, "the profile is outside Firefox's folder, so it is not read");
  unread("Nor is a browser's database behind a symbolic link", UnreadableReason::kLink,
         "cert9.db: a symbolic link is on the way");
  unread("A browser's database with a change that is not in the file yet is no fault",
         UnreadableReason::kPending,
         "cert9.db: a change is not in it yet (cert9.db-journal or cert9.db-wal)");
  table.push_back({"A browser's policy file that cannot be parsed: what it would add cannot be told",
                   good([](Snapshot& s) {
                     AddBrowser(s, "Chromium", "uid:1000", {});
                     TrustStoreFacts policy;
                     policy.kind = TrustStoreKind::kBrowserPolicy;
                     policy.location = "/etc/chromium/policies/managed";
                     policy.state = TrustStoreState::kUnreadable;
                     policy.detail = "left out: ca.json: not a JSON object";
                     s.browsers[0].trust_stores.push_back(2);
                     s.trust_stores.push_back(policy);
                   }),
                   {},
                   {{kTrustStoreUnreadable, kWarning}}});
}

std::vector<Scenario> Make() {
  std::vector<Scenario> table = CardScenarios();
  AddDateScenarios(table);
  AddLevelScenarios(table);
  AddStoreScenarios(table);
  AddBrowserScenarios(table);
  for (auto* more : {&IssuerScenarios, &ProbeScenarios, &MiddlewareScenarios, &RevocationScenarios,
                     &CombinedScenarios, &ChainScenarios}) {
    std::vector<Scenario> part = more();
    std::move(part.begin(), part.end(), std::back_inserter(table));
  }
  for (Scenario& scenario : table) FindPaths(scenario.snapshot);
  return table;
}

}  // namespace

const std::vector<Scenario>& Scenarios() {
  static const std::vector<Scenario>* table = new std::vector<Scenario>(Make());
  return *table;
}

}  // namespace kortvakt::testing
