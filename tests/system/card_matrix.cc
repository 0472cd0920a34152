#include "tests/system/card_matrix.h"

#include "absl/strings/str_cat.h"

namespace kortvakt::testing {
namespace {

constexpr char kPkcs15T1[] =
    "atr = \"3BFD9600008131FE4380318065B0A3110100F383009000D1\"\nprotocol = \"T=1\"\n";
constexpr char kIdPrimeT1[] =
    "atr = \"3BFF9600008131FE4380318065B0855956FB120FFE82900000\"\nprotocol = \"T=1\"\n";

// A file in place of the card's own.
std::string File(const std::string& path, const std::string& hex) {
  return absl::StrCat("[[file]]\npath = \"", path, "\"\nhex = \"", hex, "\"\n");
}

// A card with a PKCS#15 application: what stands before it, its settings, those of
// each certificate in order, what stands behind.
struct Pkcs15Text {
  std::string card = "";
  std::string application = "";
  std::vector<std::string> certificates = {"", ""};
  std::string files = "";
};
std::string Image(const Pkcs15Text& text) {
  std::string image = absl::StrCat(text.card, "[pkcs15]\n", text.application);
  for (size_t i = 0; i < text.certificates.size(); ++i) {
    absl::StrAppend(&image, "[[pkcs15.certificate]]\nfile = \"", i, ".der\"\nid = \"", 45 + i, "\"\n",
                    text.certificates[i]);
  }
  return absl::StrCat(image, text.files);
}

// A card with the IDPrime applet; of each certificate its name and form.
std::string Image(const std::string& card, const std::string& applet,
                  const std::vector<std::pair<std::string, std::string>>& certificates) {
  std::string image = absl::StrCat(card, "[idprime]\n", applet);
  for (size_t i = 0; i < certificates.size(); ++i) {
    absl::StrAppend(&image, "[[idprime.certificate]]\nfile = \"", i, ".der\"\nname = \"",
                    certificates[i].first, "\"\nform = \"", certificates[i].second, "\"\n");
  }
  return image;
}

// EF(ODF) with two directories of the same kind, 4404 and 4406.
std::string OdfOfTwoDirectories() {
  std::string odf;
  for (const char* entry : {"A8 4401", "A0 4402", "A4 4404", "A4 4406"}) {
    const std::string text = entry;
    absl::StrAppend(&odf, text.substr(0, 2), "0A300804063F005015", text.substr(3));
  }
  return File("50155031", odf);
}

// An entry of EF(CDF): the certificate with identifier `id` in file `file` of DF 5015.
std::string Entry(const std::string& id, const std::string& file) {
  return absl::StrCat("301B30060C044365727430030401", id, "A10C300A300804063F005015", file);
}

// EF(ODF) with two directories of certificates in one file, each of 64 bytes with its padding.
std::string DirectoriesInOneFile() {
  const auto part = [](const std::string& offset) {
    return absl::StrCat("A410300E04063F00501544040201", offset, "800140");
  };
  const std::string padding(2 * (64 - 29), 'F');
  return absl::StrCat(
      File("50155031",
           absl::StrCat("A80A300804063F0050154401A00A300804063F0050154402", part("00"), part("40"))),
      File("50154404", absl::StrCat(Entry("45", "4601"), padding, Entry("46", "4602"), padding)));
}

// Lines of EF.DIR: PKCS#15, and an application of another name.
constexpr char kPkcs15InDf5015[] = "611D4F0CA000000063504B43532D31355007504B435323313551043F005015";
constexpr char kOtherInDf5015[] = "61124F0AE828BD080F014E58503151043F005015";

// An ESIGN application whose EF(CDF) has `entries`, and EF.DIR with it and `other`.
std::string WithEsign(const std::string& entries, const std::string& other = kPkcs15InDf5015) {
  return absl::StrCat(File("2F00", absl::StrCat("61124F0AA000000167455349474E51043F004A02", other)),
                      "[[file]]\npath = \"4A02\"\nfolder = true\naid = \"A000000167455349474E\"\n",
                      File("4A025031", "A40A300804063F004A024404"), File("4A024404", entries));
}

// What an application without certificates has left in DF 5015.
std::string LeftIn5015() {
  return absl::StrCat("[[file]]\npath = \"5015\"\nfolder = true\n", File("50155031", "A406300404024404"),
                      File("50154404", ""), File("50155032", "30110201000408090909090909090903020410"));
}

// EF(ODF) in 4400, which EF.DIR says.
std::string OdfNamedByEfDir() {
  return absl::StrCat(
      File("2F00",
           "61254F0CA000000063504B43532D313551043F005015"
           "730F06032A8648300804063F0050154400"),
      File("50154400", "A80A300804063F0050154401A00A300804063F0050154402A40A300804063F0050154404"),
      File("50155031", ""), "select_status = \"6A82\"\n");
}

std::vector<MatrixCard> Pkcs15Cards() {
  const std::string other = "directory = \"useful\"\n";
  const std::string no_key = "key = false\n";
  const std::string window = "form = \"window\"\n";
  const std::string no_application = "it does not find the application";
  const std::string one = "it reads one application alone";
  const auto card = [](const std::string& feature, const Pkcs15Text& text, const std::string& opensc = "",
                       const std::string& scdaemon = "") {
    MatrixCard row{"PKCS#15", feature, Image(text), {}, opensc, scdaemon};
    for (size_t i = 0; i < text.certificates.size(); ++i) row.certificates.push_back(i);
    return row;
  };
  return {
      card("application identifier, absolute paths", {}),
      card("paths relative to the application", {.application = "paths = \"relative\"\n"}),
      card("EF.DIR of records", {.application = "ef_dir = \"record\"\n"}),
      card("no EF.DIR", {.application = "ef_dir = \"absent\"\n"}),
      card("found by EF.DIR alone", {.application = "select_by_aid = false\n"}),
      card("DF 5015 alone", {.application = "select_by_aid = false\nef_dir = \"absent\"\n"}),
      card("ESIGN", {.application = "aid = \"A000000167455349474E\"\ndf = \"4A02\"\n"}, "", no_application),
      card("EF.DIR with two applications, ESIGN empty",
           {.application = "select_by_aid = false\n", .files = WithEsign("")}, "", no_application),
      card("ESIGN empty, and an application of another name",
           {.application = "aid = \"E828BD080F014E585031\"\n", .files = WithEsign("", kOtherInDf5015)}, one,
           no_application),
      card("two applications, PKCS#15 empty",
           {.files = absl::StrCat(File("50154404", ""),
                                  WithEsign(absl::StrCat(Entry("45", "4601"), Entry("46", "4602"))))},
           one, one),
      card("elsewhere, with what another application left in DF 5015",
           {.application = "df = \"5100\"\n", .files = LeftIn5015()}),
      card("EF(ODF) named by EF.DIR", {.files = OdfNamedByEfDir()}, "", "it looks for it in 5031 alone"),
      card("two directories in one file, by index and length", {.files = DirectoriesInOneFile()}, "",
           "it reads whole files alone"),
      card("files padded with FF", {.application = "file_size = 1024\npadding = 255\n"}),
      card("files padded with 00", {.application = "file_size = 1024\npadding = 0\n"}),
      card("own, trusted and useful directory",
           {.certificates = {"", absl::StrCat("directory = \"trusted\"\n", no_key),
                             absl::StrCat(other, no_key)}}),
      card("two directories of one kind", {.certificates = {"", other}, .files = OdfOfTwoDirectories()}, "",
           "it complains of the second without end"),
      card("certificates in one file, by index and length", {.certificates = {window, window}}, "",
           "it reads 0 bytes of each"),
      card("certificate in the directory itself", {.certificates = {"form = \"direct\"\n", ""}}, "",
           "it reads none of the directory"),
      card("SELECT only with answer data", {.card = "refuses_p2_0c = true\n"}, "", "it asks for none"),
      card("T=1", {.card = kPkcs15T1}),
      card("T=1, at most 100 bytes an answer", {.card = absl::StrCat(kPkcs15T1, "largest_answer = 100\n")}),
      card("T=1, at most 255 bytes an answer, certificate in the directory itself",
           {.card = absl::StrCat(kPkcs15T1, "largest_answer = 255\n"),
            .certificates = {"form = \"direct\"\n", ""}},
           "", "it reads none of the directory"),
      card("end of file told as 6282", {.card = "past_end = \"6282\"\n"}),
      card("end of file told as 6700", {.card = "past_end = \"6700\"\n"}, "",
           "it asks for more than there is"),
      card("end of file told as 6B00", {.card = "past_end = \"6B00\"\n"}, "",
           "it asks for more than there is"),
      card("no EF(TokenInfo)", {.application = "token_info = false\n"}, "it needs that file",
           "it needs that file"),
  };
}

std::vector<MatrixCard> IdPrimeCards() {
  const std::string unknown = "it knows no IDPrime";
  const auto card = [&](const std::string& feature, const std::string& image,
                        const std::vector<size_t>& certificates, const std::string& opensc = "") {
    return MatrixCard{"IDPrime", feature, image, certificates, opensc, unknown};
  };
  return {
      card("plain certificates", Image("", "", {{"kxc00", "plain"}, {"ksc01", "plain"}}), {0, 1},
           "before 0.25 it takes them for compressed"),
      card("zlib", Image("", "", {{"kxc00", "zlib"}, {"ksc01", "zlib"}}), {0, 1}),
      card("gzip", Image("", "", {{"kxc00", "gzip"}, {"ksc01", "gzip"}}), {0, 1}),
      card("zlib and gzip, containers in no order",
           Image("", "", {{"kxc03", "zlib"}, {"kxc01", "gzip"}, {"ksc02", "zlib"}}), {1, 2, 0}),
      card("container map without contents",
           Image("", "container_map = false\n", {{"kxc00", "zlib"}, {"ksc01", "zlib"}}), {0, 1}),
      card("T=1", Image(kIdPrimeT1, "", {{"kxc00", "zlib"}, {"ksc01", "zlib"}}), {0, 1},
           "0.23 does not know the ATR"),
      card("SELECT only with answer data",
           Image("refuses_p2_0c = true\n", "", {{"kxc00", "zlib"}, {"ksc01", "zlib"}}), {0, 1}),
      card("at most 100 bytes an answer",
           Image("largest_answer = 100\n", "", {{"kxc00", "zlib"}, {"ksc01", "zlib"}}), {0, 1}),
  };
}

}  // namespace

std::string MatrixCard::Line() const {
  const auto cell = [](const std::string& why_not) {
    return why_not.empty() ? "same" : absl::StrCat("no: ", why_not);
  };
  return absl::StrCat("| ", family, " | ", feature, " | ", cell(opensc), " | ", cell(scdaemon), " |");
}

std::vector<MatrixCard> MatrixCards() {
  std::vector<MatrixCard> cards = Pkcs15Cards();
  for (MatrixCard& card : IdPrimeCards()) cards.push_back(std::move(card));
  return cards;
}

}  // namespace kortvakt::testing
