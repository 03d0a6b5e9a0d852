// footlight bench decide: the workload format decide-workload/1 through the real engine. What the
// format says becomes ordinary documents; requests go in as JSON bytes and answers come out as JSON
// bytes, as for any caller.
#include <malloc.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <thread>
#include <utility>

#include "app/commands.h"
#include "app/inputs.h"
#include "app/parse_baseline.h"
#include "app/terminal.h"
#include "app/workload.h"
#include "base/limits.h"
#include "base/text.h"
#include "engine/decide.h"
#include "engine/snapshot_series.h"
#include "script/files.h"
#include "script/policies.h"

namespace footlight {
namespace {

constexpr std::size_t any_size = std::size_t{4} << 30;

double seconds_now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// What a line of requests.jsonl has beside a request.
struct LineExtras {
  ExtraNumber row[2] = {{"id"}, {"now"}};
  double id() const { return row[0].value; }
  Instant now() const { return {static_cast<std::int64_t>(row[1].value) * 1000}; }
};

// One line through the engine: bytes to bytes.
class Bench {
 public:
  Bench(std::shared_ptr<const Snapshot> snapshot, PolicyRunner& policies) : snapshot_(std::move(snapshot)), policies_(policies) {}

  Result<AnswerBytes> answer(std::string_view line, LineExtras& extras) {
    if (auto read = read_request(*snapshot_, line, {}, scratch_, extras.row); !read) return read.error();
    return answer_read(*snapshot_, extras.now(), policies_, {}, scratch_);
  }
  bool read(std::string_view line) {
    LineExtras extras;
    return read_request(*snapshot_, line, {}, scratch_, extras.row).ok();
  }

 private:
  std::shared_ptr<const Snapshot> snapshot_;
  PolicyRunner& policies_;
  DecideScratch scratch_;
};

// The content of each element of each experience, as the workload has it.
std::map<std::pair<std::string, std::string>, std::string> contents_of(const Value& workload) {
  std::map<std::pair<std::string, std::string>, std::string> contents;
  for (const Value& row : workload.find("experiences")->array())
    for (const Value& element : row.find("elements")->array())
      contents[{row.string_or("id", ""), element.string_or("element", "")}] =
          to_json(Object{{"op", element.string_or("op", "")}, {"content", *element.find("content")}});
  return contents;
}

// The answer in the workload's form: per surface, who was applied with which elements. What it shows must be
// the workload's content, else it says so instead.
std::string answer_line(double id, const Value& request, const Value& answer,
                        const std::map<std::pair<std::string, std::string>, std::string>& contents) {
  Array surfaces;
  for (const Value& surface : request.find("surfaces")->array()) {
    Array applied;
    for (const Value& proposition : answer.find("propositions")->array()) {
      if (proposition.string_or("surface", "") != surface.string()) continue;
      const std::string experience = proposition.string_or("experience", ""), element = proposition.string_or("element", "");
      const auto expected = contents.find({experience, element});
      if (expected == contents.end() || to_json(*proposition.find("content")) != expected->second)
        return "the content of " + experience + " " + element + " is not its own";
      if (applied.empty() || applied.back().string_or("id", "") != experience)
        applied.push_back(Object{{"id", experience}, {"elements", Array{}}});
      applied.back().object()["elements"].array().push_back(element);
    }
    surfaces.push_back(Object{{"surface", surface}, {"applied", std::move(applied)}});
  }
  return to_json(Object{{"id", id}, {"surfaces", std::move(surfaces)}});
}

// `matched` of the expected file is informational.
std::string without_matched(const std::string& expected) {
  auto value = parse_json(expected);
  if (!value) return expected;
  if (Value* surfaces = const_cast<Value*>(value->find("surfaces")))
    for (Value& surface : surfaces->array()) surface.object().erase("matched");
  return to_json(*value);
}

std::vector<std::string_view> lines_of(const std::string& text) {
  std::vector<std::string_view> lines = split(text, '\n');
  std::erase_if(lines, [](std::string_view line) { return trim(line).empty(); });
  return lines;
}

struct Checked {
  std::size_t compared = 0, wrong = 0;
};

Result<Checked> check(const BenchOptions& options, const Files& files, Bench& bench, const Value& workload,
                      const std::vector<std::string_view>& requests) {
  Checked checked;
  std::string expected_text;
  if (options.check) {
    auto read = files.read("expected.jsonl", any_size);
    if (!read) return read.error();
    expected_text = std::move(*read);
  }
  const std::vector<std::string_view> expected = lines_of(expected_text);
  const auto contents = contents_of(workload);
  std::ofstream answers;
  if (!options.answers.empty()) answers.open(options.answers, std::ios::binary);
  const std::size_t count = options.answers.empty() ? std::min(expected.size(), requests.size()) : requests.size();
  for (std::size_t i = 0; i < count; ++i) {
    LineExtras extras;
    auto answered = bench.answer(requests[i], extras);
    if (!answered) return answered.error();
    auto request = parse_json(requests[i]);
    auto answer = parse_json(answered->json);
    if (!request || !answer) return refuse(Code::internal, "line " + std::to_string(i) + ": what was read or answered is not JSON");
    const std::string line = answer_line(extras.id(), *request, *answer, contents);
    if (answers.is_open()) answers << line << '\n';
    if (i >= expected.size()) continue;
    ++checked.compared;
    if (line != without_matched(std::string(expected[i])) && ++checked.wrong <= 3)
      std::fprintf(stderr, "request %zu\n  want %s\n  got  %s\n", i, without_matched(std::string(expected[i])).c_str(), line.c_str());
  }
  if (options.check && checked.compared == 0) return refuse(Code::usage, "expected.jsonl is empty: nothing was checked");
  return checked;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Value whole(double value) { return Value(static_cast<double>(static_cast<std::int64_t>(value + 0.5))); }
Value hundredths(double value) { return Value(static_cast<double>(static_cast<std::int64_t>(value * 100 + 0.5)) / 100); }

struct Together {
  double per_second = 0, times_one = 0;
};

// Answers of so many threads, each with a processor of its own as far as there are, with its own Lua and its own memory of
// requests, all of one snapshot; and how many times those of one they are. Medians of rounds: in each all of them answer, and
// each alone, since processors that others use as well are not equally fast.
class Threads {
 public:
  static Result<Together> measure(const std::shared_ptr<const Snapshot>& snapshot, const std::vector<std::string_view>& requests,
                                  const BenchOptions& options) {
    Threads all(requests);
    while (all.benches_.size() < static_cast<std::size_t>(options.threads)) {
      auto runner = LuaPolicyRunner::create(snapshot, {.deadline = minutes(10)});
      if (!runner) return runner.error();
      all.runners_.push_back(std::move(*runner));
      all.benches_.push_back(std::make_unique<Bench>(snapshot, *all.runners_.back()));
    }
    const std::size_t count = all.benches_.size();
    std::vector<double> sums, times;
    for (int round = 0; round < options.rounds; ++round) {
      double alone = 0;
      for (std::size_t i = 0; i < count; ++i) alone += all.per_second(i, i + 1) / static_cast<double>(count);
      sums.push_back(all.per_second(0, count));
      times.push_back(sums.back() / alone);
    }
    return Together{median(sums), median(times)};
  }

 private:
  explicit Threads(const std::vector<std::string_view>& requests) : requests_(requests) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
      if (CPU_ISSET(cpu, &allowed)) processors_.push_back(cpu);
  }

  // Of those threads at the same time. Each goes on until all have been through all requests, so that none is timed without the others.
  double per_second(std::size_t first, std::size_t end) {
    std::atomic<std::size_t> not_through = end - first;
    std::barrier start(static_cast<std::ptrdiff_t>(end - first));
    std::vector<double> rates(benches_.size());
    const auto work = [&](std::size_t number) {
      if (!processors_.empty()) {
        cpu_set_t own;
        CPU_ZERO(&own);
        CPU_SET(processors_[number % processors_.size()], &own);
        sched_setaffinity(0, sizeof own, &own);
      }
      std::size_t at = number * requests_.size() / benches_.size(), answered = 0;  // not all the same request at the same time
      start.arrive_and_wait();
      const double began = seconds_now();
      for (bool is_through = false; not_through > 0;) {
        for (std::size_t i = 0; i < requests_.size(); ++i, at = at + 1 == requests_.size() ? 0 : at + 1) {
          LineExtras extras;
          answered += benches_[number]->answer(requests_[at], extras).ok();
        }
        not_through -= !std::exchange(is_through, true);
      }
      rates[number] = static_cast<double>(answered) / (seconds_now() - began);
    };
    std::vector<std::jthread> threads;
    for (std::size_t i = first; i < end; ++i) threads.emplace_back(work, i);
    threads.clear();
    return std::accumulate(rates.begin(), rates.end(), 0.0);
  }

  const std::vector<std::string_view>& requests_;
  std::vector<int> processors_;
  std::vector<std::unique_ptr<LuaPolicyRunner>> runners_;
  std::vector<std::unique_ptr<Bench>> benches_;
};

constexpr std::size_t changes_timed = 33;

// Of one experience that is published anew with another priority: the median, in seconds.
double time_of_change(SnapshotSeries& series, std::vector<ServedExperience>& experiences) {
  std::vector<double> took;
  for (ServedExperience& served : experiences) {
    ++served.revision;
    served.definition.priority = 101 - served.definition.priority;
    const double before = seconds_now();
    series.next("changed", {{served.definition.id, &served}}, {});
    took.push_back(seconds_now() - before);
  }
  return took.empty() ? 0 : median(took);
}

}  // namespace

int bench_decide_command(const BenchOptions& options) {
  const auto files = disk_files(options.workload);
  auto text = files->read("workload.json", any_size);
  if (!text) return fail(text.error());
  auto workload = parse_json(*text);
  if (!workload) return fail(refuse(Code::bad_json, "workload.json: " + workload.error().message));
  auto requests_text = files->read("requests.jsonl", any_size);
  if (!requests_text) return fail(requests_text.error());
  const std::vector<std::string_view> requests = lines_of(*requests_text);
  if (requests.empty()) return fail(refuse(Code::usage, "requests.jsonl is empty"));

  const std::size_t heap_before = mallinfo2().uordblks;
  auto source = source_of(*workload, options.opaque);
  if (!source) return fail(source.error());
  const std::size_t experiences = source->experiences.size();
  std::vector<ServedExperience> some;  // from everywhere, to be published once more
  for (std::size_t i = 0; i < changes_timed && i < experiences; ++i)
    some.push_back(source->experiences[i * experiences / changes_timed % experiences]);
  LuaPolicyCompiler compiler;
  SnapshotSeries series(compiler);
  Problems problems;
  const double before_build = seconds_now();
  const std::shared_ptr<const Snapshot> snapshot = series.start(std::move(*source), problems);
  const double build = seconds_now() - before_build;
  if (has_errors(problems)) return fail(does_not_compile(std::move(problems)));
  const std::size_t heap = mallinfo2().uordblks - heap_before;
  const double change = time_of_change(series, some);

  // Deadlines are for policies of people; here all are ours, and the machine may be busy.
  auto policies = LuaPolicyRunner::create(snapshot, {.deadline = minutes(10)});
  if (!policies) return fail(policies.error());
  Bench bench(snapshot, **policies);
  Checked checked;
  if (options.check || !options.answers.empty()) {
    auto done = check(options, *files, bench, *workload, requests);
    if (!done) return fail(done.error());
    checked = *done;
  }

  // Each round takes all requests three times: only read by simdjson, only read by us, and answered. Medians of
  // rounds, and their ratios within a round, since the machine is never quite quiet.
  std::vector<std::string> attributes;
  for (const Value& attribute : workload->find("attributes")->array()) attributes.push_back(attribute.string_or("name", ""));
  ParseBaseline baseline(attributes);
  std::vector<double> baselines, reads, answers, ratios;
  std::size_t bytes = 0;
  const auto timed = [&](const auto& each) {
    const double start = seconds_now();
    for (const std::string_view request : requests) each(request);
    return (seconds_now() - start) / static_cast<double>(requests.size()) * 1e9;
  };
  bool is_read = true;
  for (int round = 0; round < options.rounds; ++round) {
    baselines.push_back(timed([&](std::string_view request) { is_read &= baseline.read(request) > 0; }));
    reads.push_back(timed([&](std::string_view request) { is_read &= bench.read(request); }));
    answers.push_back(timed([&](std::string_view request) {
      LineExtras extras;
      auto answered = bench.answer(request, extras);
      is_read &= answered.ok();
      if (answered.ok()) bytes += answered->json.size();
    }));
    ratios.push_back(answers.back() / baselines.back());
  }
  if (!is_read) return fail(refuse(Code::bad_request, "a line of requests.jsonl cannot be read"));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double ns = median(answers);
  const double per = static_cast<double>(std::max<std::size_t>(experiences, 1));
  Object figures{{"experiences", experiences},
                 {"requests", requests.size()},
                 {"rounds", options.rounds},
                 {"decisions_per_second", whole(1e9 / ns)},
                 {"ns_per_decision", whole(ns)},
                 {"ns_parse", whole(median(reads))},
                 {"ns_decide_and_write", whole(ns - median(reads))},
                 {"ns_simdjson_parse", whole(median(baselines))},
                 {"ratio_to_parse", hundredths(median(ratios))},
                 {"bytes_per_answer", whole(static_cast<double>(bytes) / (static_cast<double>(requests.size()) * options.rounds))},
                 {"build_ms", whole(build * 1000)},
                 {"change_ms", hundredths(change * 1000)},
                 {"index_bytes_per_experience", whole(static_cast<double>(snapshot->index_bytes()) / per)},
                 {"bytes_per_experience", whole(static_cast<double>(heap) / per)},
                 {"peak_rss_bytes", static_cast<std::int64_t>(usage.ru_maxrss) * 1024},
                 {"policies", snapshot->policies().size()},
                 {"checked", checked.compared},
                 {"wrong", checked.wrong}};
  if (options.threads > 1) {
    const auto together = Threads::measure(snapshot, requests, options);
    if (!together) return fail(together.error());
    figures["threads"] = options.threads;
    figures["decisions_per_second_together"] = whole(together->per_second);
    figures["times_one_thread"] = hundredths(together->times_one);
  }
  if (prints_json(options.json)) {
    std::printf("%s\n", to_json(figures).c_str());
  } else {
    for (const auto& [name, value] : figures) std::printf("%-28s %s\n", name.c_str(), to_json(value).c_str());
  }
  return checked.wrong == 0 ? 0 : row(Code::test_failed).exit_code;
}

}  // namespace footlight
