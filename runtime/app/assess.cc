// footlight assess: do experiments and buckets split people as they declare? Every split is tried on many identities, made up
// or given, and every two that should have nothing to do with each other are held against each other; or recorded
// answers are counted. Chi-squared tests, their bound divided by how many there are; the same every time.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <set>

#include "app/commands.h"
#include "app/inputs.h"
#include "app/records.h"
#include "app/side.h"
#include "app/terminal.h"
#include "base/chi_squared.h"
#include "base/text.h"
#include "engine/bucket.h"

namespace footlight {
namespace {

// So many pairs of splits are compared; a workspace of fifty experiments has about a thousand.
constexpr std::size_t pairs_max = 5'000;
constexpr double least_expected = 5;  // below, a chi-squared test says nothing

// Something that puts each identity into one of several parts.
struct Split {
  std::string experience, kind, salt;  // kind: experiment, bucket
  int from = 0, till = 10'000;         // of a bucket
  std::vector<std::string> names;
  std::vector<double> shares;  // hundredths of a percent

  std::string title() const {
    return kind == "experiment" ? experience
                                : experience + " bucket(" + salt + ", " + std::to_string(from) + ", " + std::to_string(till) + ")";
  }
  std::uint8_t part_of(std::string_view id) const {
    const int bucket = bucket_of(salt, id);
    if (kind == "bucket") return bucket >= from && bucket < till ? 0 : 1;
    double upto = 0;
    for (std::size_t i = 0; i < shares.size(); ++i)
      if (bucket < (upto += shares[i])) return static_cast<std::uint8_t>(i);
    return static_cast<std::uint8_t>(shares.size() - 1);
  }
};

std::vector<Split> splits_of(const Snapshot& snapshot) {
  std::vector<Split> splits;
  std::set<std::tuple<std::string, double, double>> known;
  for (const CompiledExperience& experience : snapshot.experiences()) {
    if (!experience.treatments.empty()) {
      Split split{.experience = experience.id, .kind = "experiment", .salt = experience.salt, .names = {}, .shares = {}};
      for (const Treatment& treatment : experience.treatments) {
        split.names.push_back(treatment.name);
        split.shares.push_back(treatment.weight);
      }
      if (experience.holdout > 0) {
        split.names.emplace_back("(holdout)");
        split.shares.push_back(experience.holdout);
      }
      splits.push_back(std::move(split));
    }
    for (const PredicateProgram::Node& node : experience.audience.nodes()) {
      if (node.op != Predicate::Op::bucket || node.attribute != AttributeTable::identity) continue;
      const auto& [salt, lo, hi] = std::tie(node.rare->name, node.rare->lo, node.rare->hi);
      if (!known.insert({salt, lo, hi}).second || hi - lo >= 10'000) continue;
      splits.push_back({.experience = experience.id,
                        .kind = "bucket",
                        .salt = salt,
                        .from = static_cast<int>(lo),
                        .till = static_cast<int>(hi),
                        .names = {"in", "out"},
                        .shares = {hi - lo, 10'000 - (hi - lo)}});
    }
  }
  return splits;
}

// One test, and what it says.
struct Tested {
  std::string kind, title, salt;
  std::vector<std::string> names;
  std::vector<double> shares, counts;
  std::optional<ChiSquared> test;
  std::vector<std::string> faults;  // that need no test
  std::string note;
  std::string verdict;  // as_declared, off, too_few
};

void judge(std::vector<Tested>& tests, double alpha) {
  const double bound = alpha / static_cast<double>(std::max<std::size_t>(1, tests.size()));
  for (Tested& one : tests) {
    const bool says_much = one.test && one.test->least_expected >= least_expected;
    if (!one.faults.empty() || (says_much && one.test->p < bound)) one.verdict = "off";
    else one.verdict = says_much ? "as_declared" : "too_few";
  }
}

// Text that looks like an id of its own; `splitmix64`, so that neighbours have nothing in common.
std::string made_up(const std::string& prefix, std::uint64_t number) {
  std::uint64_t z = number * 0x9E3779B97F4A7C15u + 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  z ^= z >> 31;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(z));
  return prefix + text;
}

Result<std::vector<std::string>> identities(const AssessOptions& options) {
  std::vector<std::string> ids;
  if (options.ids.empty()) {
    for (int i = 0; i < options.generate; ++i) ids.push_back(made_up(options.prefix, static_cast<std::uint64_t>(i)));
    return ids;
  }
  auto text = read_input(options.ids);
  if (!text) return text.error();
  for (const std::string_view line : split(*text, '\n'))
    if (const std::string_view id = trim(line); !id.empty()) ids.emplace_back(id);
  // An identity that stands there twice is one person.
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (ids.empty()) return refuse(Code::usage, "`" + options.ids + "` holds no identity");
  return ids;
}

std::vector<Tested> assess_ids(const std::vector<Split>& splits, const std::vector<std::string>& ids, bool& is_complete) {
  std::vector<std::vector<std::uint8_t>> parts;
  std::vector<Tested> tests;
  for (const Split& split : splits) {
    std::vector<std::uint8_t>& part = parts.emplace_back();
    Tested tested{
        .kind = split.kind, .title = split.title(), .salt = split.salt, .names = split.names, .shares = split.shares, .counts = {}};
    tested.counts.resize(split.names.size());
    for (const std::string& id : ids) {
      part.push_back(split.part_of(id));
      ++tested.counts[part.back()];
    }
    tested.test = chi_squared(tested.counts, tested.shares);
    tests.push_back(std::move(tested));
  }
  // Buckets of one salt are often cut from one cake on purpose; an experiment shares with nobody.
  std::size_t pairs = 0;
  for (std::size_t left = 0; left < splits.size(); ++left)
    for (std::size_t right = left + 1; right < splits.size(); ++right) {
      if (splits[left].kind == "bucket" && splits[right].kind == "bucket") continue;
      if (++pairs > pairs_max) {
        is_complete = false;
        return tests;
      }
      std::vector<std::vector<double>> table(splits[left].names.size(), std::vector<double>(splits[right].names.size()));
      for (std::size_t i = 0; i < ids.size(); ++i) ++table[parts[left][i]][parts[right][i]];
      Tested tested{
          .kind = "pair", .title = splits[left].title() + " and " + splits[right].title(), .names = {}, .shares = {}, .counts = {}};
      tested.test = chi_squared_independence(table);
      if (splits[left].salt == splits[right].salt)
        tested.note = "both use the salt `" + splits[left].salt + "`; give one a salt of its own";
      tests.push_back(std::move(tested));
    }
  return tests;
}

struct Seen {
  std::map<std::string, std::set<std::string>> treatments;  // by identity
};

// Sample-ratio mismatch: of those who were shown a treatment, did each get its share? Every identity counts once.
Result<std::vector<Tested>> assess_recorded(const std::vector<Split>& splits, const AssessOptions& options) {
  std::map<std::string, Seen> seen;  // by experience
  std::size_t answers = 0, nobody = 0;
  auto read = read_records(options.recorded, [&](const RecordedRequest& record) -> Status {
    if (!record.answer) return refuse(Code::bad_request, "the line records no `answer`");
    ++answers;
    const Value* identity = record.request.find("identity");
    const std::string id = identity ? identity->string_or("id", "") : "";
    for (const Value& one : record.answer->find("propositions")->array()) {
      const std::string treatment = one.string_or("treatment", "");
      if (treatment.empty()) continue;
      if (id.empty()) ++nobody;
      else seen[one.string_or("experience", "")].treatments[id].insert(treatment);
    }
    return Done{};
  });
  if (!read) return read.error();
  if (read->unreadable_lines > 0) {
    return refuse(read->unreadable[0].code, read->unreadable,
                  "`" + options.recorded + "`: " + std::to_string(read->unreadable_lines) + " lines cannot be used");
  }
  std::vector<Tested> tests;
  for (const Split& split : splits) {
    if (split.kind != "experiment") continue;
    Tested tested{.kind = "recorded", .title = split.experience, .salt = split.salt, .names = {}, .shares = {}, .counts = {}};
    for (std::size_t i = 0; i < split.names.size(); ++i)
      if (split.names[i] != "(holdout)") {  // who is shown nothing leaves no trace
        tested.names.push_back(split.names[i]);
        tested.shares.push_back(split.shares[i]);
      }
    tested.counts.resize(tested.names.size());
    std::size_t crossed = 0, misplaced = 0;
    std::string crossed_example, misplaced_example;
    std::map<std::string, std::size_t> unknown;
    for (const auto& [id, treatments] : seen[split.experience].treatments) {
      if (treatments.size() > 1) {
        if (crossed++ == 0) crossed_example = "`" + id + "` was in " + join({treatments.begin(), treatments.end()}, " and ");
        continue;
      }
      const auto place = std::find(tested.names.begin(), tested.names.end(), *treatments.begin());
      if (place == tested.names.end()) {
        ++unknown[*treatments.begin()];
        continue;
      }
      ++tested.counts[static_cast<std::size_t>(place - tested.names.begin())];
      const std::string& declared = split.names[split.part_of(id)];
      if (declared != *treatments.begin() && misplaced++ == 0)
        misplaced_example = "`" + id + "` was shown " + *treatments.begin() + " and belongs to " + declared;
    }
    const auto people = [](std::size_t n) { return std::to_string(n) + (n == 1 ? " identity " : " identities "); };
    if (crossed > 0) tested.faults.push_back(people(crossed) + "saw more than one treatment: " + crossed_example);
    if (misplaced > 0)
      tested.faults.push_back(people(misplaced) + "saw another treatment than is declared now: " + misplaced_example +
                              "; were weights or salt changed?");
    for (const auto& [treatment, count] : unknown)
      tested.faults.push_back(people(count) + "saw the treatment `" + treatment + "`, which is not declared");
    tested.test = chi_squared(tested.counts, tested.shares);
    tests.push_back(std::move(tested));
  }
  if (nobody > 0) std::fprintf(stderr, "%zu treatments were shown to nobody known and are not counted\n", nobody);
  return tests;
}

std::string rounded(const char* format, double number) {
  char text[64];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

Value to_value(const Tested& one) {
  Object row{{"kind", one.kind}, {"what", one.title}, {"verdict", one.verdict}};
  if (!one.salt.empty()) row["salt"] = one.salt;
  Array parts;
  for (std::size_t i = 0; i < one.names.size(); ++i)
    parts.push_back(Object{{"part", one.names[i]}, {"declared", one.shares[i] / 10'000}, {"count", one.counts[i]}});
  if (!parts.empty()) row["parts"] = std::move(parts);
  if (one.test) {
    row["chi_squared"] = one.test->sum;
    row["degrees"] = one.test->degrees;
    row["p"] = one.test->p;
    row["least_expected"] = one.test->least_expected;
  }
  if (!one.faults.empty()) row["faults"] = Array(one.faults.begin(), one.faults.end());
  if (!one.note.empty()) row["note"] = one.note;
  return row;
}

std::string verdict_text(const Tested& one) {
  if (one.verdict == "off") return painted("off", Paint::bad);
  if (one.verdict == "as_declared") return painted(one.kind == "pair" ? "independent" : "as declared", Paint::good);
  return one.test ? "too few identities: only " + rounded("%.3g", one.test->least_expected) + " are expected in one part"
                  : "nothing to test";
}

void print(const Tested& one) {
  double total = 0, whole = 0;
  for (const double count : one.counts) total += count;
  for (const double share : one.shares) whole += share;
  std::printf("%s%s\n", painted(harmless(one.title), Paint::strong).c_str(),
              one.kind == "pair" ? "" : harmless("  " + one.kind + ", salt " + one.salt).c_str());
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < one.names.size(); ++i)
    rows.push_back({"  " + one.names[i], rounded("%.4g", one.shares[i] / whole * 100) + " %", rounded("%.0f", one.counts[i]),
                    rounded("%.2f", total > 0 ? one.counts[i] / total * 100 : 0) + " %"});
  std::printf("%s", table(rows).c_str());
  if (one.test)
    std::printf("  chi-squared %s, %d degree%s of freedom, p %s: ", rounded("%.4g", one.test->sum).c_str(), one.test->degrees,
                one.test->degrees == 1 ? "" : "s", rounded("%.3g", one.test->p).c_str());
  else std::printf("  ");
  std::printf("%s\n", verdict_text(one).c_str());
  for (const std::string& fault : one.faults) std::printf("  %s\n", harmless(fault).c_str());
  if (one.verdict == "off" && !one.note.empty()) std::printf("  %s\n", harmless(one.note).c_str());
}

}  // namespace

int assess_command(const AssessOptions& options) {
  if (!options.ids.empty() && !options.recorded.empty()) return fail(refuse(Code::usage, "say `--ids` or `--recorded`, not both"));
  LuaPolicyCompiler policies;
  const bool is_remote = options.folder.empty() && (!options.remote.data.empty() || !with_environment(options.remote).server.empty());
  auto side = open_side(is_remote ? "live" : options.folder.empty() ? "." : options.folder, options.remote, policies);
  if (!side) return fail(side.error());
  const std::vector<Split> splits = splits_of(*side->snapshot);
  std::vector<Tested> tests;
  bool is_complete = true;
  std::size_t count = 0;
  if (!options.recorded.empty()) {
    auto recorded = assess_recorded(splits, options);
    if (!recorded) return fail(recorded.error());
    tests = std::move(*recorded);
  } else {
    auto ids = identities(options);
    if (!ids) return fail(ids.error());
    count = ids->size();
    tests = assess_ids(splits, *ids, is_complete);
  }
  judge(tests, options.alpha);
  std::size_t off = 0, pairs = 0;
  for (const Tested& one : tests) {
    off += one.verdict == "off";
    pairs += one.kind == "pair";
  }
  if (options.json) {
    Array rows;
    for (const Tested& one : tests) rows.push_back(to_value(one));
    Object answer{{"ok", off == 0}, {"tests", std::move(rows)}, {"alpha", options.alpha}};
    if (count > 0) answer["identities"] = count;
    if (!is_complete) answer["more_pairs"] = true;
    std::printf("%s\n", to_json(Value(std::move(answer))).c_str());
    return off == 0 ? 0 : 1;
  }
  if (tests.empty()) std::printf("nothing splits: no experiment and no bucket in %s\n", side->name.c_str());
  // Of pairs only those that are not as they should be.
  for (const Tested& one : tests)
    if (one.kind != "pair" || one.verdict == "off") print(one);
  if (!tests.empty())
    std::printf("%zu split%s%s, %zu off%s\n", tests.size() - pairs, tests.size() - pairs == 1 ? "" : "s",
                pairs == 0 ? "" : (" and " + std::to_string(pairs) + (pairs == 1 ? " pair" : " pairs")).c_str(), off,
                is_complete ? "" : "; more pairs were not compared");
  return off == 0 ? 0 : 1;
}

}  // namespace footlight
