// What the two roles of `serve` share: an address, and a router behind a listener until a signal comes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/commands.h"
#include "server/listener.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/router.h"

namespace footlight {

struct Address {
  std::string host;
  std::uint16_t port = 0;
};

// `127.0.0.1:8787`, `[::1]:8787`, `8787`
Result<Address> parse_address(const std::string& text);

// Listens; `log` and `metrics` must outlive the listener.
Result<std::unique_ptr<Listener>> listen(const ServeOptions& options, const Address& address, const Router& router, Metrics& metrics,
                                         const Log& log);

}  // namespace footlight
