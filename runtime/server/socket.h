// Sockets, as far as a listener needs them: a descriptor that closes itself, addresses as text, one that listens.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace footlight {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}  // -1: none
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  void close();

 private:
  int number_ = -1;
};

struct Endpoint {
  sockaddr_storage address{};
  socklen_t bytes = 0;

  std::uint16_t port() const;
};

// Nothing where `address` is not an IP address, as `127.0.0.1`, `::` or `fe80::1%eth0`.
std::optional<Endpoint> read_endpoint(const std::string& address, std::uint16_t port);
std::string to_text(const Endpoint& endpoint);  // `127.0.0.1:8080`, `[::1]:8080`

// Listens without blocking, and without delay in what it accepts. Port 0 becomes the port found. `is_shared`: other
// sockets of this user may listen there too. Otherwise none is open and errno says why.
Descriptor listen_at(Endpoint& endpoint, bool is_shared);

std::size_t available(const Descriptor& socket);  // bytes that can be read now

}  // namespace footlight
