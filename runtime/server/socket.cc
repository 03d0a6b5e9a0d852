// The calls of the system behind them.
#include "server/socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstring>

namespace footlight {

void Descriptor::close() {
  if (is_open()) ::close(std::exchange(number_, -1));
}

std::uint16_t Endpoint::port() const {
  const auto* any = reinterpret_cast<const sockaddr*>(&address);
  return ntohs(any->sa_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(any)->sin6_port
                                          : reinterpret_cast<const sockaddr_in*>(any)->sin_port);
}

std::optional<Endpoint> read_endpoint(const std::string& address, std::uint16_t port) {
  Endpoint endpoint;
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &four.sin_addr) == 1) {
    std::memcpy(&endpoint.address, &four, sizeof four);
    endpoint.bytes = sizeof four;
    return endpoint;
  }
  // getaddrinfo reads the zone of a link's own address, too.
  addrinfo wanted{}, *found = nullptr;
  wanted.ai_family = AF_INET6;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0) return std::nullopt;
  std::memcpy(&endpoint.address, found->ai_addr, found->ai_addrlen);
  endpoint.bytes = found->ai_addrlen;
  ::freeaddrinfo(found);
  return endpoint;
}

std::string to_text(const Endpoint& endpoint) {
  char host[NI_MAXHOST], port[NI_MAXSERV];
  const auto* any = reinterpret_cast<const sockaddr*>(&endpoint.address);
  if (::getnameinfo(any, endpoint.bytes, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0) return "?";
  return (any->sa_family == AF_INET6 ? "[" + std::string(host) + "]" : std::string(host)) + ":" + port;
}

Descriptor listen_at(Endpoint& endpoint, bool is_shared) {
  auto* any = reinterpret_cast<sockaddr*>(&endpoint.address);
  Descriptor socket(::socket(any->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  const int number = socket.number();
  const bool listens = socket.is_open() && ::setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
      (!is_shared || ::setsockopt(number, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) &&
      ::setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&  // inherited by what it accepts
      ::bind(number, any, endpoint.bytes) == 0 && ::listen(number, SOMAXCONN) == 0 &&
      ::getsockname(number, any, &(endpoint.bytes = sizeof endpoint.address)) == 0;
  if (!listens) {
    const int why = errno;
    socket.close();
    errno = why;
  }
  return socket;
}

std::size_t available(const Descriptor& socket) {
  int bytes = 0;
  return ::ioctl(socket.number(), FIONREAD, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace footlight
