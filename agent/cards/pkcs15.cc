#include "agent/cards/pkcs15.h"

#include <utility>
#include <vector>

#include "agent/cards/evidence.h"
#include "agent/cards/pkcs15_application.h"
#include "agent/cards/pkcs15_directory.h"
#include "agent/cards/pkcs15_files.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

// "PKCS-15" under its registered identifier (PKCS#15 v1.1, 5.6).
const Bytes kPkcs15Aid = {0xA0, 0x00, 0x00, 0x00, 0x63, 0x50, 0x4B, 0x43, 0x53, 0x2D, 0x31, 0x35};
// ESIGN (CWA 14890): under it some Swedish cards list their certificates as well.
const Bytes kEsignAid = {0xA0, 0x00, 0x00, 0x01, 0x67, 0x45, 0x53, 0x49, 0x47, 0x4E};

const Bytes kUsualDf(std::begin(kPkcs15Df), std::end(kPkcs15Df));
const Pkcs15Path kUsualOdf = {.path = Bytes(std::begin(kPkcs15Odf), std::end(kPkcs15Odf))};
const Bytes kEfDir = {0x2F, 0x00};  // ISO/IEC 7816-4, 12.2.3

constexpr size_t kMaxApplications = 8;

// What looking at one place for a file system brought.
struct Look {
  bool selected = false;  // the application answers
  bool found = false;     // … and has an object directory
  std::optional<CardContents> contents;
};

// Selects `application` by its identifier if it has one, and reads its file system: in its DF
// where that is known, else in what was selected, or (PKCS#15's own) in DF 5015.
absl::StatusOr<Look> LookOnce(FileReader& files, const ApplicationEntry& application) {
  RETURN_IF_ERROR(files.Begin());
  Look look;
  if (!application.aid.empty()) {
    const absl::Status status = files.SelectApplication(application.aid);
    if (!status.ok() && !IsCardFault(status)) return status;
    look.selected = status.ok();
  }
  std::vector<std::optional<Bytes>> places;
  if (application.path) places.push_back(application.path);
  if (look.selected) places.push_back(std::nullopt);
  if (look.selected && !application.path && application.aid == kPkcs15Aid) places.push_back(kUsualDf);
  absl::Status fault;
  for (const std::optional<Bytes>& place : places) {
    Pkcs15Application reader(files, application.aid, place);
    const absl::Status status = reader.ReadObjectDirectory(application.odf.value_or(kUsualOdf));
    if (status.ok()) {
      look.found = true;
      ASSIGN_OR_RETURN(look.contents, reader.ReadContents());
      return look;
    }
    if (!IsCardFault(status)) return status;
    if (fault.ok()) fault = status;
  }
  files.End();
  // Of another application nobody expects an object directory.
  const bool expected = application.aid == kPkcs15Aid || application.aid == kEsignAid;
  if (!look.selected || application.path || !expected) return look;
  look.contents.emplace();
  look.contents->family = CardFamily::kPkcs15;
  look.contents->state = CardState::kUnreadable;
  Evidence evidence;
  evidence.Add("EF.ODF 5031", fault);
  look.contents->detail = evidence.Text();
  return look;
}

absl::StatusOr<Look> LookAt(FileReader& files, const ApplicationEntry& application) {
  files.ForgetApplication();
  ASSIGN_OR_RETURN(Look look, LookOnce(files, application));
  if (!look.found || !files.MayHaveStoppedEarly()) return look;
  files.ReadOnAfterShortAnswers();
  return LookOnce(files, application);
}

// Applications of EF.DIR, those first that hold certificates on Swedish cards.
absl::StatusOr<std::vector<ApplicationEntry>> ReadApplicationDirectory(FileReader& files) {
  RETURN_IF_ERROR(files.Begin());
  const FilePath file{.from_mf = true, .path = kEfDir};
  const absl::StatusOr<Bytes> contents = files.Read(ReadOf({.file = file}));
  if (!contents.ok() && !IsCardFault(contents.status())) return contents.status();
  std::vector<ApplicationEntry> applications;
  if (contents.ok()) {
    applications = ParseApplicationDirectory(*contents);
  } else if (!absl::IsNotFound(contents.status())) {
    // A record file refuses READ BINARY (ISO/IEC 7816-4: 6981).
    const absl::StatusOr<std::vector<Bytes>> records = files.ReadRecords(file);
    if (!records.ok() && !IsCardFault(records.status())) return records.status();
    for (const Bytes& record : records.value_or(std::vector<Bytes>{})) {
      for (ApplicationEntry& entry : ParseApplicationDirectory(record))
        applications.push_back(std::move(entry));
    }
  }
  files.End();
  const auto rank = [](const ApplicationEntry& entry) {
    if (entry.aid == kPkcs15Aid) return 0;
    return entry.aid == kEsignAid ? 1 : 2;
  };
  std::vector<ApplicationEntry> ranked;
  for (const int wanted : {0, 1, 2}) {
    for (const ApplicationEntry& entry : applications) {
      if (rank(entry) == wanted && ranked.size() < kMaxApplications) ranked.push_back(entry);
    }
  }
  return ranked;
}

}  // namespace

absl::StatusOr<std::optional<CardContents>> Pkcs15Search::ByIdentifier() {
  ASSIGN_OR_RETURN(Look look, LookAt(files_, {.aid = kPkcs15Aid}));
  selected_ = look.selected;
  found_ = look.found;
  return std::move(look.contents);
}

absl::StatusOr<std::optional<CardContents>> Pkcs15Search::Elsewhere() {
  ASSIGN_OR_RETURN(std::vector<ApplicationEntry> applications, ReadApplicationDirectory(files_));
  if (!selected_) {
    applications.push_back({.path = kUsualDf});
    applications.push_back({.path = Bytes{}});
  }
  std::optional<CardContents> best;
  for (const ApplicationEntry& application : applications) {
    if (found_ && application.aid == kPkcs15Aid) continue;
    ASSIGN_OR_RETURN(Look look, LookAt(files_, application));
    if (!look.contents) continue;
    best = best ? BetterOf(*std::move(best), *std::move(look.contents)) : *std::move(look.contents);
    if (!best->certificates.empty()) break;
  }
  return best;
}

CardContents BetterOf(CardContents first, CardContents second) {
  if (!first.certificates.empty() || second.certificates.empty()) return first;
  // Certificates may come into the empty one, of which nothing tells whether it is unchanged.
  if (first.state == CardState::kEmpty) second.freshness.clear();
  return second;
}

}  // namespace kortvakt
