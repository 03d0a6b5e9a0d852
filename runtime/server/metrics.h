// Metrics: counters and gauges by name, in Prometheus' text format. What HTTP needs is built in; the
// other boxes ask for theirs once, keep the handle and count on it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "http/message.h"

namespace prometheus {
class Counter;
class Gauge;
}  // namespace prometheus

namespace footlight {

class Metrics {
 public:
  // Label values must come from a bounded set (a route's pattern, never a path): each combination is
  // a series that stays.
  using Labels = std::map<std::string, std::string>;

  // Handles are cheap to copy, counted on by any thread, valid as long as the Metrics.
  class Counter {
   public:
    void add(double n = 1) const;  // n >= 0

   private:
    friend class Metrics;
    explicit Counter(prometheus::Counter& held) : held_(&held) {}
    prometheus::Counter* held_;
  };
  class Gauge {
   public:
    void set(double value) const;
    void add(double n) const;

   private:
    friend class Metrics;
    explicit Gauge(prometheus::Gauge& held) : held_(&held) {}
    prometheus::Gauge* held_;
  };

  Metrics();
  ~Metrics();

  // The same name and labels give the same series. A name is of one kind only, anything else is a defect.
  Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // A gauge that is read when it is scraped; `read` is called from whichever thread scrapes.
  void gauge_from(const std::string& name, const std::string& help, std::function<double()> read);

  // footlight_http_requests_total by route, method and status class, and
  // footlight_http_request_duration_seconds by route. An Observer of a listener calls this.
  void answered(const Answered& answered);
  // `handle`, counted in footlight_http_requests_in_flight while it runs.
  Handler counted_in_flight(Handler handle);

  std::string scrape() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// `scrape` as an answer, for the route that serves it.
HttpResponse metrics_response(const Metrics& metrics);

}  // namespace footlight
