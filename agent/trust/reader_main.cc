// kortvakt-trust-reader: the agent's helper. Reads what other people's code or
// other people's files are needed for, in a process that has no more rights than
// whose files they are, and answers on standard output (store_reading.h): exit code
// 0; or why it cannot, exit code 1. Not for people to run.
//
//   kortvakt-trust-reader home UID GID FOLDER    known digests on standard input
//   kortvakt-trust-reader p11-kit UID GID        nothing on standard input
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "agent/trust/become_user.h"
#include "agent/trust/home_reader.h"
#include "agent/trust/p11_kit_reader.h"
#include "agent/trust/reader_process.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

absl::StatusOr<KnownDigests> ReadKnownDigests() {
  KnownDigests known;
  for (std::string line; std::getline(std::cin, line);) {
    if (line.size() != 64 || known.size() == kMaxReadings)
      return absl::InvalidArgumentError("bad standard input");
    known.insert(line);
  }
  return known;
}

absl::Status Answer(const std::vector<StoreReading>& readings) {
  const std::string answer = EncodeReadings(readings);
  for (size_t done = 0; done < answer.size();) {
    const ssize_t written = write(STDOUT_FILENO, answer.data() + done, answer.size() - done);
    if (written < 0 && errno != EINTR) return ErrnoStatus(errno, "answering");
    if (written > 0) done += static_cast<size_t>(written);
  }
  return absl::OkStatus();
}

absl::Status Run(const std::vector<std::string>& arguments) {
  const bool home = arguments.size() == 4 && arguments[0] == "home";
  const bool p11_kit = arguments.size() == 3 && arguments[0] == "p11-kit";
  uint32_t uid = 0;
  uint32_t gid = 0;
  if ((!home && !p11_kit) || !absl::SimpleAtoi(arguments[1], &uid) || !absl::SimpleAtoi(arguments[2], &gid)) {
    return absl::InvalidArgumentError("this program is the agent's helper; run kortvakt-agent");
  }
  RETURN_IF_ERROR(BecomeUser(uid, gid));
  RETURN_IF_ERROR(LimitYourself(kReaderTime));
  if (p11_kit) return Answer({ReadP11Kit(kP11KitTrustModule, "")});
  ASSIGN_OR_RETURN(const KnownDigests known, ReadKnownDigests());
  const absl::StatusOr<HomeFolder> folder = HomeFolder::Open(arguments[3]);
  // Many accounts have a home that is not there or another's: nobody works there.
  const absl::StatusCode code = folder.status().code();
  if (code == absl::StatusCode::kNotFound || code == absl::StatusCode::kPermissionDenied) return Answer({});
  RETURN_IF_ERROR(folder.status());
  return Answer(folder->IsMine() ? ReadHome(*folder, known) : std::vector<StoreReading>());
}

}  // namespace
}  // namespace kortvakt

int main(int argc, char** argv) {
  const absl::Status status = kortvakt::Run({argv + 1, argv + argc});
  if (status.ok()) return 0;
  std::fputs(std::string(status.message()).c_str(), stdout);
  if (isatty(STDOUT_FILENO) == 1) std::fputc('\n', stdout);  // somebody tried it by hand
  return 1;
}
