// Virtual cards of both families, read on a real pcscd by us, OpenSC and scdaemon:
// the same certificates byte for byte, or it is written why not.
#include "tests/system/card_matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "agent/cards/card_reader.h"
#include "agent/pcsc/pcsc_context.h"
#include "common/base/files.h"
#include "common/base/time.h"
#include "tests/support/pcsc/await_cards.h"
#include "tests/support/pcsc/private_pcscd.h"
#include "tests/support/pki/card_certificates.h"
#include "tests/system/other_card_readers.h"

namespace kortvakt::testing {
namespace {

using ::testing::HasSubstr;

// As many as pcscd 1.9.9 has room for.
constexpr size_t kReaders = 16;

class CardMatrixTest : public ::testing::Test {
 protected:
  CardMatrixTest() {
    std::string folder = "/tmp/kvmatrix.XXXXXX";
    folder_ = mkdtemp(folder.data());
    for (const CardSizedCertificate& certificate : CardSizedCertificates(kMatrixCertificates)) {
      Write(absl::StrCat(certificates_.size(), ".der"), AsString(certificate.der));
      certificates_.push_back(Sha256Hex(certificate.der));
    }
  }
  ~CardMatrixTest() override {
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
  }

  static std::vector<std::string> Digests(const std::vector<Bytes>& certificates) {
    std::vector<std::string> digests;
    for (const Bytes& der : certificates) digests.push_back(Sha256Hex(der));
    return digests;
  }

  std::vector<std::string> Ours(const std::string& reader) const {
    CardControl control;
    std::vector<Bytes> ders;
    absl::StatusOr<std::unique_ptr<CardSession>> session =
        context_->Connect(reader, {}, SystemClock(), control);
    if (!session.ok()) return {std::string(session.status().message())};
    const absl::StatusOr<CardContents> contents = ReadCard(**session);
    if (!contents.ok()) return {std::string(contents.status().message())};
    for (const CardCertificate& certificate : contents->certificates) ders.push_back(certificate.der);
    return Digests(ders);
  }

  // Compares what a program read with `expected`; `why_not` empty: they are the same.
  static void Compare(const std::string& program, std::vector<Bytes> certificates,
                      std::vector<std::string> expected, const std::string& why_not) {
    std::vector<std::string> read = Digests(certificates);
    std::sort(read.begin(), read.end());
    std::sort(expected.begin(), expected.end());
    if (why_not.empty()) {
      EXPECT_EQ(read, expected) << program;
    } else {
      EXPECT_NE(read, expected) << program << " reads this card now, although the table says: " << why_not;
    }
  }

  // Reads the cards, each in a reader of its own.
  void ReadAll(const std::vector<MatrixCard>& cards) {
    ASSERT_LE(cards.size(), kReaders);
    std::vector<std::string> readers;
    for (size_t slot = 0; slot < cards.size(); ++slot) {
      Write(absl::StrCat("card", slot, ".toml"), cards[slot].image);
      const absl::Status inserted = pcscd_->InsertCard(slot, absl::StrCat(folder_, "/card", slot, ".toml"));
      ASSERT_TRUE(inserted.ok()) << cards[slot].feature << ": " << inserted;
      readers.push_back(pcscd_->ReaderName(slot));
    }
    ASSERT_TRUE(AwaitCards(*context_, readers, /*present=*/true).ok());
    for (size_t slot = 0; slot < cards.size(); ++slot) {
      const MatrixCard& card = cards[slot];
      SCOPED_TRACE(absl::StrCat(card.family, ": ", card.feature));
      std::vector<std::string> expected;
      for (const size_t index : card.certificates) expected.push_back(certificates_[index]);
      EXPECT_EQ(Ours(readers[slot]), expected);
      Compare("pkcs15-tool", OpenScCertificates(readers[slot], folder_), expected, card.opensc);
      Compare("scdaemon", ScdaemonCertificates(readers[slot], folder_), expected, card.scdaemon);
    }
    for (size_t slot = 0; slot < cards.size(); ++slot) ASSERT_TRUE(pcscd_->RemoveCard(slot).ok());
    ASSERT_TRUE(AwaitCards(*context_, readers, /*present=*/false).ok());
  }

  void StartService() {
    std::vector<std::string> names;
    for (size_t i = 0; i < kReaders / 2; ++i) names.push_back(absl::StrCat("Matrix ", i));
    auto pcscd = PrivatePcscd::Start(names);
    ASSERT_TRUE(pcscd.ok()) << pcscd.status();
    pcscd_.emplace(*std::move(pcscd));
    auto context = PcscContext::Establish();
    ASSERT_TRUE(context.ok()) << context.status();
    context_ = *std::move(context);
  }

  std::string folder_;
  std::vector<std::string> certificates_;  // their fingerprints
  std::optional<PrivatePcscd> pcscd_;
  std::unique_ptr<PcscContext> context_;
};

TEST_F(CardMatrixTest, OtherProgramsReadTheSameCertificatesOrItIsSaidWhyNot) {
  StartService();
  if (HasFatalFailure()) return;
  const std::vector<MatrixCard> cards = MatrixCards();
  for (size_t first = 0; first < cards.size(); first += kReaders) {
    const auto begin = cards.begin() + static_cast<ptrdiff_t>(first);
    const auto end = cards.begin() + static_cast<ptrdiff_t>(std::min(first + kReaders, cards.size()));
    ReadAll(std::vector<MatrixCard>(begin, end));
    if (HasFatalFailure()) return;
  }
}

TEST(CardMatrixPageTest, HasALineForEveryCard) {
  const char* source = std::getenv("KORTVAKT_SOURCE");
  ASSERT_NE(source, nullptr);
  const absl::StatusOr<std::string> page = ReadFile(absl::StrCat(source, "/docs/cards.md"));
  ASSERT_TRUE(page.ok()) << page.status();
  for (const MatrixCard& card : MatrixCards()) EXPECT_THAT(*page, HasSubstr(card.Line() + "\n"));
}

}  // namespace
}  // namespace kortvakt::testing
