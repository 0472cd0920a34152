// Asking revocation and download servers, one after another.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/probe/connection.h"
#include "agent/revocation/fetch.h"
#include "agent/revocation/questions.h"
#include "common/base/time.h"
#include "common/snapshot/revocation_facts.h"

namespace kortvakt {

// One round of questions. A list that several certificates need is fetched once (the last
// one is kept for the round), and a server that gave no answer at all is not asked again. Not thread-safe.
class RevocationRound {
 public:
  struct Options {
    std::vector<std::string> hosts;  // that may be asked
    ProbeLimit limit;                // for the whole round
    absl::Duration each = absl::Seconds(30);
    // Told each address before it is asked.
    std::function<void(const std::string& url)> progress = [](const std::string&) {};
  };
  // `fetcher` and `clock` must outlive it.
  RevocationRound(Fetcher& fetcher, const Clock& clock, Options options);

  // What each server that was asked says: OCSP responders first, then lists, until one
  // tells, which is the last then; a responder's "unknown" does not (RFC 6960, 2.2). Only those
  // that had their time: empty where none was left. kCancelled: told to stop; kInternal: a
  // failure of our own, which says nothing about a server.
  absl::StatusOr<std::vector<RevocationCheck>> Ask(const RevocationQuestion& question);

  // Absent where no time is left. kCancelled, kInternal.
  absl::StatusOr<std::vector<CaDownload>> Ask(const CaQuestion& question);

 private:
  bool TimeIsUp() const;
  // What came, at most `max_bytes`. kPermissionDenied: it may not be asked; kDeadlineExceeded:
  // the round ended before the server's time; else as Fetcher::Fetch.
  absl::StatusOr<std::string> Fetch(const std::string& url, const std::string& ocsp_request,
                                    size_t max_bytes);
  absl::StatusOr<RevocationCheck> AskOne(const RevocationQuestion& question, RevocationSource source,
                                         const std::string& url);

  Fetcher& fetcher_;
  const Clock& clock_;
  const Options options_;
  std::map<std::string, std::string> silent_;  // server: why
  std::string list_url_;
  std::string list_;
};

}  // namespace kortvakt
