// A client that sends any bytes at all: what a test needs to see how a server takes them. Every wait is
// a blocking read; one that would never end gives up after ten seconds and yields what came.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace footlight {

struct RawReply {
  int status = 0;    // 0: no whole reply came
  std::string head;  // status line and fields
  std::string body;

  // The value of the first field of that name, as written; "" where there is none.
  std::string field(std::string_view name) const {
    const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) return "";
    const std::size_t start = at + name.size() + 4;
    return head.substr(start, head.find("\r\n", start) - start);
  }
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { ::close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool is_connected() const { return is_connected_; }

  // False when the server does not take it.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  // A client that dies does not say goodbye: its socket resets what it was connected to.
  void reset_when_closed() {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

  void send_no_more() { ::shutdown(fd_, SHUT_WR); }

  // Waits this long for anything to read, the end included.
  bool is_readable_within(int ms) {
    pollfd waiting{fd_, POLLIN, 0};
    return ::poll(&waiting, 1, ms) > 0;
  }

  // One reply; `is_head`: of a HEAD request, whose length announces a body that does not come.
  RawReply read_reply(bool is_head = false) {
    RawReply reply;
    std::size_t end;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_some()) return reply;
    }
    reply.head = received_.substr(0, end + 2);
    received_.erase(0, end + 4);
    std::size_t length = 0;
    const std::string announced = reply.field("Content-Length");
    if (!is_head) std::from_chars(announced.data(), announced.data() + announced.size(), length);
    while (received_.size() < length) {
      if (!read_some()) return reply;
    }
    reply.body = received_.substr(0, length);
    received_.erase(0, length);
    if (reply.head.starts_with("HTTP/1.1 ")) reply.status = std::stoi(reply.head.substr(9, 3));
    return reply;
  }

  RawReply ask(std::string_view bytes) {
    send(bytes);
    return read_reply();
  }

  // Everything until the server closes. `closed` false: it did not.
  struct Rest {
    std::string bytes;
    bool closed = false;
  };
  Rest read_until_closed() {
    while (read_some()) {}
    return {std::exchange(received_, {}), is_closed_};
  }

 private:
  bool read_some() {
    char bytes[64 << 10];
    const ssize_t n = ::recv(fd_, bytes, sizeof bytes, 0);
    if (n <= 0) {
      is_closed_ = n == 0 || errno == ECONNRESET;
      return false;
    }
    received_.append(bytes, static_cast<std::size_t>(n));
    return true;
  }

  int fd_;
  bool is_connected_ = false;
  bool is_closed_ = false;
  std::string received_;
};

}  // namespace footlight
