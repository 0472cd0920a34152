// Cards that are blank or half made.
#include <utility>

#include "tests/unit/agent/cards/card_samples.h"
#include "tests/unit/agent/cards/hostile_cases.h"

namespace kortvakt::testing {
namespace {

Bytes TransportCertificate() {
  CertificateSpec spec = SignatureSpec();
  spec.key_usages = {"digitalSignature", "keyEncipherment"};
  spec.extended_key_usages = {"clientAuth"};
  spec.policies = {kTransportPolicy};
  return IssuedByHsaCa(spec);
}

// EF(CDF) without an entry.
void ForgetCertificates(CardImage& image) { SetFile(image, {0x50, 0x15, 0x44, 0x04}, Bytes(64, 0xFF)); }

}  // namespace

std::vector<HostileCase> UnfinishedCards() {
  std::vector<HostileCase> cases;
  const auto add = [&cases](std::string name, CardImage image, const char* findings, std::string evidence,
                            size_t good) {
    cases.push_back({.name = std::move(name),
                     .image = std::move(image),
                     .findings = findings,
                     .evidence = std::move(evidence),
                     .good = good});
  };
  constexpr char kEmpty[] = "CARD_EMPTY critical\n";
  const Bytes& login = GoodCertificates()[0];
  const Bytes& signature = GoodCertificates()[1];

  add("Pkcs15NotActivated", Pkcs15Card({}), kEmpty, "neither a certificate nor a private key", 0);
  add("IdPrimeNotActivated", IdPrimeCard({}), kEmpty, "neither a certificate nor a private key", 0);
  CardImage keys = Pkcs15Card({login});
  ForgetCertificates(keys);
  add("Pkcs15KeysWithoutCertificates", keys, kEmpty, "private keys on it, but no certificate", 0);
  CardImage untold = Pkcs15Card({login});
  ForgetCertificates(untold);
  RefuseFile(untold, {0x50, 0x15, 0x44, 0x02}, 0x9000, 0x6982);
  add("Pkcs15EmptyAndKeysNotReadable", untold, kEmpty, "could not be told", 0);
  CardImage map = IdPrimeCard({});
  map.idprime->container_map = false;
  add("IdPrimeEmptyAndKeysNotReadable", map, kEmpty, "could not be told", 0);

  const char* const transport_only = "CARD_TRANSPORT_ONLY critical\n";
  add("Pkcs15TransportOnly", Pkcs15Card({TransportCertificate()}), transport_only, "for transport", 1);
  add("IdPrimeTransportOnly", IdPrimeCard({TransportCertificate()}), transport_only, "for transport", 1);
  add("Pkcs15Fetched", Pkcs15Card({TransportCertificate(), login}), "", "", 2);

  CardImage no_key = Pkcs15Card({login});
  no_key.pkcs15->certificates[0].key = false;
  add("Pkcs15CertificateWithoutKey", no_key, "CARD_KEY_MISSING critical\n", "without a private key", 1);
  CardImage transport = Pkcs15Card({TransportCertificate()});
  transport.pkcs15->certificates[0].key = false;
  add("Pkcs15TransportWithoutKey", transport, "CARD_TRANSPORT_ONLY critical\nCARD_KEY_MISSING critical\n",
      "for transport", 1);
  CardImage one_key = IdPrimeCard({login, signature});
  one_key.idprime->certificates[1].key = false;
  add("IdPrimeOneCertificateWithoutKey", one_key, "CARD_KEY_MISSING warning\n", "without a private key", 2);
  CardImage no_map = IdPrimeCard({login, signature});
  no_map.idprime->container_map = false;
  add("IdPrimeCertificatesAndKeysNotReadable", no_map, "", "", 2);
  CardImage unused_map = IdPrimeCard({login});
  unused_map.idprime->certificates[0].key = false;
  add("IdPrimeCertificatesAndAMapThatNobodyKeeps", unused_map, "", "", 1);
  return cases;
}

}  // namespace kortvakt::testing
