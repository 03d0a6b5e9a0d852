// SIGTERM and SIGINT, through Asio's signal set.
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <csignal>

#include "server/listener.h"

namespace footlight {

namespace asio = boost::asio;

struct StopSignals::Impl {
  asio::io_context io{1};
  asio::signal_set signals{io, SIGTERM, SIGINT};
  bool came = false;
};

StopSignals::StopSignals() : impl_(std::make_unique<Impl>()) {
  impl_->signals.async_wait([this](const boost::system::error_code&, int) { impl_->came = true; });
}

StopSignals::~StopSignals() = default;

bool StopSignals::wait_for(Duration time) {
  if (impl_ && (impl_->io.run_for(std::chrono::milliseconds(time.ms)), impl_->came)) impl_.reset();
  return !impl_;
}

void StopSignals::wait() {
  while (!wait_for(hours(1))) {}
}

}  // namespace footlight
