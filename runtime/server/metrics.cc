// prometheus-cpp's registry and the series of HTTP.
#include "server/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <list>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

namespace footlight {

namespace {

// A decision takes microseconds, a command with a durable write milliseconds.
constexpr std::array duration_buckets_s = {0.000'05, 0.000'1, 0.000'25, 0.000'5, 0.001, 0.0025, 0.005,
                                           0.01,     0.025,   0.05,     0.1,     0.25,  1.,     5.};

// Anybody can send any token as a method; a series for each would fill our memory.
std::string_view known_method(std::string_view method) {
  constexpr std::array<std::string_view, 7> known = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"};
  const auto found = std::find(known.begin(), known.end(), method);
  return found == known.end() ? "other" : *found;
}

// What one thread counted. Only it writes here: plain adding will do, and no memory is shared with another thread
// that counts. Any thread may read.
class Own {
 public:
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }
  void add(std::int64_t n) { value_.store(value() + n, std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

using Key = std::tuple<std::string, std::string, int>;  // route, method, status / 100
using KeyView = std::tuple<std::string_view, std::string_view, int>;

struct Tally {
  Own requests, took_us;
  std::array<Own, duration_buckets_s.size() + 1> within;  // by bucket; the last one: longer than all
};

struct alignas(64) Shard {
  std::atomic<std::int64_t> in_flight{0};  // a handler within a handler may count elsewhere meanwhile
  std::mutex guard;                        // of `tallies`: read by others while it grows
  std::map<Key, Tally, std::less<>> tallies;
  const Key* last = nullptr;  // most requests of a thread are like the one before
  Tally* last_tally = nullptr;

  Tally& tally_of(const KeyView& key) {
    if (last && KeyView(*last) == key) return *last_tally;
    const std::lock_guard lock(guard);
    auto found = tallies.find(key);
    if (found == tallies.end()) found = tallies.try_emplace(Key(key)).first;
    last = &found->first;
    last_tally = &found->second;
    return *last_tally;
  }
};

// Every thread that counts has one; those of ended threads are taken over by new ones.
struct Shards {
  std::mutex guard;
  std::list<Shard> all;
  std::vector<Shard*> free;

  Shard* take() {
    const std::lock_guard lock(guard);
    if (free.empty()) return &all.emplace_back();
    Shard* const shard = free.back();
    free.pop_back();
    return shard;
  }
  void give_back(Shard* shard) {
    const std::lock_guard lock(guard);
    free.push_back(shard);
  }
};

Shard& shard_of_this_thread(const std::shared_ptr<Shards>& shards) {
  struct Held {
    std::shared_ptr<Shards> of;
    Shard* shard = nullptr;
    ~Held() {
      if (of) of->give_back(shard);
    }
  };
  thread_local Held held;
  if (held.of != shards) {
    if (held.of) held.of->give_back(held.shard);
    held.shard = shards->take();
    held.of = shards;
  }
  return *held.shard;
}

std::vector<prometheus::MetricFamily> collect(Shards& shards) {
  struct Sum {
    std::int64_t requests = 0, took_us = 0;
    std::array<std::int64_t, std::tuple_size_v<decltype(Tally::within)>> within{};
  };
  std::map<Key, std::int64_t> requests;
  std::map<std::string, Sum> durations;  // by route
  std::int64_t in_flight = 0;
  {
    const std::lock_guard lock(shards.guard);
    for (Shard& shard : shards.all) {
      in_flight += shard.in_flight;
      const std::lock_guard growing(shard.guard);
      for (const auto& [key, tally] : shard.tallies) {
        requests[key] += tally.requests.value();
        Sum& sum = durations[std::get<0>(key)];
        sum.took_us += tally.took_us.value();
        for (std::size_t i = 0; i < sum.within.size(); ++i) sum.within[i] += tally.within[i].value();
      }
    }
  }
  using prometheus::ClientMetric;
  using prometheus::MetricFamily;
  const auto label = [](const std::string& route) { return route.empty() ? "none" : route; };
  std::vector<MetricFamily> families(3);
  families[0] = {"footlight_http_requests_total", "requests answered", prometheus::MetricType::Counter, {}};
  for (const auto& [key, count] : requests) {
    const auto& [route, method, status_class] = key;
    ClientMetric& metric = families[0].metric.emplace_back();
    metric.label = {{"method", method}, {"route", label(route)}, {"status", std::to_string(status_class) + "xx"}};
    metric.counter.value = static_cast<double>(count);
  }
  families[1] = {"footlight_http_request_duration_seconds", "time within the handler", prometheus::MetricType::Histogram, {}};
  for (const auto& [route, sum] : durations) {
    ClientMetric& metric = families[1].metric.emplace_back();
    metric.label = {{"route", label(route)}};
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < sum.within.size(); ++i) {
      count += static_cast<std::uint64_t>(sum.within[i]);
      const double bound = i < duration_buckets_s.size() ? duration_buckets_s[i] : std::numeric_limits<double>::infinity();
      metric.histogram.bucket.push_back({count, bound});
    }
    metric.histogram.sample_count = count;
    metric.histogram.sample_sum = static_cast<double>(sum.took_us) / 1e6;
  }
  families[2] = {"footlight_http_requests_in_flight", "requests whose handler runs now", prometheus::MetricType::Gauge, {}};
  families[2].metric.emplace_back().gauge.value = static_cast<double>(in_flight);
  if (requests.empty()) families.erase(families.begin(), families.begin() + 2);
  return families;
}

}  // namespace

struct Metrics::Impl {
  struct RequestReader {
    prometheus::Gauge* gauge;
    std::function<double()> read;
  };

  std::shared_ptr<Shards> shards = std::make_shared<Shards>();  // a thread may end after us
  prometheus::Registry registry;
  mutable std::mutex readers_guard;
  std::vector<RequestReader> readers;
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
  Tally& tally = shard_of_this_thread(impl_->shards)
                     .tally_of({answered.response.route, known_method(answered.request.method), answered.response.status / 100});
  tally.requests.add(1);
  tally.took_us.add(answered.took_us);
  std::size_t bucket = 0;
  while (bucket < duration_buckets_s.size() && static_cast<double>(answered.took_us) > duration_buckets_s[bucket] * 1e6) ++bucket;
  tally.within[bucket].add(1);
}

Handler Metrics::counted_in_flight(Handler handle) {
  return [handle = std::move(handle), shards = impl_->shards](const HttpRequest& request) {
    struct Counted {
      explicit Counted(std::atomic<std::int64_t>& counting) : in_flight(counting) { ++in_flight; }
      ~Counted() { --in_flight; }
      Counted(const Counted&) = delete;
      Counted& operator=(const Counted&) = delete;
      std::atomic<std::int64_t>& in_flight;
    } counted(shard_of_this_thread(shards).in_flight);
    return handle(request);
  };
}

std::string Metrics::scrape() const {
  {
    const std::lock_guard lock(impl_->readers_guard);
    for (const Impl::RequestReader& reader : impl_->readers) reader.gauge->Set(reader.read());
  }
  const prometheus::Serializer& serializer = prometheus::TextSerializer();
  std::vector<prometheus::MetricFamily> families = collect(*impl_->shards);
  for (prometheus::MetricFamily& family : impl_->registry.Collect()) families.push_back(std::move(family));
  return serializer.Serialize(families);
}

HttpResponse metrics_response(const Metrics& metrics) {
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics.scrape()};
}

}  // namespace footlight
