// What a support desk meets: two causes at once, and a cause with what follows from it. The
// first finding is what to do first.
#include "tests/support/scenarios/parts.h"
#include "tests/support/scenarios/servers.h"

namespace kortvakt::testing {
namespace {

using enum FindingCode;
using enum Severity;

using Change = std::function<void(Snapshot&)>;

Snapshot All(Snapshot snapshot, const std::vector<Change>& changes) {
  for (const Change& change : changes) change(snapshot);
  return snapshot;
}

Change ClockOff(absl::Duration offset) {
  return [offset](Snapshot& s) { s.clock.offset_to_collector = offset; };
}
Change Bundle(std::vector<std::string> ids) {
  return [ids](Snapshot& s) { s.trust_stores = {BundleWith(ids)}; };
}
Change Server(ProbeFacts probe) {
  return [probe](Snapshot& s) { s.probes.push_back(probe); };
}
Change ServiceDown() {
  return [](Snapshot& s) {
    s.pcsc_running = false;
    s.pcsc_detail = "SCARD_E_NO_SERVICE";
    s.readers.clear();
  };
}
Change BrowserWithoutModules() {
  return [](Snapshot& s) {
    AddBrowser(s, "Chromium", "uid:1000", {});
    s.browsers.back().modules_state = ModulesState::kRead;
  };
}

ProbeFacts Unreachable() {
  ProbeFacts probe;
  probe.url = GoodServer().url;
  probe.outcome = ProbeOutcome::kUnreachable;
  return probe;
}
ProbeFacts Ended() {
  ProbeFacts probe = GoodServer();
  probe.chain[0].not_before = In(-700);
  probe.chain[0].not_after = In(-3);
  return probe;
}
ProbeFacts UnderOwnRoot() {
  ProbeFacts probe = GoodServer();
  probe.trust[0].root_origin = RootOrigin::kLocal;
  probe.trust[0].root_sha256 = std::string(64, 'f');
  probe.trust[0].root_subject = "CN=Exempel Inspection CA";
  return probe;
}

Snapshot CardOf(CertificateFacts login) { return Workstation(CardWith({std::move(login)})); }
Snapshot EndedCard() { return CardOf(LoginCertificate(In(-3))); }

// The card cannot be reached, or not be read.
void AddUnderCards(std::vector<Scenario>& table) {
  table.push_back({"The service is down, the clock a year ahead and the root missing",
                   All(GoodCard(), {ServiceDown(), ClockOff(Days(365)), Bundle(Without({kRoot}))}),
                   {},
                   {{kPcscServiceDown, kCritical}, {kClockWrong, kCritical}, {kRootMissing, kWarning}}});
  table.push_back({"The service is down, and a server asks for a certificate",
                   All(GoodCard(), {ServiceDown(), Server(AskingServer({kPersonHsaId3}))}),
                   {},
                   {{kPcscServiceDown, kCritical}, {kTlsClientCertNotAccepted, kInfo}}});
  table.push_back(
      {"No reader, and the card's issuing CA is missing",
       All(Workstation(std::nullopt), {[](Snapshot& s) { s.readers.clear(); }, Bundle(Without({kHsaId3}))}),
       {},
       {{kNoReader, kCritical}, {kIntermediateMissing, kWarning}}});
  table.push_back({"No card, and a server asks for a certificate",
                   All(Workstation(std::nullopt), {Server(AskingServer({kPersonHsaId3}))}),
                   {},
                   {{kNoCard, kInfo}, {kTlsClientCertNotAccepted, kInfo}}});
  table.push_back(
      {"A mute card, and a browser without a module",
       All(Workstation(CardIn(CardState::kMute, "")), {BrowserWithoutModules()}),
       {},
       {{kCardMute, kCritical}, {kCaNotInBrowserStore, kWarning}, {kMiddlewareMissing, kWarning}}});
  table.push_back({"A card in use by another program, and a server asks for a certificate",
                   All(Workstation(CardIn(CardState::kInUse, "")), {Server(AskingServer({kPersonHsaId3}))}),
                   {},
                   {{kCardInUse, kInfo}, {kTlsClientCertNotAccepted, kInfo}}});
  table.push_back({"An empty card, and a server asks for a certificate",
                   All(Workstation(CardIn(CardState::kEmpty, "")), {Server(AskingServer({kPersonHsaId3}))}),
                   {},
                   {{kCardEmpty, kCritical}, {kTlsClientCertNotAccepted, kInfo}}});
  table.push_back({"A reserve card before its certificates are fetched, and a server that cannot be reached",
                   All(CardOf(TransportCertificate(In(20))), {Server(Unreachable())}),
                   {},
                   {{kCardTransportOnly, kCritical}, {kTlsServerUnreachable, kCritical}}});
  table.push_back(
      {"A certificate that cannot be read, and a server that does not take the one that can",
       All(CardOf(LoginCertificateBy(kPersonHsaId2, In(700))),
           {[](Snapshot& s) { s.readers[0].card->unreadable_certificates = 1; },
            Server(AskingServer({kPersonHsaId3}))}),
       {},
       {{kTlsClientCertNotAccepted, kWarning}, {kLoaTooLow, kWarning}, {kCardUnreadable, kInfo}}});
}

void AddDates(std::vector<Scenario>& table) {
  table.push_back({"The clock a year ahead: an ended card and an ended server may be neither",
                   All(EndedCard(), {ClockOff(Days(365)), Server(Ended())}),
                   {},
                   {{kClockWrong, kCritical}, {kCertExpired, kInfo}, {kTlsServerCertExpired, kInfo}}});
  table.push_back({"The clock a year ahead, and the card's issuing CA is missing",
                   All(EndedCard(), {ClockOff(Days(365)), Bundle(Without({kHsaId3}))}),
                   {},
                   {{kClockWrong, kCritical}, {kIntermediateMissing, kCritical}, {kCertExpired, kInfo}}});
  table.push_back({"The clock six minutes behind, and an ended card",
                   All(EndedCard(), {ClockOff(-absl::Minutes(6))}),
                   {},
                   {{kCertExpired, kCritical}, {kClockWrong, kWarning}}});
  table.push_back(
      {"A clock that follows no time source and that nobody compared is no proof against an ended card",
       All(EndedCard(), {[](Snapshot& s) {
             s.clock.offset_to_collector.reset();
             s.clock.synchronised = false;
           }}),
       {},
       {{kCertExpired, kCritical}}});
  table.push_back({"An ended card, and its issuing CA is missing",
                   All(EndedCard(), {Bundle(Without({kHsaId3}))}),
                   {},
                   {{kCertExpired, kCritical}, {kIntermediateMissing, kCritical}}});
  table.push_back({"An ended card, and a server asks for a certificate",
                   All(EndedCard(), {Server(AskingServer({kPersonHsaId3}))}),
                   {},
                   {{kCertExpired, kCritical}, {kTlsClientCertNotAccepted, kInfo}}});
  table.push_back({"A card due in two weeks, and a server whose certificate has ended",
                   All(CardOf(LoginCertificate(In(14))), {Server(Ended())}),
                   {},
                   {{kTlsServerCertExpired, kCritical}, {kCertExpiresSoon, kWarning}}});
  table.push_back(
      {"Two employers, one of whose certificates has ended",
       Workstation(CardWith({LoginCertificate(In(-3)),
                             LoginCertificateOf("Exempelstads kommun", "SE2120000001-9Z", In(700))})),
       {},
       {{kCertExpired, kCritical}}});
}

void AddIssuersAndStores(std::vector<Scenario>& table) {
  table.push_back(
      {"A server names the root, and the issuing CA between is missing: it is the cause",
       All(GoodCard(), {Bundle(Without({kHsaId3})), Server(AskingServer({kRootName})),
                        [](Snapshot& s) { s.readers[0].card->certificates[0].issuer_sha256.clear(); }}),
       {},
       {{kIntermediateMissing, kCritical}, {kTlsClientCertNotAccepted, kCritical}}});
  table.push_back(
      {"A server names the root, and the issuing CA between is on the machine, but not in the browser",
       All(GoodCard(), {[](Snapshot& s) { AddBrowser(s, "Firefox", "uid:1000", {kRoot}); },
                        Server(AskingServer({kRootName}))}),
       {},
       {{kCaNotInBrowserStore, kCritical}, {kTlsClientCertNotAccepted, kCritical}}});
  table.push_back({"A server names the root, and one of two browsers has the issuing CA between",
                   All(GoodCard(), {[](Snapshot& s) {
                                      AddBrowser(s, "Firefox", "uid:1000", {kRoot});
                                      AddBrowser(s, "Chromium", "uid:1000", AllRequired());
                                    },
                                    Server(AskingServer({kRootName}))}),
                   {},
                   {{kCaNotInBrowserStore, kWarning}}});
  table.push_back(
      {"A test card, and a server that takes production cards",
       All(CardOf(LoginCertificateBy(kTestHsaId3, In(700))), {Server(AskingServer({kPersonHsaId3}))}),
       {},
       {{kTestCertInProduction, kCritical}, {kTlsClientCertNotAccepted, kCritical}}});
  table.push_back(
      {"A card of a CA that is no longer in use, and a server that takes today's",
       All(CardOf(LoginCertificateBy(kType1, In(700))), {Server(AskingServer({kPersonHsaId3}))}),
       {},
       {{kRetiredIssuer, kCritical}, {kTlsClientCertNotAccepted, kCritical}, {kLoaTooLow, kWarning}}});
  table.push_back(
      {"LoA 2, and a server that takes LoA 3",
       All(CardOf(LoginCertificateBy(kPersonHsaId2, In(700))), {Server(AskingServer({kPersonHsaId3}))}),
       {},
       {{kTlsClientCertNotAccepted, kCritical}, {kLoaTooLow, kWarning}}});
  table.push_back({"LoA 2 of a card due in two weeks",
                   CardOf(LoginCertificateBy(kPersonHsaId2, In(14))),
                   {},
                   {{kLoaTooLow, kWarning}, {kCertExpiresSoon, kWarning}}});
  table.push_back({"A browser without the CAs and without a module",
                   All(GoodCard(), {BrowserWithoutModules()}),
                   {},
                   {{kCaNotInBrowserStore, kCritical}, {kMiddlewareMissing, kWarning}}});
  table.push_back({"The root is missing, and a server is under it",
                   All(GoodCard(), {Bundle(Without({kRoot})),
                                    [](Snapshot& s) {
                                      ProbeFacts probe = GoodServer();
                                      probe.chain[0].issuer = kRootName;
                                      probe.trust[0].verdict = ProbeVerdict::kRootUnknown;
                                      s.probes = {probe};
                                    }}),
                   {},
                   {{kRootMissing, kCritical}, {kTlsRootUntrusted, kCritical}}});
  table.push_back({"A retired root that is still trusted, and an issuing CA that is missing",
                   All(GoodCard(), {[](Snapshot& s) {
                         std::vector<std::string> ids = Without({kHsaId3});
                         ids.push_back("siths-root-ca-v1");
                         s.trust_stores = {BundleWith(ids)};
                       }}),
                   {},
                   {{kIntermediateMissing, kCritical}, {kCaRetiredPresent, kInfo}}});
}

void AddServers(std::vector<Scenario>& table) {
  table.push_back({"A server that cannot be reached, and the card's issuing CA is missing",
                   All(GoodCard(), {Server(Unreachable()), Bundle(Without({kHsaId3}))}),
                   {},
                   {{kIntermediateMissing, kCritical}, {kTlsServerUnreachable, kCritical}}});
  table.push_back({"An inspecting proxy, and the card's issuing CA is missing",
                   All(GoodCard(), {Server(UnderOwnRoot()), Bundle(Without({kHsaId3}))}),
                   {},
                   {{kIntermediateMissing, kCritical}, {kTlsIntercepted, kWarning}}});
  table.push_back({"An inspecting proxy that one of two browsers does not trust",
                   All(GoodCard(), {[](Snapshot& s) {
                         ProbeFacts probe = UnderOwnRoot();
                         probe.trust.push_back(
                             TrustBy("Chromium (uid:1000)", ProbeVerdict::kRootUnknown, true));
                         s.probes = {probe};
                       }}),
                   {},
                   {{kTlsRootUntrusted, kWarning}, {kTlsIntercepted, kWarning}}});
  table.push_back({"One server cannot be reached, another names other CAs",
                   All(GoodCard(), {Server(Unreachable()), Server(AskingServer({"CN=Another CA"}))}),
                   {},
                   {{kTlsServerUnreachable, kCritical}, {kTlsClientCertNotAccepted, kCritical}}});
  table.push_back(
      {"Two cards to log in with, and a server that takes one of them",
       All(GoodCard(), {[](Snapshot& s) {
                          s.readers.push_back(ReaderWith(
                              "Keyboard", SecondCard({LoginCertificateBy(kPersonHsaId2, In(500))})));
                        },
                        Server(AskingServer({kPersonHsaId3}))}),
       {},
       {{kLoaTooLow, kWarning}, {kSeveralCards, kWarning}}});
}

}  // namespace

std::vector<Scenario> CombinedScenarios() {
  return TableOf({AddUnderCards, AddDates, AddIssuersAndStores, AddServers});
}

}  // namespace kortvakt::testing
