#include "agent/readers/card_job.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/pcsc/pcsc_status.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

using Outcome = ReaderPlan::Outcome;

// Whether the insertion is still `job.events`, asked of the service, not the card.
absl::Status CheckInsertion(PcscContext& context, const CardJob& job, bool check_in_use) {
  std::vector<ReaderStatus> now(1);
  now[0].name = job.reader;
  RETURN_IF_ERROR(context.Wait(now, absl::ZeroDuration()));
  if (!now[0].present || now[0].events != job.events) return absl::UnavailableError("the card was pulled");
  if (now[0].exclusive || (check_in_use && now[0].in_use)) {
    return absl::FailedPreconditionError("another program uses the card");
  }
  return absl::OkStatus();
}

// That nobody reset or pulled the card behind our back: a transaction would tell.
absl::Status CheckHandle(CardSession& session) { return session.Begin().status(); }

absl::StatusOr<CardContents> Read(CardJob& job, const Clock& clock) {
  ASSIGN_OR_RETURN(const std::unique_ptr<PcscContext> context, PcscContext::Establish());
  RETURN_IF_ERROR(CheckInsertion(*context, job, job.check_in_use));
  absl::StatusOr<std::unique_ptr<CardSession>> session =
      context->Connect(job.reader, job.options.budget, clock, job.control);
  // Here, and only here, these two speak of the card's answer to reset.
  if (absl::IsDataLoss(session.status())) {
    CardContents mute;
    mute.state = CardState::kMute;
    mute.detail = std::string(session.status().message());
    return mute;
  }
  RETURN_IF_ERROR(session.status());
  ASSIGN_OR_RETURN(CardContents contents, job.known.empty() ? job.options.read(**session)
                                                            : job.options.refresh(**session, job.known));
  RETURN_IF_ERROR(CheckHandle(**session));
  session->reset();  // let go of the card before anything else
  RETURN_IF_ERROR(CheckInsertion(*context, job, /*check_in_use=*/false));
  return contents;
}

}  // namespace

CardContents GivenUp(const std::string& detail) {
  CardContents contents;
  contents.state = CardState::kUnreadable;
  contents.detail = absl::StrCat("given up after some attempts: ", detail);
  return contents;
}

CardResult RunCardJob(CardJob& job, const Clock& clock) {
  absl::StatusOr<CardContents> contents = Read(job, clock);
  CardResult result;
  if (contents.ok()) {
    result.contents = *std::move(contents);
    return result;
  }
  result.detail = std::string(contents.status().message());
  switch (contents.status().code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kCancelled:
      result.outcome = Outcome::kRetry;
      break;
    case absl::StatusCode::kFailedPrecondition:  // of the service; a card's own never gets here
    case absl::StatusCode::kAborted:
      result.outcome = Outcome::kBusy;
      break;
    default:
      result.contents.state = CardState::kUnreadable;
      result.contents.detail = result.detail;
      break;
  }
  return result;
}

}  // namespace kortvakt
