// prometheus-cpp's registry and the series of HTTP.
#include "server/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <shared_mutex>
#include <tuple>
#include <utility>
#include <vector>

namespace footlight {

namespace {

// A decision takes microseconds, a command with a durable write milliseconds.
const std::vector<double> duration_buckets_s = {0.000'05, 0.000'1, 0.000'25, 0.000'5, 0.001, 0.0025, 0.005,
                                                0.01,     0.025,   0.05,     0.1,     0.25,  1,      5};

// Anybody can send any token as a method; a series for each would fill our memory.
std::string_view known_method(std::string_view method) {
  constexpr std::array<std::string_view, 7> known = {"DELETE", "GET",  "HEAD", "OPTIONS",
                                                     "PATCH",  "POST", "PUT"};
  const auto found = std::find(known.begin(), known.end(), method);
  return found == known.end() ? "other" : *found;
}

}  // namespace

struct Metrics::Impl {
  struct Series {
    prometheus::Counter* requests;
    prometheus::Histogram* duration;
  };
  struct RequestReader {
    prometheus::Gauge* gauge;
    std::function<double()> read;
  };
  using Key = std::tuple<std::string, std::string, int>;     // route, method, status / 100
  using KeyView = std::tuple<std::string_view, std::string_view, int>;

  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests = prometheus::BuildCounter()
                                                          .Name("footlight_http_requests_total")
                                                          .Help("requests answered")
                                                          .Register(registry);
  prometheus::Family<prometheus::Histogram>& durations = prometheus::BuildHistogram()
                                                             .Name("footlight_http_request_duration_seconds")
                                                             .Help("time within the handler")
                                                             .Register(registry);
  prometheus::Gauge& in_flight = prometheus::BuildGauge()
                                     .Name("footlight_http_requests_in_flight")
                                     .Help("requests whose handler runs now")
                                     .Register(registry)
                                     .Add({});
  std::shared_mutex guard;  // of `series`: looked up at every answer, grown rarely
  std::map<Key, Series, std::less<>> series;
  mutable std::mutex readers_guard;
  std::vector<RequestReader> readers;

  Series series_of(const KeyView& key) {
    {
      const std::shared_lock lock(guard);
      if (const auto found = series.find(key); found != series.end()) return found->second;
    }
    const auto& [route, method, status_class] = key;
    const std::string label(route.empty() ? "none" : route);
    const std::unique_lock lock(guard);
    auto& counted = requests.Add(
        {{"route", label}, {"method", std::string(method)}, {"status", std::to_string(status_class) + "xx"}});
    auto& timed = durations.Add({{"route", label}}, duration_buckets_s);
    return series.try_emplace(Key(route, method, status_class), Series{&counted, &timed}).first->second;
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}

Metrics::~Metrics() = default;

void Metrics::Counter::add(double n) const { held_->Increment(n); }

void Metrics::Gauge::set(double value) const { held_->Set(value); }

void Metrics::Gauge::add(double n) const { held_->Increment(n); }

Metrics::Counter Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  return Counter(prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry).Add(labels));
}

Metrics::Gauge Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return Gauge(prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry).Add(labels));
}

void Metrics::gauge_from(const std::string& name, const std::string& help, std::function<double()> read) {
  prometheus::Gauge* held = gauge(name, help).held_;
  const std::lock_guard lock(impl_->readers_guard);
  impl_->readers.push_back({held, std::move(read)});
}

void Metrics::answered(const Answered& answered) {
  const auto series = impl_->series_of(
      {answered.response.route, known_method(answered.request.method), answered.response.status / 100});
  series.requests->Increment();
  series.duration->Observe(static_cast<double>(answered.took_us) / 1e6);
}

Handler Metrics::counted_in_flight(Handler handle) {
  return [handle = std::move(handle), &gauge = impl_->in_flight](const HttpRequest& request) {
    struct Counted {
      explicit Counted(prometheus::Gauge& counting) : in_flight(counting) { in_flight.Increment(); }
      ~Counted() { in_flight.Decrement(); }
      Counted(const Counted&) = delete;
      Counted& operator=(const Counted&) = delete;
      prometheus::Gauge& in_flight;
    } counted(gauge);
    return handle(request);
  };
}

std::string Metrics::scrape() const {
  {
    const std::lock_guard lock(impl_->readers_guard);
    for (const Impl::RequestReader& reader : impl_->readers) reader.gauge->Set(reader.read());
  }
  const prometheus::Serializer& serializer = prometheus::TextSerializer();
  return serializer.Serialize(impl_->registry.Collect());
}

HttpResponse metrics_response(const Metrics& metrics) {
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics.scrape()};
}

}  // namespace footlight
