// Beast's grammar with stricter framing.
#include "server/reader.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/limits.h"

namespace footlight {

namespace http = boost::beast::http;
namespace asio = boost::asio;

namespace {

using ErrorCode = boost::system::error_code;

// Address space only, pages come as they are written; the padding lets simdjson parse in place.
constexpr std::size_t body_padding = 64;

std::string_view plain(boost::beast::string_view text) { return {text.data(), text.size()}; }

bool is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
      std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
      std::string_view("-._~:[]%!$&'()*+,;=").find(c) != std::string_view::npos;
}

bool is_decimal(char c) { return c >= '0' && c <= '9'; }

// `GET / HTTP/2.0`: well formed, but of a version that we do not speak.
bool asks_for_other_version(std::string_view line) {
  const std::size_t blank = line.rfind(' ');
  if (blank == std::string_view::npos) return false;
  const std::string_view version = line.substr(blank + 1);
  return version.size() == 8 && version.starts_with("HTTP/") && is_decimal(version[5]) && version[6] == '.' && is_decimal(version[7]) &&
      version != "HTTP/1.1" && version != "HTTP/1.0";
}

Error explain(const ErrorCode& code, std::string_view first_line) {
  struct Row {
    http::error error;
    std::string_view says;
  };
  static constexpr Row rows[] = {
      {http::error::bad_method, "the method is not a token"},
      {http::error::bad_target, "the request line has no valid target"},
      {http::error::bad_version, "the request line does not end in `HTTP/1.1`"},
      {http::error::bad_field, "a header field has no valid name (no blank may stand before its colon)"},
      {http::error::bad_value, "a header field has no valid value"},
      {http::error::bad_line_ending, "a line does not end in CR LF"},
      {http::error::bad_content_length, "the Content-Length is not one number, or stands beside chunked coding"},
      {http::error::multiple_content_length, "two Content-Length fields disagree"},
      {http::error::bad_transfer_encoding, "Transfer-Encoding stands twice or beside Content-Length"},
      {http::error::bad_chunk, "a chunk has no valid size or end"},
      {http::error::bad_chunk_extension, "a chunk has no valid extension"},
  };
  if (code == http::error::bad_version && asks_for_other_version(first_line)) {
    return refuse(Code::version_not_supported, "this HTTP version is not spoken here: send HTTP/1.1");
  }
  if (code == http::error::body_limit) return refuse(Code::too_large, "the body is too large");
  for (const Row& row : rows) {
    if (code == row.error) return refuse(Code::bad_request, std::string(row.says));
  }
  return refuse(Code::bad_request, "the request is malformed: " + code.message());
}

}  // namespace

// Writes what Beast finds straight into the request. `refusal` holds our own findings.
class RequestReader::Parser : public http::basic_parser<true> {
 public:
  explicit Parser(HttpRequest& request) : request_(request) {
    body_limit(boost::none);   // unknown until the header is complete: see allow_body
    header_limit(UINT32_MAX);  // the reader counts header bytes itself, over all pieces
  }

  std::optional<Error> refusal;
  bool is_1_0 = false;

 private:
  void on_request_impl(http::verb, boost::beast::string_view method, boost::beast::string_view target, int version, ErrorCode&) override {
    request_.method = plain(method);
    request_.target = plain(target);
    is_1_0 = version == 10;
  }

  void on_field_impl(http::field field, boost::beast::string_view name, boost::beast::string_view value, ErrorCode& ec) override {
    if (is_header_complete_) return;  // a trailer: merged into the header it could override a checked field
    if (const auto problem = framing_problem(field, plain(value))) {
      refusal = refuse(Code::bad_request, std::string(*problem));
      ec = http::error::bad_field;
      return;
    }
    request_.headers.add(plain(name), plain(value));
  }

  // Beast takes `5, 5` and repeated equal lengths, and reads a body it has no coding for as no body at
  // all. A proxy in front may read each of these otherwise.
  std::optional<std::string_view> framing_problem(http::field field, std::string_view value) {
    switch (field) {
      case http::field::content_length:
        if (request_.headers.get("Content-Length")) return "Content-Length stands twice";
        if (!std::all_of(value.begin(), value.end(), is_decimal)) return "the Content-Length is not one number";
        return std::nullopt;
      case http::field::transfer_encoding:
        if (request_.headers.get("Transfer-Encoding")) return "Transfer-Encoding stands twice";
        if (!equal_ignoring_case(value, "chunked")) return "the only Transfer-Encoding known here is `chunked`";
        if (is_1_0) return "HTTP/1.0 knows no Transfer-Encoding";
        return std::nullopt;
      case http::field::host:
        if (request_.headers.get("Host")) return "Host stands twice";
        if (value.empty() || !std::all_of(value.begin(), value.end(), is_host_char)) return "the Host is not a host";
        return std::nullopt;
      default: return std::nullopt;
    }
  }

  void on_header_impl(ErrorCode& ec) override {
    is_header_complete_ = true;
    if (!is_1_0 && !request_.headers.get("Host")) {
      refusal = refuse(Code::bad_request, "the Host is missing");
      ec = http::error::bad_field;
    }
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode&) override {
    if (length) request_.body.reserve(static_cast<std::size_t>(*length) + body_padding);
  }
  std::size_t on_body_impl(boost::beast::string_view part, ErrorCode&) override {
    request_.body.append(part.data(), part.size());
    return part.size();
  }
  void on_chunk_header_impl(std::uint64_t, boost::beast::string_view, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view part, ErrorCode& ec) override { return on_body_impl(part, ec); }
  void on_finish_impl(ErrorCode&) override {}
  void on_response_impl(int, boost::beast::string_view, int, ErrorCode&) override {}  // never called

  HttpRequest& request_;
  bool is_header_complete_ = false;
};

namespace {

// What a byte may be a part of, in plain requests.
enum : unsigned char { in_name = 1, in_target = 2, in_host = 4 };

constexpr std::array<unsigned char, 256> roles_of_bytes() {
  std::array<unsigned char, 256> roles{};
  for (int c = 0; c < 256; ++c) {
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_word || c == '-') roles[static_cast<std::size_t>(c)] = in_name | in_target | in_host;
  }
  for (const unsigned char c : {'/', '.', '_', '~'}) roles[c] |= in_target;
  roles['_'] |= in_name;
  for (const unsigned char c : {'.', ':', '[', ']'}) roles[c] |= in_host;
  return roles;
}
constexpr auto byte_roles = roles_of_bytes();

std::size_t run_of(unsigned char role, std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && byte_roles[static_cast<unsigned char>(text[n])] & role) ++n;
  return n;
}

// `/v1/decide` to its segments; false for `.` and `..` and all that look like them.
bool split_plain(std::string_view target, std::vector<std::string>& path) {
  if (target.find("/.") != std::string_view::npos) return false;
  for (std::size_t start = 1;;) {
    const std::size_t slash = std::min(target.find('/', start), target.size());
    path.emplace_back(target.substr(start, slash - start));
    if (slash == target.size()) return true;
    start = slash + 1;
  }
}

}  // namespace

std::size_t RequestReader::take_plain_header(std::string_view bytes) {
  constexpr std::size_t fields_max = 32;
  std::string_view rest = bytes;
  // Takes what is there, if it is; takes a run of such bytes.
  const auto has = [&rest](std::string_view expected) {
    if (!rest.starts_with(expected)) return false;
    rest.remove_prefix(expected.size());
    return true;
  };
  const auto first = [&rest](std::size_t n) {
    const std::string_view part(rest.data(), n);
    rest.remove_prefix(n);
    return part;
  };

  std::size_t letters = 0;
  while (letters < rest.size() && rest[letters] >= 'A' && rest[letters] <= 'Z') ++letters;
  const std::string_view method = first(letters);
  if (method.empty() || !has(" ") || !rest.starts_with('/')) return 0;
  const std::string_view target = first(run_of(in_target, rest));
  if (target.size() > limits::target_bytes_max || !has(" HTTP/1.1\r\n")) return 0;

  const std::string_view text = rest;
  fields_.clear();
  bool has_host = false, has_length = false, has_connection = false, is_last = false;
  std::size_t length = 0;
  while (!has("\r\n")) {
    const std::string_view name = first(run_of(in_name, rest));
    if (name.empty() || fields_.size() == fields_max || !has(": ")) return 0;
    const std::string_view value = first(printable_bytes(rest));
    if (value.empty() || value.front() == ' ' || value.back() == ' ' || !has("\r\n")) return 0;
    fields_.push_back({name, value});
    switch (name.size()) {
      case 4:
        if (!equal_ignoring_case(name, "Host")) break;
        if (std::exchange(has_host, true) || run_of(in_host, value) != value.size()) return 0;
        break;
      case 7:
        if (equal_ignoring_case(name, "Upgrade")) return 0;
        break;
      case 10:
        if (!equal_ignoring_case(name, "Connection")) break;
        if (std::exchange(has_connection, true)) return 0;
        is_last = equal_ignoring_case(value, "close");
        if (!is_last && !equal_ignoring_case(value, "keep-alive")) return 0;
        break;
      case 14:
        if (!equal_ignoring_case(name, "Content-Length")) break;
        if (std::exchange(has_length, true) || value.size() > 9 || !std::all_of(value.begin(), value.end(), is_decimal)) return 0;
        for (const char digit : value) length = length * 10 + static_cast<std::size_t>(digit - '0');
        break;
      case 16:
        if (equal_ignoring_case(name, "Proxy-Connection")) return 0;
        break;
      case 17:
        if (equal_ignoring_case(name, "Transfer-Encoding")) return 0;
        break;
      default: break;
    }
  }
  const std::size_t taken = bytes.size() - rest.size();
  if (!has_host || taken > header_bytes_max_ || !split_plain(target, request_.path)) return 0;
  request_.method = method;
  request_.target = target;
  request_.headers.take(text.substr(0, text.size() - rest.size()), fields_);
  is_plain_ = true;
  is_plain_last_ = is_last;
  body_left_ = length;
  state_ = State::header_done;
  return taken;
}

RequestReader::RequestReader(HttpRequest& request, std::size_t header_bytes_max) : request_(request), header_bytes_max_(header_bytes_max) {
  next();
}

RequestReader::~RequestReader() = default;

void RequestReader::next() {
  parser_.reset();
  is_plain_ = false;
  request_.method.clear();
  request_.target.clear();
  request_.path.clear();
  request_.query.clear();
  request_.headers.clear();
  request_.request_id.clear();
  // A large body must not stay with an idle connection, a small one saves the next request its memory.
  if (request_.body.capacity() > (64 << 10)) request_.body = std::string();
  request_.body.clear();
  state_ = State::waiting;
  scanned_ = line_start_ = lines_ = 0;
}

void RequestReader::refuse_with(Error error) {
  error_ = std::move(error);
  state_ = State::refused;
}

std::size_t RequestReader::take(std::string_view bytes) {
  std::size_t taken = 0;
  if (state_ == State::waiting) {
    // A blank line or two before a request is an old client's habit (RFC 9112, 2.2).
    while (bytes.substr(taken).starts_with("\r\n")) taken += 2;
    if (taken == bytes.size() || bytes.substr(taken) == "\r") return taken;
    state_ = State::header;
  }
  if (state_ == State::header) return taken + take_header(bytes.substr(taken));
  if (state_ == State::body) return take_body(bytes);
  return 0;
}

// Looks for the blank line itself: what can never become a request is refused at once, not at the
// deadline, and Beast sees the header in one piece.
std::size_t RequestReader::take_header(std::string_view bytes) {
  if (scanned_ == 0)
    if (const std::size_t taken = take_plain_header(bytes)) return taken;
  if (!is_token_char(bytes.front())) {
    refuse_with(refuse(Code::bad_request,
                       bytes.front() == 0x16 ? "this is TLS, but only plain HTTP is spoken here: connect with http://"
                                             : "the request does not begin with a method"));
    return 0;
  }
  for (;;) {
    const std::size_t end = bytes.find('\n', scanned_);
    if (end == std::string_view::npos || end >= header_bytes_max_) break;
    if (end == line_start_ || bytes[end - 1] != '\r') {
      refuse_with(refuse(Code::bad_request, "a line does not end in CR LF"));
      return 0;
    }
    const bool is_blank = end == line_start_ + 1;
    const char first = bytes[line_start_];
    if (lines_ > 0 && (first == ' ' || first == '\t')) {
      refuse_with(refuse(Code::bad_request, "a header field is folded over two lines"));
      return 0;
    }
    scanned_ = line_start_ = end + 1;
    if (!is_blank && lines_++ > limits::header_fields_max) {
      refuse_with(refuse(Code::header_too_large, "the header has more than " + std::to_string(limits::header_fields_max) + " fields"));
      return 0;
    }
    if (!is_blank) continue;

    ErrorCode ec;
    const std::string_view header = bytes.substr(0, end + 1);
    const std::string_view first_line = header.substr(0, header.find("\r\n"));
    parser_ = std::make_unique<Parser>(request_);
    parser_->put(asio::const_buffer(header.data(), header.size()), ec);
    if (parser_->refusal) {
      refuse_with(std::move(*parser_->refusal));
    } else if (ec || !parser_->is_header_done()) {
      refuse_with(explain(ec, first_line));
    } else if (request_.target.size() > limits::target_bytes_max) {
      refuse_with(refuse(
          Code::target_too_long,
          "the target has " + std::to_string(request_.target.size()) + " bytes; the limit is " + std::to_string(limits::target_bytes_max)));
    } else if (auto read = read_target(std::string(request_.target), request_); !read.ok()) {
      refuse_with(std::move(read.error()));
    } else {
      state_ = State::header_done;
    }
    return header.size();
  }
  if (bytes.size() >= header_bytes_max_) {
    refuse_with(lines_ == 0
                    ? refuse(Code::target_too_long, "the request line does not end within " + std::to_string(header_bytes_max_) + " bytes")
                    : refuse(Code::header_too_large, "the header does not end within " + std::to_string(header_bytes_max_) + " bytes"));
    return 0;
  }
  scanned_ = bytes.size();
  return 0;
}

void RequestReader::allow_body(std::size_t bytes_max) {
  if (is_plain_ ? body_left_ == 0 : parser_->is_done()) {
    state_ = State::done;
    return;
  }
  const auto length = is_plain_ ? body_left_ : parser_->content_length().value_or(0);
  if (length > bytes_max) {
    refuse_with(
        refuse(Code::too_large, "the body has " + std::to_string(length) + " bytes; the limit here is " + std::to_string(bytes_max)));
    return;
  }
  state_ = State::body;
  if (is_plain_) {
    request_.body.reserve(length + body_padding);
    return;
  }
  parser_->body_limit(bytes_max);
  parser_->eager(true);
}

std::size_t RequestReader::take_body(std::string_view bytes) {
  if (is_plain_) {
    const std::string_view part = bytes.substr(0, body_left_);
    request_.body.append(part);
    body_left_ -= part.size();
    if (body_left_ == 0) state_ = State::done;
    return part.size();
  }
  // Given a last chunk, `0 CR LF CR LF`, in smaller pieces than itself Beast 1.81 fails an assertion of
  // its own (harmless without assertions, an abort with them). No body can end with fewer bytes left.
  constexpr std::size_t last_chunk_bytes = 5;
  if (parser_->chunked() && bytes.starts_with('0') && bytes.size() < last_chunk_bytes) return 0;
  ErrorCode ec;
  const std::size_t taken = parser_->put(asio::const_buffer(bytes.data(), bytes.size()), ec);
  if (ec && ec != http::error::need_more) {
    refuse_with(explain(ec, {}));
  } else if (parser_->is_done()) {
    state_ = State::done;
  } else if (bytes.size() - taken >= limits::chunk_line_bytes_max) {
    // Only a chunk's size line or the trailers are ever left over.
    refuse_with(refuse(Code::bad_request,
                       "a chunk's size line or the trailers do not end within " + std::to_string(limits::chunk_line_bytes_max) + " bytes"));
  }
  return taken;
}

bool RequestReader::keep_alive() const { return is_plain_ ? !is_plain_last_ : parser_->keep_alive(); }

bool RequestReader::is_http_1_0() const { return !is_plain_ && parser_->is_1_0; }

bool RequestReader::expects_continue() const {
  const auto expect = request_.headers.get("Expect");
  return expect && !is_http_1_0() && equal_ignoring_case(*expect, "100-continue");
}

}  // namespace footlight
