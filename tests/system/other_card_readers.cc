#include "tests/system/other_card_readers.h"

#include <filesystem>
#include <fstream>
#include <regex>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/support/pcsc/run_program.h"

namespace kortvakt::testing {
namespace {

void Write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

// What scdaemon answers to each of `commands`: the lines before its OK; none where it says ERR.
std::vector<std::vector<std::string>> AskScdaemon(const std::vector<std::string>& commands,
                                                  const std::string& folder) {
  std::string input;
  for (const std::string& command : commands) absl::StrAppend(&input, command, "\n");
  Write(folder + "/commands", absl::StrCat(input, "BYE\n"));
  // At most 1 MiB of output: some directories make scdaemon 2.2.40 complain without end.
  const Outcome outcome = RunProgram(
      {"/usr/bin/prlimit", "--fsize=1048576", "/usr/lib/gnupg/scdaemon", "--homedir", folder, "--server"},
      {.folder = folder, .input = folder + "/commands"});
  std::vector<std::vector<std::string>> answers(1);
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(outcome.out, '\n'))) {
    const bool failed = absl::StartsWith(line, "ERR ");
    if (failed) answers.back().clear();
    if (failed || line == "OK" || absl::StartsWith(line, "OK ")) {
      answers.emplace_back();
    } else {
      answers.back().push_back(line);
    }
  }
  answers.erase(answers.begin());  // the greeting
  answers.resize(commands.size());
  return answers;
}

// The data of an answer: lines "D ...", with %25, %0D and %0A for what would end a line.
Bytes AssuanData(const std::vector<std::string>& answer) {
  std::string data;
  for (absl::string_view line : answer) {
    if (!absl::ConsumePrefix(&line, "D ")) continue;
    for (size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '%' && i + 2 < line.size()) {
        const absl::StatusOr<Bytes> byte = FromHex(std::string(line.substr(i + 1, 2)));
        if (!byte.ok() || byte->empty()) return {};
        data.push_back(static_cast<char>(byte->front()));
        i += 2;
      } else {
        data.push_back(line[i]);
      }
    }
  }
  const ByteView bytes = AsBytes(data);
  return Bytes(bytes.begin(), bytes.end());
}

// The first certificate of a PEM text as DER, by OpenSSL's program.
Bytes DerOf(const std::string& pem, const std::string& folder) {
  Write(folder + "/certificate.pem", pem);
  const Outcome der =
      RunProgram({"/usr/bin/openssl", "x509", "-in", folder + "/certificate.pem", "-outform", "DER"},
                 {.folder = folder});
  const ByteView bytes = AsBytes(der.out);
  return Bytes(bytes.begin(), bytes.end());
}

}  // namespace

std::vector<Bytes> OpenScCertificates(const std::string& reader, const std::string& folder) {
  Write(folder + "/opensc.conf", "app default { framework pkcs15 { use_file_caching = no; } }\n");
  const auto run = [&](const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {"/usr/bin/pkcs15-tool", "--reader", reader};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return RunProgram(command, {.folder = folder,
                                .environment = {{"HOME", folder}, {"OPENSC_CONF", folder + "/opensc.conf"}}});
  };
  const Outcome list = run({"--list-certificates"});
  std::vector<Bytes> certificates;
  static const std::regex id("\n\tID *: ([0-9a-f]+)");
  for (std::sregex_iterator it(list.out.begin(), list.out.end(), id), end; it != end; ++it) {
    const Outcome read = run({"--read-certificate", (*it)[1].str()});
    Bytes der = read.exit_code == 0 ? DerOf(read.out, folder) : Bytes{};
    if (!der.empty()) certificates.push_back(std::move(der));
  }
  return certificates;
}

std::vector<Bytes> ScdaemonCertificates(const std::string& reader, const std::string& folder) {
  const std::string home = folder + "/gnupg";
  std::filesystem::create_directories(home);
  std::filesystem::permissions(home, std::filesystem::perms::owner_all);
  // The card may be open in another program; by PC/SC, not by its own USB driver.
  Write(home + "/scdaemon.conf", absl::StrCat("disable-ccid\npcsc-shared\nreader-port ", reader, "\n"));
  std::vector<std::string> commands = {"SERIALNO"};
  const std::vector<std::vector<std::string>> learnt = AskScdaemon({"SERIALNO", "LEARN --force"}, home);
  for (const std::string& line : learnt[1]) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');  // "S CERTINFO 100 P15.45 LABEL"
    if (words.size() >= 4 && words[0] == "S" && words[1] == "CERTINFO") {
      commands.push_back(absl::StrCat("READCERT ", words[3]));
    }
  }
  std::vector<Bytes> certificates;
  for (const std::vector<std::string>& answer : AskScdaemon(commands, home)) {
    Bytes der = AssuanData(answer);
    if (!der.empty()) certificates.push_back(std::move(der));
  }
  return certificates;
}

}  // namespace kortvakt::testing
