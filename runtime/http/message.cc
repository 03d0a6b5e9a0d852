// Headers, targets and percent escapes.
#include "http/message.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace footlight {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// `plus_is_blank` in queries, where forms write it so.
Result<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return refuse(Code::bad_request,
                      "the target has a broken percent escape `" + std::string(text.substr(i, 3)) + "`: write a `%` as `%25`");
      }
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_blank) {
      c = ' ';
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) { return refuse(Code::bad_request, "the target holds a control character"); }
    decoded += c;
  }
  if (!is_utf8(decoded)) return refuse(Code::bad_request, "the target is not UTF-8 once decoded");
  return decoded;
}

Status read_path(std::string_view path, std::vector<std::string>& segments) {
  for (std::size_t start = 1;;) {
    const std::size_t slash = path.find('/', start);
    auto segment = percent_decode(path.substr(start, slash - start), false);
    if (!segment.ok()) return segment.error();
    // Proxies resolve these and we do not: whoever stands in front would have checked another path.
    if (*segment == "." || *segment == "..") { return refuse(Code::bad_request, "the path holds `" + *segment + "`: send it resolved"); }
    segments.push_back(std::move(*segment));
    if (slash == std::string_view::npos) return Done{};
    start = slash + 1;
  }
}

Status read_query(std::string_view query, std::multimap<std::string, std::string, std::less<>>& parameters) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto key = percent_decode(pair.substr(0, equals), true);
    if (!key.ok()) return key.error();
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!value.ok()) return value.error();
    parameters.emplace(std::move(*key), std::move(*value));
  }
  return Done{};
}

}  // namespace

// Eight at a time: a byte with its highest bit set in `odd` is below 0x20, 0x7f or above.
std::size_t printable_bytes(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101'0101'0101'0101U, highs = 0x80 * ones;
  std::size_t n = 0;
  for (; n + 8 <= text.size(); n += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, text.data() + n, 8);
    // No carry passes from one byte to the next where all are below 0x80, and where one is not we stop anyway.
    const std::uint64_t odd = eight | ~((eight | highs) - 0x20 * ones) | (eight + ones);
    if (odd & highs) break;
  }
  while (n < text.size() && text[n] >= 0x20 && text[n] < 0x7f) ++n;
  return n;
}

// Shortest forms only, no surrogates, nothing beyond U+10FFFF: what a JSON text may hold.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char first = byte(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) return false;
    }
    const unsigned char second = byte(i + 1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
        (first == 0xf4 && second > 0x8f)) {
      return false;
    }
    i += length;
  }
  return true;
}

std::string as_utf8(std::string_view text) {
  std::string shown(text);
  if (is_utf8(text)) return shown;
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return shown;
}

Headers::Headers(std::initializer_list<Field> fields) {
  for (const Field& field : fields) add(field.name, field.value);
}

void Headers::add(std::string_view name, std::string_view value) {
  const auto start = static_cast<std::uint32_t>(text_.size());
  const auto name_bytes = static_cast<std::uint32_t>(name.size());
  fields_.push_back({start, name_bytes, start + name_bytes, static_cast<std::uint32_t>(value.size())});
  text_.append(name).append(value);
}

void Headers::take(std::string_view text, const std::vector<Field>& fields) {
  text_.assign(text);
  fields_.resize(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto& [name, value] = fields[i];
    fields_[i] = {static_cast<std::uint32_t>(name.data() - text.data()), static_cast<std::uint32_t>(name.size()),
                  static_cast<std::uint32_t>(value.data() - text.data()), static_cast<std::uint32_t>(value.size())};
  }
}

void Headers::set(std::string_view name, std::string_view value) {
  Headers others;
  for (std::size_t i = 0; i < size(); ++i) {
    const Field field = (*this)[i];
    if (!equal_ignoring_case(field.name, name)) others.add(field.name, field.value);
  }
  others.add(name, value);
  *this = std::move(others);
}

void Headers::clear() {
  text_.clear();
  fields_.clear();
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
  for (const Span& span : fields_) {
    if (span.name_bytes != name.size() || !equal_ignoring_case({text_.data() + span.name_start, span.name_bytes}, name)) continue;
    return std::string_view(text_.data() + span.value_start, span.value_bytes);
  }
  return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const {
  std::size_t n = 0;
  for (std::size_t i = 0; i < size(); ++i) n += equal_ignoring_case((*this)[i].name, name);
  return n;
}

Headers::Field Headers::operator[](std::size_t i) const {
  const Span& span = fields_[i];
  const std::string_view text = text_;
  return {text.substr(span.name_start, span.name_bytes), text.substr(span.value_start, span.value_bytes)};
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  // Nearly always they are written alike.
  return std::memcmp(a.data(), b.data(), a.size()) == 0 ||
      std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> HttpRequest::parameter(std::string_view key) const {
  if (query.empty()) return std::nullopt;
  const auto found = query.lower_bound(key);
  if (found == query.end() || found->first != key) return std::nullopt;
  return found->second;
}

namespace {
HttpResponse& spare_of_this_thread() {
  thread_local HttpResponse spare;
  return spare;
}
}  // namespace

HttpResponse spare_response() { return std::move(spare_of_this_thread()); }  // which is empty then

void give_back(HttpResponse&& response) {
  constexpr std::size_t kept_bytes_max = 64 << 10;
  if (response.body.capacity() > kept_bytes_max) return;
  response.status = 200;
  for (std::string* text : {&response.content_type, &response.body, &response.route, &response.caller, &response.defect}) text->clear();
  response.headers.clear();
  response.hold.reset();
  spare_of_this_thread() = std::move(response);
}

HttpResponse json_response(const Value& value, int status) {
  return {.status = status, .content_type = "application/json", .body = to_json(value)};
}

HttpResponse text_response(std::string text, int status) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(text)};
}

Status read_target(std::string_view target, HttpRequest& request) {
  request.target = target;
  request.path.clear();
  request.query.clear();
  if (target == "*" && request.method == "OPTIONS") return Done{};
  for (const char c : target) {
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f || c == '#') {
      return refuse(Code::bad_request, "the target holds a character that no URI may: percent-encode it");
    }
  }
  // The absolute form is for proxies, but every server must take it (RFC 9112, 3.2.2).
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(std::min(target.find_first_of("/?", scheme.size()), target.size()));
    if (target.empty()) target = "/";
    break;
  }
  const std::size_t question = std::min(target.find('?'), target.size());
  const std::string_view path = question == 0 ? "/" : target.substr(0, question);
  if (path.front() != '/') { return refuse(Code::bad_request, "the target `" + request.target + "` does not begin with `/`"); }
  if (auto read = read_path(path, request.path); !read.ok()) return read;
  return read_query(target.substr(std::min(question + 1, target.size())), request.query);
}

std::string percent_encode(std::string_view text) {
  constexpr char hex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (is_plain) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += hex[static_cast<unsigned char>(c) >> 4];
      encoded += hex[static_cast<unsigned char>(c) & 15];
    }
  }
  return encoded;
}

std::string_view reason_phrase(int status) {
  struct Row {
    int status;
    std::string_view phrase;
  };
  static constexpr Row rows[] = {
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {207, "Multi-Status"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {422, "Unprocessable Content"},
      {428, "Precondition Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
  };
  for (const Row& row : rows) {
    if (row.status == status) return row.phrase;
  }
  return "";
}

}  // namespace footlight
