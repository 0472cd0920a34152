#include "collector/cli/run.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "collector/cli/client.h"
#include "collector/cli/render.h"
#include "collector/cli/text.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

Display DisplayFor(const Options& options, const Environment& environment) {
  Display display;
  display.now = environment.now;
  display.zone = environment.zone;
  // Lists are in English, the language of codes and field names; `workstation`
  // speaks to whoever stands at the desk.
  display.language = options.command == Command::kWorkstation ? options.language : Language::kEnglish;
  if (environment.out_is_terminal) {
    display.width = environment.terminal_width > 0 ? static_cast<size_t>(environment.terminal_width) : 80;
    // no-color.org: any value that is not empty.
    display.colour = environment.Get("NO_COLOR").empty() && environment.Get("TERM") != "dumb";
  }
  return display;
}

template <typename Response>
absl::StatusOr<std::string> Render(const absl::StatusOr<Response>& response, const Options& options,
                                   const Environment& environment) {
  if (!response.ok()) return response.status();
  switch (options.format) {
    case Format::kJson:
      return RenderJson(*response);
    case Format::kCsv:
      return RenderCsv(*response);
    case Format::kTable:
      break;
  }
  return RenderText(*response, DisplayFor(options, environment));
}

// Somebody who asked for one thing is told by the exit code that it is not there.
template <typename Response>
absl::StatusOr<Response> RequireRows(absl::StatusOr<Response> response, bool one_thing, const char* what) {
  if (response.ok() && one_thing && response->total() == 0) {
    return absl::NotFoundError(absl::StrCat("the collector knows no such ", what));
  }
  return response;
}

absl::StatusOr<v1::GetWorkstationResponse> AskWorkstation(QueryClient& client, const Options& options) {
  v1::GetWorkstationRequest request;
  request.set_name(options.name);
  request.set_language(options.language == Language::kSwedish ? "sv" : "en");
  auto response = client.GetWorkstation(request);
  if (response.ok() && !options.site.empty() && response->workstation().site() != options.site) {
    return absl::NotFoundError(absl::StrCat("no workstation '", options.name, "' at site '", options.site,
                                            "'; it is at '", response->workstation().site(), "'"));
  }
  return response;
}

absl::StatusOr<std::string> Ask(QueryClient& client, const Options& options, const Environment& environment) {
  switch (options.command) {
    case Command::kCards: {
      v1::ListCardsRequest request;
      request.set_site(options.site);
      request.set_loa(options.loa);
      request.set_include_idle(options.include_idle);
      request.set_card_id(options.card_id);
      request.set_holder_hsa_id(options.holder);
      const bool one_thing = !options.card_id.empty() || !options.holder.empty();
      return Render(RequireRows(client.ListCards(request), one_thing, "card"), options, environment);
    }
    case Command::kRenewals: {
      v1::ListRenewalsRequest request;
      request.set_site(options.site);
      request.set_loa(options.loa);
      request.set_include_idle(options.include_idle);
      request.set_stage(options.stage);
      if (options.within) request.mutable_within()->set_seconds(absl::ToInt64Seconds(*options.within));
      return Render(client.ListRenewals(request), options, environment);
    }
    case Command::kWorkstations: {
      v1::ListWorkstationsRequest request;
      request.set_site(options.site);
      request.set_state(options.state);
      request.set_finding(options.finding);
      return Render(client.ListWorkstations(request), options, environment);
    }
    case Command::kWorkstation:
      return Render(AskWorkstation(client, options), options, environment);
    case Command::kAlerts: {
      v1::ListAlertsRequest request;
      request.set_site(options.site);
      return Render(client.ListAlerts(request), options, environment);
    }
    case Command::kSummary: {
      v1::GetSummaryRequest request;
      request.set_site(options.site);
      auto response = client.GetSummary(request);
      if (response.ok() && !options.site.empty() && response->sites().empty()) {
        return absl::NotFoundError(absl::StrCat("no site '", options.site, "'"));
      }
      return Render(response, options, environment);
    }
    case Command::kCas:
      break;
  }
  v1::ListCasRequest request;
  request.set_site(options.site);
  return Render(client.ListCas(request), options, environment);
}

// Of an answer of the collector.
int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:  // several workstations have the name
      return kExitNotFound;
    case absl::StatusCode::kInvalidArgument:
      return kExitUsage;
    default:
      return kExitRefused;
  }
}

int Fail(std::ostream& error, absl::string_view message, int exit_code) {
  error << "error: " << Printable(std::string(message)) << "\n";
  return exit_code;
}

}  // namespace

int RunCommand(std::vector<std::string> arguments, const Environment& environment, std::ostream& out,
               std::ostream& error) {
  const ParsedCommand parsed = ParseCommand(std::move(arguments), environment);
  out << parsed.out;
  if (!parsed.error.empty()) return Fail(error, parsed.error, parsed.exit_code);
  if (!parsed.options) return parsed.exit_code;
  const Options& options = *parsed.options;
  auto material = ReadTlsMaterial(options.tls, environment.now);
  if (!material.ok()) {
    const bool ended = absl::IsFailedPrecondition(material.status());
    return Fail(error, material.status().message(), ended ? kExitRefused : kExitUsage);
  }
  QueryClient client(options.collector, *std::move(material), options.timeout);
  const auto text = Ask(client, options, environment);
  if (!text.ok()) return Fail(error, text.status().message(), ExitCodeOf(text.status()));
  out << *text << std::flush;
  if (!out) return Fail(error, "the output could not be written", kExitRefused);
  return kExitDone;
}

}  // namespace kortvakt
