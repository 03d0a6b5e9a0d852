// Beast's client side, run to its end within one call.
#include "http/client.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <utility>

#include "base/limits.h"

namespace footlight {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

using boost::asio::ip::tcp;
using ErrorCode = boost::system::error_code;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

struct Url {
  std::string host;  // without brackets
  std::string port = "80";
  std::string authority;  // as written: what Host says
  std::string prefix;     // `/prefix` or ""
};

Result<Url> parse_url(std::string_view text) {
  const auto wrong = [text](std::string_view why) {
    return refuse(Code::usage,
                  "`" + std::string(text) + "` is not a server's address: " + std::string(why) + ", as in `http://127.0.0.1:8080`");
  };
  constexpr std::string_view scheme = "http://";
  if (equal_ignoring_case(text.substr(0, 8), "https://")) {
    return wrong("https is not spoken here; send to the server itself or to a proxy that takes plain HTTP");
  }
  if (!equal_ignoring_case(text.substr(0, scheme.size()), scheme)) return wrong("it must begin with http://");
  std::string_view rest = text.substr(scheme.size());
  Url url;
  if (rest.find_first_of("?#@ \r\n\t") != std::string_view::npos) return wrong("it holds more than host, port and path");
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  url.authority = rest.substr(0, slash);
  url.prefix = rest.substr(slash);
  while (url.prefix.ends_with('/')) url.prefix.pop_back();

  std::string_view host = url.authority;
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon)) {
    const std::string_view port = host.substr(colon + 1);
    const bool is_number = !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string_view::npos &&
        std::stoi(std::string(port)) <= 65'535;
    if (!is_number) return wrong("its port is not a number up to 65535");
    url.port = port;
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return wrong("it names no host");
  url.host = host;
  return url;
}

Error explain(const Url& url, const ErrorCode& ec, std::string_view during, Duration timeout) {
  const std::string where = "`" + url.authority + "`";
  if (ec == asio::error::connection_refused) {
    return refuse(Code::unavailable, "nobody listens at " + where + ": start a server with `footlight serve`, or give its address");
  }
  if (ec == beast::error::timeout) { return refuse(Code::unavailable, where + " did not answer within " + to_text(timeout)); }
  if (ec == asio::error::host_not_found || ec == asio::error::host_not_found_try_again) {
    return refuse(Code::unavailable, "no address is known for the host `" + url.host + "`");
  }
  if (ec == http::error::body_limit || ec == http::error::header_limit) {
    const bool is_body = ec == http::error::body_limit;
    return refuse(Code::too_large,
                  std::string("the ") + (is_body ? "body" : "header") + " of the answer of " + where + " has more than " +
                      std::to_string(is_body ? limits::response_bytes_max : limits::header_bytes_max) + " bytes");
  }
  return refuse(Code::unavailable, where + " failed while " + std::string(during) + ": " + ec.message());
}

asio::awaitable<Result<HttpResponse>> exchange(const Url& url, const HttpCall& call, Duration timeout) {
  const auto executor = co_await asio::this_coro::executor;
  beast::tcp_stream stream(executor);
  stream.expires_after(std::chrono::milliseconds(timeout.ms));

  tcp::resolver resolver(executor);
  const auto [unknown, addresses] = co_await resolver.async_resolve(url.host, url.port, as_result);
  if (unknown) co_return explain(url, unknown, "looking up its name", timeout);
  const auto [refused, endpoint] = co_await stream.async_connect(addresses, as_result);
  if (refused) co_return explain(url, refused, "connecting", timeout);

  http::request<http::string_body> request;
  request.method_string(call.method);
  request.target(url.prefix + call.target);
  request.set(http::field::host, url.authority);
  for (std::size_t i = 0; i < call.headers.size(); ++i) {
    const auto [name, value] = call.headers[i];
    request.insert(beast::string_view(name.data(), name.size()), beast::string_view(value.data(), value.size()));
  }
  request.set(http::field::connection, "close");
  request.body() = call.body;
  request.prepare_payload();
  // A server that refuses may answer and close before it has read the body: its answer counts.
  const auto [unsent, sent] = co_await http::async_write(stream, request, as_result);

  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(limits::response_bytes_max);
  parser.header_limit(limits::header_bytes_max);
  parser.skip(call.method == "HEAD");
  const auto [failed, read] = co_await http::async_read(stream, buffer, parser, as_result);
  if (failed) co_return explain(url, unsent ? unsent : failed, unsent ? "sending" : "answering", timeout);

  HttpResponse response{.status = static_cast<int>(parser.get().result_int())};
  for (const auto& field : parser.get()) {
    response.headers.add({field.name_string().data(), field.name_string().size()}, {field.value().data(), field.value().size()});
  }
  response.content_type = response.headers.get("Content-Type").value_or("");
  response.body = std::move(parser.get().body());
  co_return response;
}

}  // namespace

Result<HttpResponse> send(std::string_view base_url, const HttpCall& call, Duration timeout, const std::function<bool()>& is_over) {
  const auto url = parse_url(base_url);
  if (!url.ok()) return url.error();
  const std::string_view unsafe = "\r\n ";
  if (call.target.find_first_of(unsafe) != std::string::npos || call.method.find_first_of(unsafe) != std::string::npos) {
    return refuse(Code::usage, "the method or target holds a blank or line end: percent-encode it");
  }
  asio::io_context io{1};
  std::optional<Result<HttpResponse>> answer;
  std::string thrown;
  const auto ask = [&]() -> asio::awaitable<void> { answer = co_await exchange(*url, call, timeout); };
  asio::co_spawn(io, ask, [&thrown](const std::exception_ptr& failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& e) { thrown = e.what(); }
  });
  if (!is_over) io.run();
  while (is_over && !io.stopped()) {
    if (is_over()) return refuse(Code::unavailable, "`" + url->authority + "` was not waited for");
    io.run_for(std::chrono::milliseconds(50));
  }
  if (!answer) return refuse(Code::unavailable, "`" + url->authority + "` could not be asked: " + thrown);
  return std::move(*answer);
}

}  // namespace footlight
