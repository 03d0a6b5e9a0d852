// Response bytes.
#include "server/writer.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace footlight {

namespace {

// Writes a header into memory that has room for all of it.
class Head {
 public:
  explicit Head(char* begin) : at_(begin) {}
  char* end() const { return at_; }

  Head& operator<<(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  Head& operator<<(std::size_t number) {
    at_ = std::to_chars(at_, at_ + number_bytes_max, number).ptr;
    return *this;
  }
  // Of somebody else's making: control characters become blanks.
  Head& value(std::string_view text) {
    *this << text;
    for (char* c = at_ - (text.size() - printable_bytes(text)); c != at_; ++c)
      if (static_cast<unsigned char>(*c) < 0x20 || *c == 0x7f) *c = ' ';
    return *this;
  }

  static constexpr std::size_t number_bytes_max = 20;

 private:
  char* at_;
};

// Up to the value of X-Request-Id. Kept by each thread for the second and the status: a date costs more than the rest.
std::string_view start_of(int status, Instant received) {
  thread_local std::int64_t second = -1;
  thread_local int of = 0;
  thread_local std::string start;
  if (received.ms / 1000 != second || status != of) {
    second = received.ms / 1000;
    of = status;
    start = "HTTP/1.1 " + std::to_string(status) + " ";
    start.append(reason_phrase(status)).append("\r\nDate: ").append(http_date(received));
    start.append("\r\nServer: footlight\r\nX-Request-Id: ");
  }
  return start;
}

// What the writer alone decides.
bool is_framing(std::string_view name) {
  for (const std::string_view ours :
       {"Connection", "Content-Length", "Transfer-Encoding", "Content-Type", "Date", "Server", "X-Request-Id", "X-Content-Type-Options"}) {
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
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT", weekdays[chrono::weekday(day).c_encoding()],
                static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

void append_response(std::string& out, const HttpResponse& response, const HttpRequest& request, std::string_view connection) {
  const std::string_view start = start_of(response.status, request.received);
  std::size_t bytes_max = 256 + start.size() + request.request_id.size() + response.content_type.size() + connection.size();
  for (std::size_t i = 0; i < response.headers.size(); ++i)
    bytes_max += response.headers[i].name.size() + response.headers[i].value.size() + 4;
  thread_local std::string memory;  // no answer's own: a string would write zeros first
  if (memory.size() < bytes_max) memory.resize(bytes_max);

  Head head(memory.data());
  head << start;
  head.value(request.request_id) << "\r\nX-Content-Type-Options: nosniff\r\n";
  for (std::size_t i = 0; i < response.headers.size(); ++i) {
    const Headers::Field field = response.headers[i];
    if (!is_framing(field.name)) (head << field.name << ": ").value(field.value) << "\r\n";
  }
  const bool is_bodiless = response.status == 204 || response.status == 304;
  if (!response.content_type.empty()) (head << "Content-Type: ").value(response.content_type) << "\r\n";
  if (!is_bodiless) head << "Content-Length: " << response.body.size() << "\r\n";
  if (!connection.empty()) head << "Connection: " << connection << "\r\n";
  head << "\r\n";
  const std::size_t head_bytes = static_cast<std::size_t>(head.end() - memory.data());
  const bool has_body = !is_bodiless && request.method != "HEAD";
  out.reserve(out.size() + head_bytes + (has_body ? response.body.size() : 0));
  out.append(memory.data(), head_bytes);
  if (has_body) out.append(response.body);
}

}  // namespace footlight
