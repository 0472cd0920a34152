#include "collector/cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <sstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "collector/cli/config.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/base/usage_error.h"
#include "common/base/version.h"

namespace kortvakt {
namespace {

// As typed; turned into Options afterwards.
struct Typed {
  std::string config;
  std::string collector;
  TlsPaths tls;
  std::string format;
  std::string lang;
  std::string timeout;
  std::string within;
  std::string loa;
  Options options;
};

ParsedCommand Refuse(absl::string_view error) {
  return {.options = std::nullopt, .out = "", .error = std::string(error), .exit_code = kExitUsage};
}

// Without the list that CLI11 would add to the type's name, which has it already.
CLI::Validator OneOf(const std::vector<std::string>& words) { return CLI::IsMember(words).description(""); }

constexpr char kFooter[] =
    "Defaults come from ~/.config/kortvakt/config.toml.\n"
    "Exit status: 0 done, 1 not found, 2 usage, 3 could not reach the collector or it refused.";

void AddCommands(CLI::App& app, Typed& typed) {
  Options& options = typed.options;
  const auto add = [&](const char* name, const char* help, Command command) {
    CLI::App* sub = app.add_subcommand(name, help);
    sub->footer("kortvakt --help tells the options of all commands.");
    sub->fallthrough();  // options of all commands may stand behind the command too
    sub->callback([&options, command] { options.command = command; });
    return sub;
  };
  const auto add_card_filters = [&](CLI::App* sub) {
    sub->add_option("--loa", typed.loa, "Only this level of assurance")
        ->check(OneOf({"2", "3", "unknown"}))
        ->type_name("2|3|unknown");
    sub->add_flag("--idle", options.include_idle, "Also cards that have not been seen for long");
  };

  CLI::App* cards = add("cards", "Cards of the fleet, soonest end first", Command::kCards);
  add_card_filters(cards);
  cards->add_option("--card", options.card_id, "Only the card whose id begins so (8 hex digits or more)")
      ->type_name("ID");
  cards->add_option("--holder", options.holder, "Only cards of this holder (role operator)")
      ->type_name("HSA-ID");

  CLI::App* renewals = add("renewals", "Cards to be renewed, most urgent first", Command::kRenewals);
  add_card_filters(renewals);
  renewals->add_option("--within", typed.within, "Also those that become due within so long, such as 12w")
      ->type_name("TIME");
  renewals->add_option("--stage", options.stage, "Only this stage")
      ->check(OneOf({"8w", "4w", "2w", "1w", "expired"}))
      ->type_name("8w|4w|2w|1w|expired");

  CLI::App* workstations = add("workstations", "Workstations, by host name", Command::kWorkstations);
  workstations->add_option("--state", options.state, "Only in this state; all but retired when not given")
      ->check(OneOf({"reporting", "late", "silent", "retired"}))
      ->type_name("reporting|late|silent|retired");
  workstations->add_option("--finding", options.finding, "Only with this finding, such as ROOT_MISSING")
      ->type_name("CODE");

  CLI::App* workstation =
      add("workstation", "One workstation: what is wrong, and what to do", Command::kWorkstation);
  workstation->add_option("name", options.name, "Host name or UUID")->required()->type_name("NAME");

  add("alerts", "Open alerts, most severe first", Command::kAlerts);
  add("summary", "The fleet in numbers, by site", Command::kSummary);
  add("cas", "Catalogued CAs, and where required ones are missing", Command::kCas);
}

void AddCommonOptions(CLI::App& app, Typed& typed) {
  app.set_version_flag("--version", absl::StrCat("kortvakt ", kVersion));
  app.add_option("--config", typed.config, "Configuration file")->type_name("FILE");
  app.add_option("--collector", typed.collector, "Collector to ask")->type_name("HOST:PORT");
  app.add_option("--cert", typed.tls.certificate, "Client certificate, PEM")->type_name("FILE");
  app.add_option("--key", typed.tls.key, "Its private key, PEM")->type_name("FILE");
  app.add_option("--ca", typed.tls.ca, "CA of the collector's certificate, PEM")->type_name("FILE");
  app.add_option("--site", typed.options.site, "Only this site")->type_name("SITE");
  app.add_option("--format", typed.format, "How to print (default: table)")
      ->check(OneOf({"table", "json", "csv"}))
      ->type_name("table|json|csv");
  app.add_option("--lang", typed.lang, "Language of advice (default: by LANG)")
      ->check(OneOf({"sv", "en"}))
      ->type_name("sv|en");
  app.add_option("--timeout", typed.timeout, "Give up after this time (default: 30s)")->type_name("TIME");
}

Language LanguageBy(const Environment& environment) {
  // locale(7): the first that is set counts.
  for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const std::string value = environment.Get(variable);
    if (!value.empty()) return value.rfind("sv", 0) == 0 ? Language::kSwedish : Language::kEnglish;
  }
  return Language::kEnglish;
}

absl::StatusOr<OperatorConfig> FindConfig(const std::string& given, const Environment& environment) {
  const std::string home = environment.Get("HOME");
  if (!given.empty()) return ReadOperatorConfig(given, home);
  std::filesystem::path folder = environment.Get("XDG_CONFIG_HOME");
  // XDG Base Directory Specification: a relative path is to be ignored.
  if (!folder.is_absolute()) {
    if (home.empty()) return OperatorConfig{};
    folder = std::filesystem::path(home) / ".config";
  }
  const std::string path = (folder / "kortvakt" / "config.toml").string();
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return OperatorConfig{};
  return ReadOperatorConfig(path, home);
}

absl::StatusOr<absl::Duration> Positive(const std::string& option, const std::string& text) {
  auto duration = ParseDuration(text);
  if (!duration.ok()) return Annotate(duration.status(), option);
  if (*duration <= absl::ZeroDuration() || *duration > absl::Hours(24 * 366 * 20)) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, ": '", text, "' is out of range; more than 0, at most 20 years"));
  }
  return duration;
}

absl::Status CheckCardId(std::string& id) {
  std::transform(id.begin(), id.end(), id.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  const bool hex = id.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (hex && id.size() >= 8 && id.size() <= 64) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--card: '", id,
                   "' is not the start of a card's id; give 8 to 64 hex digits, as "
                   "`kortvakt cards` shows them"));
}

const std::string& FirstSet(const std::string& typed, const std::string& configured) {
  return typed.empty() ? configured : typed;
}

absl::StatusOr<Options> Complete(Typed& typed, const Environment& environment) {
  ASSIGN_OR_RETURN(const OperatorConfig config, FindConfig(typed.config, environment));
  Options options = typed.options;
  options.tls = {.ca = FirstSet(typed.tls.ca, config.ca),
                 .certificate = FirstSet(typed.tls.certificate, config.cert),
                 .key = FirstSet(typed.tls.key, config.key)};
  const std::string& format = FirstSet(typed.format, config.format);
  options.format = format == "json" ? Format::kJson : format == "csv" ? Format::kCsv : Format::kTable;
  const std::string& lang = FirstSet(typed.lang, config.lang);
  options.language =
      lang.empty() ? LanguageBy(environment) : (lang == "sv" ? Language::kSwedish : Language::kEnglish);
  options.timeout = config.timeout;
  if (!typed.timeout.empty()) {
    ASSIGN_OR_RETURN(options.timeout, Positive("--timeout", typed.timeout));
  }
  if (!typed.within.empty()) {
    ASSIGN_OR_RETURN(options.within, Positive("--within", typed.within));
  }
  options.loa = typed.loa == "2"         ? v1::LOA_2
                : typed.loa == "3"       ? v1::LOA_3
                : typed.loa == "unknown" ? v1::LOA_UNKNOWN
                                         : v1::LOA_UNSPECIFIED;
  if (!options.card_id.empty()) RETURN_IF_ERROR(CheckCardId(options.card_id));

  const std::string& collector = FirstSet(typed.collector, config.collector);
  const auto required = [](const char* option, const char* key, const std::string& value) {
    if (!value.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("give ", option, ", or set `", key, "` in ~/.config/kortvakt/config.toml"));
  };
  RETURN_IF_ERROR(required("--collector HOST:PORT", "collector", collector));
  RETURN_IF_ERROR(required("--cert FILE", "cert", options.tls.certificate));
  RETURN_IF_ERROR(required("--key FILE", "key", options.tls.key));
  RETURN_IF_ERROR(required("--ca FILE", "ca", options.tls.ca));
  ASSIGN_OR_RETURN(options.collector, ParseServerAddress(collector, kCollectorPort));
  return options;
}

}  // namespace

std::string Environment::Get(const std::string& variable) const {
  const auto found = variables.find(variable);
  return found == variables.end() ? "" : found->second;
}

ParsedCommand ParseCommand(std::vector<std::string> arguments, const Environment& environment) {
  Typed typed;
  CLI::App app("Asks the Kortvakt collector about cards, workstations and their certificates.", "kortvakt");
  app.footer(kFooter);
  app.require_subcommand(1);
  AddCommonOptions(app, typed);
  AddCommands(app, typed);
  std::reverse(arguments.begin(), arguments.end());  // as CLI11's parse takes them
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::Success& help_or_version) {
    std::ostringstream out;
    std::ostringstream ignored;
    app.exit(help_or_version, out, ignored);
    return {.options = std::nullopt, .out = out.str(), .error = "", .exit_code = kExitDone};
  } catch (const CLI::ParseError& error) {
    return Refuse(UsageError(app, error));
  }
  auto options = Complete(typed, environment);
  if (!options.ok()) return Refuse(options.status().message());
  return {.options = *std::move(options), .out = "", .error = "", .exit_code = kExitDone};
}

}  // namespace kortvakt
