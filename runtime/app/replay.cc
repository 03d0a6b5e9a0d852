// footlight replay: recorded requests decided in two states of a workspace, and what differs: how many answers change, whose,
// where, with examples. The report has a digest, so that an approval can say what it was given on.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <tuple>

#include "app/commands.h"
#include "app/inputs.h"
#include "app/records.h"
#include "app/side.h"
#include "app/terminal.h"
#include "base/text.h"

namespace footlight {
namespace {

// One item of an answer, as far as it is seen: not its token, not its revision.
struct Shown {
  std::string surface, configuration, element, experience, treatment;
  Value content;
  bool operator==(const Shown&) const = default;
};

Value content_of(const Proposition& proposition) {
  if (proposition.format != Format::json) return proposition.content;
  auto json = parse_json(proposition.content);
  return json ? std::move(*json) : Value(proposition.content);
}

std::vector<Shown> shown_of(const Decision& decision) {
  std::vector<Shown> rows;
  for (const Proposition& one : decision.propositions) {
    std::string experience = one.experience;
    for (std::size_t i = 1; i < one.parts.size(); ++i) experience += " + " + one.parts[i].experience;
    rows.push_back({one.surface, one.configuration, one.element, std::move(experience), one.treatment, content_of(one)});
  }
  return rows;
}

// As it was answered; what cannot be read there is empty.
std::vector<Shown> shown_of(const Value& answer) {
  std::vector<Shown> rows;
  for (const Value& one : answer.find("propositions")->array()) {
    std::string experience = one.string_or("experience", "");
    if (const Value* parts = one.find("parts"); parts && parts->is_array())
      for (std::size_t i = 1; i < parts->array().size(); ++i) experience += " + " + parts->array()[i].string_or("experience", "");
    rows.push_back({one.string_or("surface", ""), one.string_or("configuration", ""), one.string_or("element", ""), std::move(experience),
                    one.string_or("treatment", ""), one.find("content") ? *one.find("content") : Value()});
  }
  return rows;
}

// What stands at one element of one surface, in its order.
using Places = std::map<std::pair<std::string, std::string>, std::vector<const Shown*>>;
Places by_place(const std::vector<Shown>& rows) {
  Places places;
  for (const Shown& row : rows) places[{row.surface, row.element}].push_back(&row);
  return places;
}

// Who is there: `gold-hero`, `(default)`, `nothing`; of a stack all of them.
std::string who(const std::vector<const Shown*>& rows) {
  std::string text;
  for (const Shown* row : rows)
    text += (text.empty() ? "" : ", ") + (row->experience.empty() ? "(default)" : row->experience) +
        (row->treatment.empty() ? "" : "/" + row->treatment);
  return text.empty() ? "nothing" : text;
}

Value contents(const std::vector<const Shown*>& rows) {
  Array all;
  for (const Shown* row : rows) all.push_back(row->content);
  return all.size() == 1 ? all[0] : Value(std::move(all));
}

struct Example {
  std::size_t line = 0;
  Instant at;
  Identity identity;
  std::string surface;
  Value before, after;  // contents
  std::vector<std::string> why;
};

struct Change {
  std::size_t answers = 0;
  std::vector<Example> examples;
};

// What became of one experience: in how many places it stood, and stands.
struct Tally {
  std::size_t before = 0, after = 0, gained = 0, lost = 0, other_content = 0;
};

struct Report {
  std::size_t requests = 0, changed = 0;
  int failures_before = 0, failures_after = 0;  // of policies
  std::map<std::string, Tally> experiences;
  // (configuration, element, before, after); equal ones show other content.
  std::map<std::tuple<std::string, std::string, std::string, std::string>, Change> changes;
};

// Why the one who stands on this side is not on the other, in the other's own words.
std::string why_not(const Decision& other, const std::string& surface, const std::string& experience, const char* when) {
  const std::string start = std::string(when) + ": `" + experience + "` ";
  for (const SurfaceTrace& trace : other.trace) {
    if (trace.surface != surface) continue;
    for (const CandidateTrace& row : trace.candidates) {
      if (row.experience != experience || row.fate == Fate::shown) continue;
      const std::string place = row.place.empty() ? "" : " (" + row.place + ")";
      return start + (row.fate == Fate::lost ? row.reason : std::string(to_text(row.fate)) + ": " + row.reason) + place;
    }
  }
  return start + "is not there";
}

class Replay {
 public:
  Replay(const ReplayOptions& options, const Side* before, const Side& after, Instant now)
      : options_(options), before_(before), after_(after), now_(now), zone_(after.snapshot->zone()) {}

  Status record(const RecordedRequest& record) {
    if (!before_ && !record.answer)
      return refuse(Code::bad_request, "the line records no `answer`, and `--before recorded` compares with it");
    auto request = request_of(record, now_, zone_);
    if (!request) return request.error();
    std::vector<Shown> old_rows;
    if (before_) {
      const Decision decision = before_->decide(*request, false);
      report_.failures_before += decision.policy_failures;
      old_rows = shown_of(decision);
    } else {
      old_rows = shown_of(*record.answer);
    }
    const Decision decision = after_.decide(*request, false);
    report_.failures_after += decision.policy_failures;
    ++report_.requests;
    has_undated_ |= record.at.empty();
    compare(record, *request, old_rows, shown_of(decision));
    if (out_) {
      Object line{{"at", to_text(request->now)}, {"request", record.request}};
      auto answer = parse_json(to_json(decision));
      if (!answer) return answer.error();
      answer->object().erase("snapshot");
      line["answer"] = std::move(*answer);
      *out_ << to_json(Value(std::move(line))) << "\n";
    }
    return Done{};
  }
  void write_to(std::ofstream& out) { out_ = &out; }
  const Report& report() const { return report_; }
  bool has_undated() const { return has_undated_; }  // whose instant is `now`

 private:
  void compare(const RecordedRequest& record, const Request& request, const std::vector<Shown>& before, const std::vector<Shown>& after) {
    const Places old_places = by_place(before), new_places = by_place(after);
    for (const Shown& row : before) ++report_.experiences[row.experience].before;
    for (const Shown& row : after) ++report_.experiences[row.experience].after;
    bool is_changed = false;
    Places all = old_places;
    all.insert(new_places.begin(), new_places.end());
    static const std::vector<const Shown*> nothing;
    for (const auto& [place, unused] : all) {
      const auto old_found = old_places.find(place), new_found = new_places.find(place);
      const auto& old_rows = old_found == old_places.end() ? nothing : old_found->second;
      const auto& new_rows = new_found == new_places.end() ? nothing : new_found->second;
      if (std::equal(old_rows.begin(), old_rows.end(), new_rows.begin(), new_rows.end(),
                     [](const Shown* left, const Shown* right) { return *left == *right; }))
        continue;
      is_changed = true;
      tally(old_rows, new_rows);
      const std::string configuration = (new_rows.empty() ? old_rows : new_rows)[0]->configuration;
      const std::string was = who(old_rows), is = who(new_rows);
      Change& change = report_.changes[{configuration, place.second, was, is}];
      ++change.answers;
      if (change.examples.size() >= static_cast<std::size_t>(options_.examples)) continue;
      Example example{record.line, request.now, request.identity, place.first, contents(old_rows), contents(new_rows), {}};
      if (was != is) explain(request, place.first, old_rows, new_rows, example.why);
      change.examples.push_back(std::move(example));
    }
    report_.changed += is_changed;
  }

  void tally(const std::vector<const Shown*>& before, const std::vector<const Shown*>& after) {
    const auto holds = [](const std::vector<const Shown*>& rows, const Shown* wanted) {
      return std::find_if(rows.begin(), rows.end(), [&](const Shown* row) { return row->experience == wanted->experience; });
    };
    for (const Shown* row : after) {
      const auto found = holds(before, row);
      if (found == before.end()) ++report_.experiences[row->experience].gained;
      else if ((*found)->content != row->content || (*found)->treatment != row->treatment)
        ++report_.experiences[row->experience].other_content;
    }
    for (const Shown* row : before)
      if (holds(after, row) == after.end()) ++report_.experiences[row->experience].lost;
  }

  void explain(const Request& request, const std::string& surface, const std::vector<const Shown*>& before,
               const std::vector<const Shown*>& after, std::vector<std::string>& why) const {
    const auto tell = [&](const std::vector<const Shown*>& here, const std::vector<const Shown*>& there, const Side& side,
                          const char* when) {
      std::optional<Decision> decision;
      for (const Shown* row : here) {
        const bool stays = std::any_of(there.begin(), there.end(), [&](const Shown* one) { return one->experience == row->experience; });
        if (stays || row->experience.empty()) continue;
        if (!decision) decision = side.decide(request, true);
        why.push_back(why_not(*decision, surface, row->experience.substr(0, row->experience.find(" + ")), when));
      }
    };
    if (before_) tell(after, before, *before_, "before");
    tell(before, after, after_, "after");
  }

  const ReplayOptions& options_;
  const Side* before_;  // null: the recorded answers
  const Side& after_;
  const Instant now_;
  const Zone zone_;
  std::ofstream* out_ = nullptr;
  bool has_undated_ = false;
  Report report_;
};

Value to_value(const Report& report) {
  Array experiences, changes;
  for (const auto& [id, tally] : report.experiences) {
    if (tally.gained + tally.lost + tally.other_content == 0) continue;
    experiences.push_back(Object{{"experience", id},
                                 {"before", tally.before},
                                 {"after", tally.after},
                                 {"gained", tally.gained},
                                 {"lost", tally.lost},
                                 {"other_content", tally.other_content}});
  }
  for (const auto& [key, change] : report.changes) {
    const auto& [configuration, element, before, after] = key;
    Array examples;
    for (const Example& example : change.examples) {
      Object row{{"line", example.line},     {"at", to_text(example.at)}, {"surface", example.surface},
                 {"before", example.before}, {"after", example.after},    {"why", Array(example.why.begin(), example.why.end())}};
      if (!example.identity.id.empty())
        row["identity"] = example.identity.space.empty() ? Object{{"id", example.identity.id}}
                                                         : Object{{"namespace", example.identity.space}, {"id", example.identity.id}};
      examples.push_back(std::move(row));
    }
    changes.push_back(Object{{"configuration", configuration},
                             {"element", element},
                             {"before", before},
                             {"after", after},
                             {"answers", change.answers},
                             {"examples", std::move(examples)}});
  }
  return Object{{"requests", report.requests},
                {"changed", report.changed},
                {"experiences", std::move(experiences)},
                {"changes", std::move(changes)},
                {"policy_failures", Object{{"before", report.failures_before}, {"after", report.failures_after}}}};
}

std::string one_line(const Value& content) {
  std::string text = clipped(content.is_string() ? content.string() : to_json(content), 120);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return harmless(text);
}

void print(const Report& report) {
  if (!report.changes.empty()) {
    std::vector<std::vector<std::string>> rows{{"EXPERIENCE", "BEFORE", "AFTER", "GAINED", "LOST", "OTHER CONTENT"}};
    for (const auto& [id, tally] : report.experiences)
      if (tally.gained + tally.lost + tally.other_content > 0)
        rows.push_back({id.empty() ? "(default)" : id, std::to_string(tally.before), std::to_string(tally.after),
                        std::to_string(tally.gained), std::to_string(tally.lost), std::to_string(tally.other_content)});
    std::printf("\n%s", table(rows).c_str());
  }
  // The most frequent first.
  std::vector<decltype(report.changes)::const_iterator> order;
  for (auto change = report.changes.begin(); change != report.changes.end(); ++change) order.push_back(change);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& left, const auto& right) { return left->second.answers > right->second.answers; });
  for (const auto& change : order) {
    const auto& [configuration, element, before, after] = change->first;
    const std::string where = configuration + (element.empty() ? "" : "." + element);
    const std::string what = before == after ? before + ": other content" : before + " → " + after;
    std::printf("\n%s  %s: %zu answer%s\n", painted(where, Paint::strong).c_str(), harmless(what).c_str(), change->second.answers,
                change->second.answers == 1 ? "" : "s");
    for (const Example& example : change->second.examples) {
      const std::string identity = example.identity.id.empty()
          ? ""
          : "  " + (example.identity.space.empty() ? "" : example.identity.space + ":") + example.identity.id;
      std::printf("  line %zu  %s%s  %s\n", example.line, to_text(example.at).c_str(), harmless(identity).c_str(),
                  harmless(example.surface).c_str());
      std::printf("    %s\n    %s\n", painted("- " + one_line(example.before), Paint::bad).c_str(),
                  painted("+ " + one_line(example.after), Paint::good).c_str());
      for (const std::string& why : example.why) std::printf("    %s\n", harmless(why).c_str());
    }
  }
}

}  // namespace

int replay_command(const ReplayOptions& options) {
  LuaPolicyCompiler policies;
  const std::string before_word = options.before.empty() ? "live" : options.before;
  auto after = open_side(options.after.empty() ? options.folder : options.after, options.remote, policies);
  if (!after) return fail(after.error());
  std::optional<Side> before;
  if (before_word != "recorded") {
    auto opened = open_side(before_word, options.remote, policies);
    if (!opened) return fail(opened.error());
    before.emplace(std::move(*opened));
  }
  auto now = read_instant(options.at, after->workspace.zone);
  if (!now) return fail(refuse(Code::usage, "--at: " + now.error().message));
  Replay replay(options, before ? &*before : nullptr, *after, *now);
  std::ofstream out;
  if (!options.record.empty()) {
    out.open(options.record, std::ios::binary | std::ios::trunc);
    if (!out) return fail(refuse(Code::unreadable_file, "`" + options.record + "` cannot be written"));
    replay.write_to(out);
  }
  auto read = read_records(options.requests, [&](const RecordedRequest& record) { return replay.record(record); });
  if (!read) return fail(read.error());
  if (out.is_open() && !out.flush()) return fail(refuse(Code::unreadable_file, "`" + options.record + "` cannot be written to its end"));
  report(read->unreadable);
  if (read->unreadable_lines > read->unreadable.size())
    std::fprintf(stderr, "and %zu more lines\n", read->unreadable_lines - read->unreadable.size());

  const Report& found = replay.report();
  Value report = to_value(found);
  const auto side = [](const Side* of) { return of ? Object{{"name", of->name}, {"version", of->version}} : Object{{"name", "recorded"}}; };
  report.object()["before"] = side(before ? &*before : nullptr);
  report.object()["after"] = side(&*after);
  report.object()["at"] = to_text(*now);
  report.object()["requests_hash"] = read->hash;
  report.object()["unreadable"] = read->unreadable_lines;
  // Of what was compared and what came of it; what the sides are called, when it was run and how many examples were wanted
  // is not in it.
  Value evidence = report;
  for (const char* key : {"before", "after"}) evidence.object()[key].object().erase("name");
  for (Value& change : evidence.object()["changes"].array()) change.object().erase("examples");
  if (!replay.has_undated()) evidence.object().erase("at");
  report.object()["digest"] = "sha256:" + hash_of(evidence);
  if (options.json) {
    std::printf("%s\n", to_json(report).c_str());
  } else {
    std::printf("before  %s\nafter   %s\n", before ? before->name.c_str() : "the recorded answers", after->name.c_str());
    std::printf("%zu request%s, %s\n", found.requests, found.requests == 1 ? "" : "s",
                found.changed == 0
                    ? painted("no answer changes", Paint::good).c_str()
                    : (std::to_string(found.changed) + (found.changed == 1 ? " answer changes" : " answers change")).c_str());
    if (found.failures_before + found.failures_after > 0)
      std::printf("policies failed: %d before, %d after\n", found.failures_before, found.failures_after);
    print(found);
    std::printf("\n%s\n", report.string_or("digest", "").c_str());
  }
  if (read->unreadable_lines > 0) return 1;
  return options.fail_on_change && found.changed > 0 ? 1 : 0;
}

}  // namespace footlight
