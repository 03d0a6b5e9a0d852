// Two readers of one grammar: a header that comes whole and plain is read by our few lines, one that comes in pieces by
// Beast. Whatever is sent, they must make the same of it.
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "base/limits.h"
#include "corpus.h"
#include "server/reader.h"

using namespace footlight;

namespace {

std::string told_all(const HttpRequest& request, const RequestReader& reader) {
  std::string text = request.method + "|" + request.target;
  for (const std::string& segment : request.path) text += "|/" + segment;
  for (const auto& [key, value] : request.query) text += "|?" + key + "=" + value;
  for (std::size_t i = 0; i < request.headers.size(); ++i)
    text += "|" + std::string(request.headers[i].name) + "=" + std::string(request.headers[i].value);
  text += reader.keep_alive() ? "|stays" : "|last";
  text += reader.is_http_1_0() ? "|1.0" : "|1.1";
  if (reader.expects_continue()) text += "|continue";
  return text;
}

// What `bytes` come to when the first `first` bytes arrive alone: all requests, and how it ended.
std::string told(std::string_view bytes, std::size_t first) {
  constexpr std::size_t body_max = 40;
  HttpRequest request;
  RequestReader reader(request, limits::header_bytes_max);
  std::string story, held(bytes.substr(0, first));
  bool is_whole = false;
  for (;;) {
    held.erase(0, reader.take(held));
    switch (reader.state()) {
      case RequestReader::State::header_done:
        story += told_all(request, reader);
        reader.allow_body(body_max);
        continue;
      case RequestReader::State::done: {
        story += "[" + request.body + "]; ";
        const bool goes_on = reader.keep_alive();
        reader.next();
        if (!goes_on) return story;
        continue;
      }
      case RequestReader::State::refused: return story + std::string(name(reader.error().code)) + ": " + reader.error().message;
      default: break;
    }
    if (is_whole) return story + (reader.state() == RequestReader::State::waiting ? "waiting" : "unfinished");
    held += bytes.substr(std::min(first, bytes.size()));
    is_whole = true;
  }
}

// The blank line of the first header, or nearly all of what there is: without its last byte it is Beast's to read.
std::size_t within_header(const std::string& bytes) {
  const std::size_t blank = bytes.find("\r\n\r\n");
  return blank == std::string::npos ? bytes.size() - 1 : blank + 3;
}

class Requests {
 public:
  explicit Requests(unsigned seed) : random_(seed) {}

  std::string next() {
    std::string bytes = one();
    if (chance(4)) bytes += one();
    for (int n = chance(3) ? 0 : below(4); n > 0; --n) mutate(bytes);
    return bytes;
  }

 private:
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  bool chance(int one_in) { return below(one_in) == 0; }
  template <std::size_t n>
  std::string any(const char* const (&words)[n]) {
    return words[below(static_cast<int>(n))];
  }

  std::string one() {
    static constexpr const char* methods[] = {"GET", "POST", "HEAD", "OPTIONS", "PUT", "BREW", "get", "M-SEARCH", ""};
    static constexpr const char* targets[] = {
        "/",        "/v1/decide", "/v1//x", "/a/", "/v1/decide?explain=1", "/a%2Fb", "/.hidden",  "/a/../b", "/..",
        "/a..b/c.", "/~u/x_y-z",  "*",      "a",   "http://h/x",           "//",     "/\xc3\xa9", "/a b"};
    static constexpr const char* versions[] = {"HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1",
                                               "HTTP/1.0", "HTTP/2.0", "http/1.1", "HTTP/1.1 "};
    std::string bytes =
        (chance(3) ? any(methods) : "POST") + " " + (chance(2) ? any(targets) : "/v1/decide") + " " + any(versions) + "\r\n";
    if (!chance(12)) bytes += "Host: a.example:80\r\n";
    static constexpr const char* fields[] = {"Authorization: Bearer fl_abc",
                                             "Content-Type: application/json",
                                             "content-type: text/plain; charset=utf-8",
                                             "X-Request-Id: r-1",
                                             "Connection: keep-alive",
                                             "Connection: close",
                                             "connection: Close",
                                             "Connection: keep-alive, close",
                                             "Connection: Upgrade",
                                             "Upgrade: h2c",
                                             "Proxy-Connection: close",
                                             "Expect: 100-continue",
                                             "Transfer-Encoding: chunked",
                                             "Transfer-Encoding: identity",
                                             "Content-Length: 0",
                                             "Content-Length: 3",
                                             "content-length: 003",
                                             "Content-Length: +3",
                                             "Content-Length: 3, 3",
                                             "Content-Length: 41",
                                             "Content-Length: 99999999999999999999",
                                             "Content-Length:",
                                             "Content-Length : 3",
                                             "Host: b",
                                             "host: a b",
                                             "Host:",
                                             "X-Empty:",
                                             "X-Empty: ",
                                             "X-Tab:\tx",
                                             "X-Trail: x ",
                                             "X-Lead:   x",
                                             "X-None:x",
                                             "X_Under: 1",
                                             "X-\xc3\xa9: 1",
                                             "X-Value: \xc3\xa9",
                                             "X-Ctl: a\x01z",
                                             "X-Del: a\x7fz",
                                             "X-Colon: a: b: c",
                                             "Accept: */*",
                                             ": x",
                                             "no colon",
                                             " folded",
                                             "Origin: https://a.example",
                                             "X-Quote: \"a\\\"b\"",
                                             "A.B: c",
                                             "A!#$: c",
                                             "Trailer: X",
                                             "TE: trailers"};
    for (int n = below(6); n > 0; --n) bytes += any(fields) + "\r\n";
    static constexpr const char* bodies[] = {"", "abc", "3\r\nabc\r\n0\r\n\r\n", "abcdef", "{}"};
    std::string body = any(bodies);
    if (chance(2)) bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return bytes + "\r\n" + body;
  }

  void mutate(std::string& bytes) {
    static constexpr const char* pieces[] = {"\r\n",
                                             "\r",
                                             "\n",
                                             " ",
                                             "\t",
                                             ":",
                                             ": ",
                                             "%",
                                             "?",
                                             "/",
                                             ".",
                                             "/..",
                                             "\0",
                                             "\x80",
                                             "\x7f",
                                             "Host: z\r\n",
                                             "Content-Length: 1\r\n",
                                             "\r\n\r\n",
                                             "H",
                                             "0"};
    const std::size_t at = static_cast<std::size_t>(below(static_cast<int>(bytes.size()) + 1));
    switch (below(4)) {
      case 0: bytes.insert(at, any(pieces)); break;
      case 1: bytes.erase(at, static_cast<std::size_t>(1 + below(3))); break;
      case 2:
        if (at < bytes.size()) bytes[at] = static_cast<char>(below(256));
        break;
      default:
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ 0x20);
    }
    if (bytes.empty()) bytes = "G";
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("a plain header comes out as Beast reads it, field by field") {
  const std::string bytes =
      "POST /v1/decide HTTP/1.1\r\nHost: 127.0.0.1:8787\r\nAuthorization: Bearer fl_x\r\nContent-Type: application/json\r\n"
      "Content-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n{\"a\"}";
  const std::string says =
      "POST|/v1/decide|/v1|/decide|Host=127.0.0.1:8787|Authorization=Bearer fl_x|Content-Type=application/json|Content-Length=5|"
      "Expect=100-continue|Connection=close|last|1.1|continue[{\"a\"}]; ";
  for (std::size_t first = 1; first <= bytes.size(); ++first) CHECK(told(bytes, first) == says);
}

TEST_CASE("whatever is sent, whole or in pieces, plain or not, it is read alike") {
  const unsigned seed = std::random_device()();
  INFO("seed " << seed);
  Requests requests(seed);
  int answered = 0;
  for (int i = 0; i < 30'000; ++i) {
    const std::string bytes = requests.next();
    const std::string whole = told(bytes, bytes.size());
    const std::string in_pieces = told(bytes, within_header(bytes));
    if (whole != in_pieces) {
      CAPTURE(i, bytes);
      CHECK(whole == in_pieces);
      break;
    }
    answered += whole.find(']') != std::string::npos;
  }
  CHECK(answered > 2'000);  // not all of it was nonsense
}

TEST_CASE("each byte in each place of a plain header is read alike") {
  const std::string plain = "GET /a/b HTTP/1.1\r\nHost: a:1\r\nX-Y: z w\r\nContent-Length: 1\r\n\r\nb";
  for (std::size_t at = 0; at < plain.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string bytes = plain;
      bytes[at] = static_cast<char>(c);
      const std::string whole = told(bytes, bytes.size()), in_pieces = told(bytes, within_header(bytes));
      if (whole != in_pieces) {
        CAPTURE(at, c);
        CHECK(whole == in_pieces);
      }
    }
  }
}

TEST_CASE("what is no plain request is read alike, too") {
  for (const MalformedCase& test : malformed_corpus()) {
    if (test.bytes.empty()) continue;
    INFO(test.file << ": " << test.what);
    CHECK(told(test.bytes, test.bytes.size()) == told(test.bytes, within_header(test.bytes)));
  }
}
