#include "common/judge/detail_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "common/judge/judge.h"
#include "common/snapshot/probe_details.h"
#include "tests/support/scenarios/workstations.h"

namespace kortvakt {
namespace {

std::string InSwedish(const std::string& detail) { return DetailText(detail, Language::kSwedish); }

TEST(DetailTextTest, EnglishStaysAsItIs) {
  EXPECT_EQ(DetailText("reading EF.CDF 4404: status word 6982; and 3 more", Language::kEnglish),
            "reading EF.CDF 4404: status word 6982; and 3 more");
}

TEST(DetailTextTest, PartsAreSaidInSwedishWhereTheyAreKnown) {
  EXPECT_EQ(InSwedish("reading EF.CDF 4404: status word 6982; and 3 more"),
            "läsning av EF.CDF 4404: statusord 6982; och 3 till");
  EXPECT_EQ(InSwedish("given up after some attempts: SCardTransmit: SCARD_E_NOT_TRANSACTED"),
            "avbrutet efter några försök: SCardTransmit: SCARD_E_NOT_TRANSACTED");
  EXPECT_EQ(InSwedish("cert9.db: Permission denied"), "cert9.db: åtkomst nekas");
  EXPECT_EQ(InSwedish("too much for one report, left out: 3 certificates; why"),
            "för mycket för en rapport, utelämnat: 3 certifikat; why");
  EXPECT_EQ(InSwedish("TLS alert handshake_failure"), "TLS-larm handshake_failure");
}

TEST(DetailTextTest, AllWordsOfTheProbeAreKnown) {
  for (const char* word :
       {probe_detail::kNoAnswer, probe_detail::kNoAddress, probe_detail::kResolverSilent,
        probe_detail::kPeerClosed, probe_detail::kLongHead, probe_detail::kProxyNotHttp,
        probe_detail::kClosed, probe_detail::kReset, probe_detail::kBroke, probe_detail::kHandshakeFailed,
        probe_detail::kEndlessHandshake, probe_detail::kPlainHttp, probe_detail::kNotTls,
        probe_detail::kNotHttp, probe_detail::kEndlessRenegotiation, probe_detail::kEndlessSending,
        probe_detail::kNoHttpAnswer}) {
    EXPECT_NE(InSwedish(word), word);
  }
}

// What the agent says of a card stands in the evidence in the reader's language.
TEST(DetailTextTest, EvidenceOfACardIsInOneLanguage) {
  for (const auto& [state, detail] :
       {std::pair(CardState::kMute, "the card does not answer to reset"),
        std::pair(CardState::kUnsupported, "no application of a known card family answers")}) {
    ReaderFacts reader;
    reader.name = "A";
    reader.card.emplace();
    reader.card->state = state;
    reader.card->detail = detail;
    Snapshot snapshot;
    snapshot.pcsc_running = true;
    snapshot.readers = {reader};
    const Verdict verdict = Judge({.snapshot = snapshot,
                                   .catalogue = testing::ScenarioCatalogue(),
                                   .policy = {},
                                   .now = testing::ScenarioNow(),
                                   .language = Language::kSwedish});
    ASSERT_FALSE(verdict.findings.empty());
    EXPECT_THAT(verdict.findings[0].evidence, ::testing::HasSubstr(InSwedish(detail)));
    EXPECT_THAT(verdict.findings[0].evidence, ::testing::Not(::testing::HasSubstr(detail)));
  }
}

TEST(DetailTextTest, WhyACardIsNotToldIsKnown) {
  for (const char* detail :
       {"another program has used the card ever since it was inserted", "the card does not answer to reset",
        "waiting until it has been free for 10 s", "the card's index names no certificate",
        "no application of a known card family answers", "the card's directories name no certificate",
        "another program uses the card", "the card's directories name private keys, but no certificate",
        "the card's index names key containers, but no certificate"}) {
    EXPECT_NE(InSwedish(detail), detail);
  }
}

TEST(DetailTextTest, WhyAStoreIsNotReadIsKnown) {
  EXPECT_EQ(InSwedish("cert9.db: not a sound NSS database: it is damaged"),
            "cert9.db: inte en hel NSS-databas: den är skadad");
  EXPECT_EQ(InSwedish("left out: 2.json: not a JSON object; 1 more of this kind"),
            "utelämnat: 2.json: inte ett JSON-objekt; 1 till av detta slag");
  EXPECT_EQ(InSwedish("its files have more than 1048576 bytes together"),
            "dess filer har mer än 1048576 byte tillsammans");
  for (const char* detail :
       {"it takes too long to read", "something in it is too large", "its tables are not as NSS makes them",
        "not an NSS database", "it has no table nssPublic", "too many rows of trust", "nested too deeply",
        "Firefox takes no comment, no byte order mark and no comma before a closing bracket"}) {
    EXPECT_NE(InSwedish(detail), detail);
  }
}

TEST(DetailTextTest, HoldsForAnyText) {
  for (const std::string& text :
       {std::string(), std::string("; "), std::string(": : ; ; "), std::string("status word "),
        std::string(4096, ';'), std::string(4096, '\xff'), std::string("\x1b[31m; reading \0", 17)}) {
    const std::string said = InSwedish(text);
    EXPECT_LE(said.size(), 256u);
    EXPECT_EQ(said.find('\x1b'), std::string::npos);
  }
  EXPECT_EQ(InSwedish("an unknown trouble; of two parts"), "an unknown trouble; of two parts");
}

}  // namespace
}  // namespace kortvakt
