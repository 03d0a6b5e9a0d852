#include "model/journey.h"

#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "model/predicate.h"
#include "model/schedule.h"

namespace footlight {
namespace {

std::string index(const std::string& path, std::size_t i) { return path + "[" + std::to_string(i) + "]"; }

class Parser {
 public:
  explicit Parser(Problems& problems) : problems_(problems) {}

  Value event(const Value& document, const std::string& path) {
    Reader reader(document, path, problems_);
    Object event{{"event", reader.required_text("event").value_or("")}};
    reader.finish();
    return event;
  }

  Value enter(const Value& document) {
    if (document.find("event")) return event(document, "$.enter");
    Reader reader(document, "$.enter", problems_);
    Object enter;
    if (const Value* audience = reader.take("audience"))
      enter["audience"] = to_value(parse_predicate(*audience, "$.enter.audience", problems_));
    else if (const Value* schedule = reader.take("schedule")) {
      if (auto parsed = parse_schedule(*schedule, "$.enter.schedule", problems_)) enter["schedule"] = to_value(*parsed);
    } else if (reader.is_object())
      reader.report(Code::missing_field, "event", "a journey is entered by an `event`, an `audience` or a `schedule`");
    reader.finish();
    return enter;
  }

  Array steps(const Value& document, const std::string& path, int depth) {
    Array steps;
    if (document.is_object() && document.object().empty()) return steps;
    if (!document.is_array()) {
      report(Code::wrong_type, path, type_message("a list of steps", document));
      return steps;
    }
    if (depth > limits::predicate_depth_max) {
      report(Code::limit_exceeded, path, "steps are nested more than " + std::to_string(limits::predicate_depth_max) + " levels deep");
      return steps;
    }
    for (std::size_t i = 0; i < document.array().size(); ++i) {
      if (++count_ == limits::journey_steps_max + 1)
        report(Code::limit_exceeded, path, "a journey has more than " + std::to_string(limits::journey_steps_max) + " steps");
      steps.push_back(step(document.array()[i], index(path, i), depth));
    }
    return steps;
  }

  void check_jumps() {
    for (const auto& [label, path] : jumps_)
      if (!labels_.contains(label)) report(Code::not_found, path, "no step has the label `" + label + "`");
  }

 private:
  Value step(const Value& document, const std::string& path, int depth) {
    if (document == Value("finish")) return Object{{"finish", true}};
    Reader reader(document, path, problems_);
    Object step;
    if (!reader.is_object()) return step;
    if (auto label = reader.text("label")) {
      if (!labels_.insert(*label).second) reader.report(Code::duplicate_id, "label", "the label `" + *label + "` is used twice");
      step["label"] = *label;
    }
    struct Form {
      std::string_view key;
      void (Parser::*read)(Reader&, const Value&, Object&, int);
    };
    static constexpr Form forms[] = {
        {"wait", &Parser::wait},           {"until", &Parser::until},   {"show", &Parser::show},   {"await", &Parser::await},
        {"condition", &Parser::condition}, {"split", &Parser::split},   {"fetch", &Parser::fetch}, {"set", &Parser::set},
        {"jump", &Parser::jump},           {"finish", &Parser::finish},
    };
    bool found = false;
    for (const Form& form : forms) {
      const Value* member = document.find(form.key);
      if (!member) continue;
      reader.take(form.key);
      (this->*form.read)(reader, *member, step, depth);
      found = true;
      break;
    }
    if (!found)
      report(Code::unknown_field, path,
             "not a step: it has none of `wait`, `until`, `show`, `await`, `condition`, `split`, `fetch`, `set`, `jump`, `finish`");
    reader.finish();
    return step;
  }

  void duration(Reader& reader, std::string_view key, Object& step, bool is_required) {
    auto text = is_required ? reader.required_text(key) : reader.text(key);
    if (!text) return;
    if (auto duration = parse_duration(*text)) step[std::string(key)] = to_text(*duration);
    else reader.report(duration.error().code, key, duration.error().message);
  }
  void branch(Reader& reader, std::string_view key, Object& step, int depth) {
    if (const Value* branch = reader.take(key)) step[std::string(key)] = steps(*branch, reader.path_of(key), depth + 1);
  }

  void wait(Reader& reader, const Value&, Object& step, int) { duration(reader, "wait", step, true); }

  void until(Reader& reader, const Value& member, Object& step, int) {
    if (member.is_string()) {
      if (!parse_civil(member.string()) && !parse_instant(member.string()))
        reader.report(Code::bad_time, "until", "`" + member.string() + "` is not a time like `2026-12-01T09:00`");
      step["until"] = member;
      return;
    }
    Reader inner(member, reader.path_of("until"), problems_);
    const std::string time = inner.required_text("time").value_or("");
    if (!time.empty() && !parse_civil("2000-01-01T" + time))
      inner.report(Code::bad_time, "time", "`" + time + "` is not a time of day like `09:00`");
    Object until{{"time", time}};
    if (auto name = inner.text("zone")) {
      if (auto zone = Zone::find(*name); !zone && *name != "profile") inner.report(zone.error().code, "zone", zone.error().message);
      until["zone"] = *name;
    }
    inner.finish();
    step["until"] = std::move(until);
  }

  void show(Reader& reader, const Value& member, Object& step, int) {
    if (!member.is_object() || member.object().empty())
      reader.report(Code::wrong_type, "show", "expected an object from surface configuration to content");
    step["show"] = member;
    duration(reader, "for", step, false);
  }

  void await(Reader& reader, const Value& member, Object& step, int depth) {
    step["await"] = event(member, reader.path_of("await"));
    duration(reader, "timeout", step, true);
    branch(reader, "then", step, depth);
    branch(reader, "otherwise", step, depth);
  }

  void condition(Reader& reader, const Value& member, Object& step, int depth) {
    Array branches;
    if (!member.is_array()) reader.report(Code::wrong_type, "condition", type_message("a list of branches", member));
    else
      for (std::size_t i = 0; i < member.array().size(); ++i) {
        Reader inner(member.array()[i], index(reader.path_of("condition"), i), problems_);
        Object branch_object;
        if (const Value* when = inner.require("when"))
          branch_object["when"] = to_value(parse_predicate(*when, inner.path_of("when"), problems_));
        branch(inner, "then", branch_object, depth);
        inner.finish();
        branches.push_back(std::move(branch_object));
      }
    step["condition"] = std::move(branches);
    branch(reader, "otherwise", step, depth);
  }

  void split(Reader& reader, const Value& member, Object& step, int depth) {
    Array branches;
    double sum = 0;
    if (!member.is_array()) reader.report(Code::wrong_type, "split", type_message("a list of branches", member));
    else
      for (std::size_t i = 0; i < member.array().size(); ++i) {
        Reader inner(member.array()[i], index(reader.path_of("split"), i), problems_);
        inner.require("weight");
        const double weight = inner.number("weight", 0, 100).value_or(0);
        sum += weight;
        Object branch_object{{"weight", weight}};
        branch(inner, "then", branch_object, depth);
        inner.finish();
        branches.push_back(std::move(branch_object));
      }
    if (member.is_array() && (sum < 99.999999 || sum > 100.000001))
      reader.report(Code::out_of_range, "split", "the weights do not add up to 100");
    step["split"] = std::move(branches);
    if (auto salt = reader.text("salt")) step["salt"] = *salt;
  }

  void fetch(Reader& reader, const Value&, Object& step, int depth) {
    step["fetch"] = reader.required_text("fetch").value_or("");
    if (const Object* with = reader.object("with")) step["with"] = *with;
    branch(reader, "ok", step, depth);
    branch(reader, "failed", step, depth);
  }

  void set(Reader& reader, const Value& member, Object& step, int) {
    if (!member.is_object()) reader.report(Code::wrong_type, "set", type_message("an object from attribute to value", member));
    step["set"] = member;
  }

  void jump(Reader& reader, const Value&, Object& step, int) {
    const auto label = reader.required_text("jump");
    if (label) jumps_.emplace_back(*label, reader.path_of("jump"));
    step["jump"] = label.value_or("");
  }

  void finish(Reader& reader, const Value&, Object& step, int) {
    if (reader.boolean("finish") == false) reader.report(Code::out_of_range, "finish", "only true makes sense here");
    step["finish"] = true;
  }

  void report(Code code, const std::string& path, std::string message) { problems_.push_back({code, path, std::move(message)}); }

  Problems& problems_;
  std::size_t count_ = 0;
  std::set<std::string> labels_;
  std::vector<std::pair<std::string, std::string>> jumps_;
};

}  // namespace

Value parse_journey(Reader& reader, Problems& problems) {
  Parser parser(problems);
  Object journey;
  if (const Value* enter = reader.require("enter")) journey["enter"] = parser.enter(*enter);
  if (const Value* exit = reader.take("exit")) journey["exit"] = parser.event(*exit, "$.exit");
  if (auto again = reader.text("again")) {
    if (*again == "never" || *again == "always") journey["again"] = *again;
    else if (auto duration = parse_duration(*again)) journey["again"] = to_text(*duration);
    else reader.report(Code::bad_time, "again", "`" + *again + "` is neither `never`, `always` nor a duration like `1d`");
  }
  if (const Value* steps = reader.require("steps")) {
    journey["steps"] = parser.steps(*steps, "$.steps", 1);
    const bool is_list = steps->is_array() || (steps->is_object() && steps->object().empty());
    if (is_list && journey["steps"].array().empty())
      reader.report(Code::missing_field, "steps", "a journey without a step does nothing: give it one");
    parser.check_jumps();
  }
  return journey;
}

}  // namespace footlight
