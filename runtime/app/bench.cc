// footlight bench decide: the workload format decide-workload/1 through the real engine. What the
// format says becomes ordinary documents; requests go in as JSON bytes and answers come out as JSON
// bytes, as for any caller.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "app/commands.h"
#include "app/inputs.h"
#include "app/terminal.h"
#include "base/limits.h"
#include "base/text.h"
#include "engine/decide.h"
#include "script/files.h"

namespace footlight {
namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// A name of the workload as an id here; ids are lower-case already, surfaces become `s0`, `s1`, ….
Result<Value> predicate_of(const Value& tree) {
  const std::string op = tree.string_or("op", "");
  const auto parts = [&](const char* key) -> Result<Value> {
    Array args;
    for (const Value& arg : tree.find("args") ? tree.find("args")->array() : Array{}) {
      auto part = predicate_of(arg);
      if (!part) return part;
      args.push_back(std::move(*part));
    }
    return Value(Object{{key, std::move(args)}});
  };
  if (op == "true") return Value("everyone");
  if (op == "and") return parts("all");
  if (op == "or") return parts("any");
  if (op == "not") {
    auto part = predicate_of(*tree.find("arg"));
    if (!part) return part;
    return Value(Object{{"no", std::move(*part)}});
  }
  const std::string attribute = tree.string_or("attr", "");
  if (op == "bucket")
    return Value(Object{{"bucket", Object{{"salt", tree.string_or("salt", "")}, {"from", *tree.find("lo")}, {"to", *tree.find("hi")}, {"by", attribute}}}});
  Object leaf{{"attr", attribute}};
  const auto value = [&](const char* key) { return tree.find(key) ? *tree.find(key) : Value(); };
  struct Word {
    std::string_view op, word;
    const char* operand;
  };
  static constexpr Word words[] = {{"eq", "eq", "value"}, {"in", "in", "values"}, {"lt", "lt", "value"}, {"le", "le", "value"},
                                   {"gt", "gt", "value"}, {"ge", "ge", "value"}, {"prefix", "starts", "value"}, {"suffix", "ends", "value"},
                                   {"contains", "contains", "value"}, {"has_any", "has_any", "values"}, {"has_all", "has_all", "values"}};
  if (op == "exists") leaf["exists"] = true;
  else if (op == "range") leaf["between"] = Array{value("lo"), value("hi")};
  else if (op == "semver") {
    static const std::map<std::string, std::string> signs = {{"lt", "<"}, {"le", "<="}, {"eq", "="}, {"ge", ">="}, {"gt", ">"}};
    leaf["semver"] = signs.at(tree.string_or("cmp", "eq")) + tree.string_or("value", "");
  } else {
    const auto word = std::find_if(std::begin(words), std::end(words), [&](const Word& row) { return row.op == op; });
    if (word == std::end(words)) return refuse(Code::bad_predicate, "the workload uses the operator `" + op + "`, which is not known");
    leaf[std::string(word->word)] = value(word->operand);
  }
  return Value(std::move(leaf));
}

Result<SnapshotSource> source_of(const Value& workload) {
  if (workload.string_or("format", "") != "decide-workload/1")
    return refuse(Code::usage, "workload.json is not of the format decide-workload/1");
  SnapshotSource source{.version = "bench"};
  Object surfaces, attributes;
  std::map<std::string, std::string> configurations;
  for (const Value& attribute : workload.find("attributes")->array()) attributes[attribute.string_or("name", "")] = Object{{"type", "any"}};
  for (const Value& surface : workload.find("surfaces")->array()) {
    const std::string name = "s" + std::to_string(configurations.size());
    configurations[surface.string()] = name;
    surfaces[name] = Object{{"format", "json"}, {"rules", Array{surface}}};
  }
  Problems problems;
  source.workspace = parse_workspace(Object{{"name", "bench"}, {"attributes", std::move(attributes)}, {"surfaces", std::move(surfaces)}}, problems);
  for (const Value& row : workload.find("experiences")->array()) {
    auto audience = predicate_of(*row.find("audience"));
    if (!audience) return audience.error();
    if (const Value* traffic = row.find("traffic"))
      audience = Value(Object{{"all", Array{Object{{"bucket", Object{{"salt", traffic->string_or("salt", "")}, {"from", *traffic->find("lo")},
                                                                     {"to", *traffic->find("hi")}, {"by", "id"}}}},
                                            std::move(*audience)}}});
    Array elements;
    for (const Value& element : row.find("elements")->array())
      elements.push_back(Object{{"element", element.string_or("element", "")},
                                {"content", Object{{"json", Object{{"op", element.string_or("op", "")}, {"content", *element.find("content")}}}}}});
    const Value document = Object{{"kind", "campaign"}, {"id", row.string_or("id", "")}, {"priority", *row.find("priority")},
                                  {"audience", std::move(*audience)},
                                  {"show", Object{{configurations[row.string_or("surface", "")], std::move(elements)}}}};
    ServedExperience served{.definition = parse_definition(document, problems),
                            .activated_at = {static_cast<std::int64_t>(row.find("published")->number()) * 1000}};
    const Value* schedule = row.find("schedule");
    if (schedule && schedule->find("start")) served.start = Instant{static_cast<std::int64_t>(schedule->find("start")->number()) * 1000};
    if (schedule && schedule->find("end")) served.end = Instant{static_cast<std::int64_t>(schedule->find("end")->number()) * 1000};
    source.experiences.push_back(std::move(served));
  }
  if (has_errors(problems)) return refuse(Code::validation_failed, std::move(problems), "the workload does not become a workspace");
  return source;
}

struct Line {
  double id = 0;
  Request request;
};

Result<Line> parse_line(std::string_view text) {
  auto value = parse_json(text);
  if (!value) return value.error();
  Problems problems;
  const Value* now = value->find("now");
  Object document{{"surfaces", value->find("surfaces") ? *value->find("surfaces") : Value()}};
  if (Value* attributes = const_cast<Value*>(value->find("attributes"))) document["attributes"] = std::move(*attributes);
  Line line{value->find("id")->number(), parse_request(Value(std::move(document)), {static_cast<std::int64_t>(now->number()) * 1000}, problems)};
  if (has_errors(problems)) return refuse(Code::bad_request, std::move(problems), "a request line has problems");
  return line;
}

// The answer in the workload's form: per surface, who was applied with which elements.
std::string answer_line(const Line& line, const Decision& decision) {
  Array surfaces;
  for (const std::string& surface : line.request.surfaces) {
    Array applied;
    for (const Proposition& proposition : decision.propositions) {
      if (proposition.surface != surface) continue;
      if (applied.empty() || applied.back().string_or("id", "") != proposition.experience)
        applied.push_back(Object{{"id", proposition.experience}, {"elements", Array{}}});
      applied.back().object()["elements"].array().push_back(proposition.element);
    }
    surfaces.push_back(Object{{"surface", surface}, {"applied", std::move(applied)}});
  }
  return to_json(Object{{"id", line.id}, {"surfaces", std::move(surfaces)}});
}

// `matched` of the expected file is informational.
std::string without_matched(const std::string& expected) {
  auto value = parse_json(expected);
  if (!value) return expected;
  if (Value* surfaces = const_cast<Value*>(value->find("surfaces")))
    for (Value& surface : surfaces->array()) surface.object().erase("matched");
  return to_json(*value);
}

}  // namespace

int bench_decide_command(const BenchOptions& options) {
  const auto files = disk_files(options.workload);
  constexpr std::size_t any_size = std::size_t{4} << 30;
  auto text = files->read("workload.json", any_size);
  if (!text) return fail(text.error());
  auto workload = parse_json(*text);
  if (!workload) return fail(refuse(Code::bad_json, "workload.json: " + workload.error().message));
  auto source = source_of(*workload);
  if (!source) return fail(source.error());
  const std::size_t experiences = source->experiences.size();
  const double before_build = seconds_now();
  auto snapshot = Snapshot::compile(std::move(*source), no_policy_compiler());
  if (!snapshot) return fail(snapshot.error());
  const double build = seconds_now() - before_build;

  auto requests_text = files->read("requests.jsonl", any_size);
  if (!requests_text) return fail(requests_text.error());
  std::vector<std::string_view> requests = split(*requests_text, '\n');
  std::erase_if(requests, [](std::string_view line) { return trim(line).empty(); });
  if (requests.empty()) return fail(refuse(Code::usage, "requests.jsonl is empty"));

  std::size_t wrong = 0, compared = 0;
  if (options.check || !options.answers.empty()) {
    std::vector<std::string_view> expected;
    std::string expected_text;
    if (options.check) {
      auto read = files->read("expected.jsonl", any_size);
      if (!read) return fail(read.error());
      expected_text = std::move(*read);
      expected = split(expected_text, '\n');
      std::erase_if(expected, [](std::string_view line) { return trim(line).empty(); });
    }
    std::ofstream answers;
    if (!options.answers.empty()) answers.open(options.answers, std::ios::binary);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      auto line = parse_line(requests[i]);
      if (!line) return fail(line.error());
      const std::string answer = answer_line(*line, decide(**snapshot, line->request, no_policies()));
      if (answers.is_open()) answers << answer << '\n';
      if (i >= expected.size()) continue;
      ++compared;
      if (answer != without_matched(std::string(expected[i])) && ++wrong <= 3)
        std::fprintf(stderr, "request %zu\n  want %s\n  got  %s\n", i, without_matched(std::string(expected[i])).c_str(), answer.c_str());
    }
  }

  // Bytes to bytes, and its parts.
  double parse = 0, decided = 0, written = 0;
  std::size_t bytes = 0;
  for (int round = 0; round < options.rounds; ++round)
    for (const std::string_view request : requests) {
      const double start = seconds_now();
      auto line = parse_line(request);
      if (!line) return fail(line.error());
      const double parsed = seconds_now();
      const Decision decision = decide(**snapshot, line->request, no_policies());
      const double done = seconds_now();
      bytes += to_json(decision).size();
      const double end = seconds_now();
      parse += parsed - start;
      decided += done - parsed;
      written += end - done;
    }
  const double decisions = static_cast<double>(requests.size()) * options.rounds;
  const double total = parse + decided + written;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto whole = [](double value) { return Value(static_cast<double>(static_cast<std::int64_t>(value + 0.5))); };
  const Value figures = Object{{"experiences", experiences}, {"requests", requests.size()}, {"rounds", options.rounds},
                               {"decisions_per_second", whole(decisions / total)}, {"ns_per_decision", whole(total / decisions * 1e9)},
                               {"ns_parse", whole(parse / decisions * 1e9)}, {"ns_decide", whole(decided / decisions * 1e9)},
                               {"ns_write", whole(written / decisions * 1e9)}, {"bytes_per_answer", whole(static_cast<double>(bytes) / decisions)},
                               {"build_ms", whole(build * 1000)}, {"peak_rss_bytes", static_cast<std::int64_t>(usage.ru_maxrss) * 1024},
                               {"checked", compared}, {"wrong", wrong}};
  if (options.json) {
    std::printf("%s\n", to_json(figures).c_str());
  } else {
    for (const auto& [name, value] : figures.object()) std::printf("%-22s %s\n", name.c_str(), to_json(value).c_str());
  }
  if (options.check && compared == 0) return fail(refuse(Code::usage, "expected.jsonl is empty: nothing was checked"));
  return wrong == 0 ? 0 : row(Code::test_failed).exit_code;
}

}  // namespace footlight
