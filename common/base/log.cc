#include "common/base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cstdlib>
#include <memory>
#include <utility>

namespace kortvakt {
namespace {

// "<6>": syslog priority, as sd-daemon(3) reads it.
class PriorityFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
              spdlog::memory_buf_t& out) override {
    char priority = '6';
    if (message.level == spdlog::level::debug) priority = '7';
    if (message.level == spdlog::level::warn) priority = '4';
    if (message.level >= spdlog::level::err) priority = '3';
    const char text[] = {'<', priority, '>'};
    out.append(text, text + sizeof text);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<PriorityFlag>(); }
};

}  // namespace

void StartLog(const std::string& level) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<PriorityFlag>('*');
  formatter->set_pattern(std::getenv("JOURNAL_STREAM") != nullptr ? "%*%v" : "%Y-%m-%dT%H:%M:%SZ %l %v");
  auto logger =
      std::make_shared<spdlog::logger>("kortvakt", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(std::move(formatter));
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
}

void LogAudit(const std::string& line) {
  // The log's sinks and form with a level of its own.
  const std::shared_ptr<spdlog::logger> audit = spdlog::default_logger()->clone("audit");
  audit->set_level(spdlog::level::info);
  audit->info("audit: {}", line);
}

}  // namespace kortvakt
