// Response bytes.
#include "server/writer.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace footlight {

namespace {

void append_number(std::string& out, std::size_t number) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_value(std::string& out, std::string_view value) {
  const std::size_t begin = out.size();
  out.append(value);
  for (std::size_t i = begin + printable_bytes(value); i < out.size(); ++i)
    if (static_cast<unsigned char>(out[i]) < 0x20 || out[i] == 0x7f) out[i] = ' ';
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  append_value(out, value);
  out.append("\r\n");
}

constexpr std::size_t head_bytes = 512;                      // of most answers

// Up to the value of X-Request-Id. Kept by each thread for the second and the status: a date costs more than the rest.
void append_start(std::string& out, int status, Instant received) {
  thread_local std::int64_t second = -1;
  thread_local int of = 0;
  thread_local std::string start;
  if (received.ms / 1000 != second || status != of) {
    second = received.ms / 1000;
    of = status;
    start = "HTTP/1.1 ";
    append_number(start, static_cast<std::size_t>(status));
    start.append(" ").append(reason_phrase(status)).append("\r\nDate: ").append(http_date(received));
    start.append("\r\nServer: footlight\r\nX-Request-Id: ");
  }
  out.append(start);
}

// What the writer alone decides.
bool is_framing(std::string_view name) {
  for (const std::string_view ours : {"Connection", "Content-Length", "Transfer-Encoding", "Content-Type",
                                      "Date", "Server", "X-Request-Id", "X-Content-Type-Options"}) {
    if (equal_ignoring_case(name, ours)) return true;
  }
  return false;
}

}  // namespace

std::string http_date(Instant instant) {
  namespace chrono = std::chrono;
  const chrono::sys_time<chrono::milliseconds> time{chrono::milliseconds(instant.ms)};
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss clock{chrono::floor<chrono::seconds>(time - day)};
  static constexpr const char* weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                weekdays[chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

void append_response(std::string& out, const HttpResponse& response, const HttpRequest& request,
                     std::string_view connection) {
  out.reserve(out.size() + head_bytes + response.body.size());
  append_start(out, response.status, request.received);
  append_value(out, request.request_id);
  out.append("\r\nX-Content-Type-Options: nosniff\r\n");
  for (std::size_t i = 0; i < response.headers.size(); ++i) {
    const Headers::Field field = response.headers[i];
    if (!is_framing(field.name)) append_field(out, field.name, field.value);
  }
  const bool is_bodiless = response.status == 204 || response.status == 304;
  if (!response.content_type.empty()) append_field(out, "Content-Type", response.content_type);
  if (!is_bodiless) {
    out.append("Content-Length: ");
    append_number(out, response.body.size());
    out.append("\r\n");
  }
  if (!connection.empty()) append_field(out, "Connection", connection);
  out.append("\r\n");
  if (!is_bodiless && request.method != "HEAD") out.append(response.body);
}

}  // namespace footlight
