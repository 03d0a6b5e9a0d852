// Lines through spdlog, which makes them whole under many threads.
#include "server/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <string>
#include <utility>

namespace footlight {

namespace {

std::string_view name_of(Log::Level level) {
  constexpr std::string_view names[] = {"debug", "info", "warning", "error"};
  return names[static_cast<std::size_t>(level)];
}

std::shared_ptr<spdlog::sinks::sink> sink_to(std::ostream* to) {
  if (to) return std::make_shared<spdlog::sinks::ostream_sink_mt>(*to);
  return std::make_shared<spdlog::sinks::stderr_sink_mt>();
}

// Values quote requests, which need not be UTF-8; a line must be.
void append_field(std::string& line, std::string_view name, const Value& value) {
  line += ',';
  append_json_string(line, name);
  line += ':';
  if (value.is_string()) {
    append_json_string(line, as_utf8(value.string()));
  } else {
    append_json(line, value);
  }
}

}  // namespace

struct Log::Impl {
  explicit Impl(Options wanted)
      : options(std::move(wanted)),
        least(options.quiet ? std::max(options.least, Level::warning) : options.least),
        logger("footlight", sink_to(options.to)) {
    logger.set_pattern("%v");
    logger.set_level(spdlog::level::trace);  // `least` decides
  }

  void write(std::string_view line) const { logger.log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size())); }

  Options options;
  Level least;
  mutable spdlog::logger logger;
};

Log::Log(Options options) : impl_(std::make_unique<const Impl>(std::move(options))) {}

Log::~Log() = default;

void Log::write(Level level, std::string_view message, const std::vector<Field>& fields) const {
  if (level < impl_->least) return;
  std::string line = "{\"time\":";
  append_json_string(line, to_text(impl_->options.now()));
  append_field(line, "level", name_of(level));
  append_field(line, "message", message);
  for (const Field& field : fields) append_field(line, field.name, field.value);
  line += '}';
  impl_->write(line);
}

// Written for each request, so without a document in between.
void Log::answered(const Answered& answered) const {
  const auto& [request, response, took_us] = answered;
  const Level level = response.status >= 500 ? Level::error : Level::info;
  if (level < impl_->least) return;
  thread_local std::string line;
  const auto text = [](std::string_view name, std::string_view value) {
    line.append(",\"").append(name).append("\":");
    if (is_utf8(value)) append_json_string(line, value);
    else append_json_string(line, as_utf8(value));
  };
  line.assign("{\"time\":\"").append(to_text(impl_->options.now())).append("\"");
  text("level", name_of(level));
  text("message", "answered");
  text("request_id", request.request_id);
  text("method", request.method);
  text("path", std::string_view(request.target).substr(0, request.target.find('?')));
  line.append(",\"status\":").append(std::to_string(response.status)).append(",\"ms\":");
  append_json_number(line, static_cast<double>(took_us) / 1000);
  text("caller", response.caller);
  text("route", response.route);
  text("peer", request.peer);
  if (!response.defect.empty()) text("defect", response.defect);
  line += '}';
  impl_->write(line);
}

}  // namespace footlight
