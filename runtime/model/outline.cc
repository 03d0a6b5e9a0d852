#include "model/outline.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "model/workspace.h"

namespace footlight {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(std::string_view text) {
  Lines lines;
  for (const std::string_view line : split(text, '\n')) lines.emplace_back(line);
  // The line end of the last line begins no other; of a text of nothing but line ends each counts.
  if (lines.size() > 1 && lines.back().empty()) lines.pop_back();
  return lines;
}

void indent(Lines& into, const Lines& lines) {
  for (const std::string& line : lines) into.push_back("  " + line);
}

void append(Lines& into, const Lines& lines) { into.insert(into.end(), lines.begin(), lines.end()); }

Lines lua_lines(const std::string& source) {
  Lines lines{"Lua"};
  indent(lines, lines_of(source));
  return lines;
}

std::string number_text(double number) {
  std::string text;
  append_json_number(text, number);
  return text;
}

// ---- conditions

void clauses_of(const Predicate& predicate, Lines& lines) {
  const auto group = [&](const char* head) {
    lines.emplace_back(head);
    Lines inner;
    for (const Predicate& part : predicate.args) clauses_of(part, inner);
    indent(lines, inner);
  };
  switch (predicate.op) {
    case Predicate::Op::all: return group("all of");
    case Predicate::Op::any: return group("any of");
    case Predicate::Op::no: return group("not");
    case Predicate::Op::lua: return append(lines, lua_lines(predicate.lua));
    case Predicate::Op::bucket:
    case Predicate::Op::list: {
      std::string text = to_text(predicate);
      if (!predicate.attribute.empty()) text += " by " + predicate.attribute;
      lines.push_back(std::move(text));
      return;
    }
    default: lines.push_back(to_text(predicate, limits::document_bytes_max));
  }
}

// ---- content

Lines content_lines(const Content& content) {
  switch (content.form) {
    case Content::Form::text: return lines_of(content.text);
    case Content::Form::fragment: return {"fragment `" + content.text + "`"};
    case Content::Form::json: return lines_of(to_pretty_json(content.json));
    case Content::Form::lua: return lua_lines(content.text);
  }
  return {};
}

std::string configuration_line(const Action& action, const Workspace& workspace) {
  const Configuration* configuration = workspace.configuration(action.configuration);
  if (!configuration) return "not declared in the workspace";
  std::string line(to_text(configuration->format));
  switch (configuration->resolve.mode) {
    case Resolution::Mode::highest: line += ", the highest priority wins"; break;
    case Resolution::Mode::stack: line += ", up to " + std::to_string(configuration->resolve.most) + " are stacked"; break;
    case Resolution::Mode::merge: line += ", merged key by key"; break;
  }
  if (!configuration->schema.empty()) line += ", schema `" + configuration->schema + "`";
  if (workspace.conflict.contains(configuration->name)) line += ", with a conflict policy";
  return line;
}

// ---- schedule

Lines schedule_lines(const Schedule& schedule) {
  Lines lines;
  const Value document = to_value(schedule);
  if (const std::string zone = document.string_or("zone", ""); !zone.empty()) lines.push_back("on the clock of " + zone);
  if (const Value* weekly = document.find("weekly"))
    for (const Value& window : weekly->array()) {
      const auto words = [&](const char* key) {
        std::vector<std::string> parts;
        const Value* list = window.find(key);
        for (std::size_t i = 0; list && i < list->array().size(); ++i) parts.push_back(list->array()[i].string());
        return join(parts, ", ");
      };
      lines.push_back(words("days") + " " + words("hours"));
    }
  if (const Value* rule = document.find("rrule"))
    lines.push_back(rule->string_or("rule", "") + ", from " + rule->string_or("from", "") + ", each for " + rule->string_or("lasts", ""));
  if (const Value* except = document.find("except"))
    for (const Value& date : except->array()) lines.push_back("not on " + date.string());
  return lines;
}

// ---- journeys

std::string entry_text(const Value& what) {
  if (const Value* name = what.find("event")) {
    std::string text = "event " + to_json(*name);
    for (const auto& [key, value] : what.object())
      if (key != "event") text += ", " + key + " " + to_json(value);
    return text;
  }
  return to_json(what);
}

Lines condition_lines(const Value& predicate) {
  Problems known;  // none: it was read before
  return clauses(parse_predicate(predicate, "$", known));
}

Lines steps_lines(const Array& steps);

void branch(Lines& lines, const std::string& head, const Value* steps) {
  if (!steps) return;
  lines.push_back(head);
  indent(lines, steps_lines(steps->array()));
}
void inner_branch(Lines& lines, const std::string& head, const Value* steps) {
  Lines inner;
  branch(inner, head, steps);
  indent(lines, inner);
}

Lines step_lines(const Value& step) {
  Lines lines;
  const auto json = [&](const char* key) { return to_json(*step.find(key)); };
  const auto text = [&](const char* key) { return step.find(key)->is_string() ? step.find(key)->string() : json(key); };
  if (step.find("wait")) lines.push_back("wait " + text("wait"));
  if (step.find("until")) lines.push_back("wait until " + text("until"));
  if (const Value* show = step.find("show")) {
    std::vector<std::string> names;
    for (const auto& [name, content] : show->object()) names.push_back(name);
    lines.push_back("show " + join(names, ", ") + (step.find("for") ? " for " + text("for") : ""));
  }
  if (const Value* what = step.find("await")) {
    lines.push_back("await " + entry_text(*what) + (step.find("timeout") ? ", for " + text("timeout") : ""));
    inner_branch(lines, "came", step.find("then"));
    inner_branch(lines, "did not come", step.find("otherwise"));
  }
  if (const Value* branches = step.find("condition")) {
    for (const Value& one : branches->array()) {
      lines.push_back("when");
      Lines inner;
      if (const Value* when = one.find("when")) indent(inner, condition_lines(*when));
      append(lines, inner);
      branch(lines, "then", one.find("then"));
    }
    branch(lines, "otherwise", step.find("otherwise"));
  }
  if (const Value* branches = step.find("split")) {
    lines.push_back("split" + (step.find("salt") ? " by " + json("salt") : ""));
    for (const Value& one : branches->array())
      inner_branch(lines, (one.find("weight") ? to_json(*one.find("weight")) : "?") + " %", one.find("then"));
  }
  if (step.find("fetch")) {
    lines.push_back("fetch " + text("fetch") + (step.find("with") ? " with " + json("with") : ""));
    inner_branch(lines, "ok", step.find("ok"));
    inner_branch(lines, "failed", step.find("failed"));
  }
  if (step.find("set")) lines.push_back("set " + json("set"));
  if (step.find("jump")) lines.push_back("jump to " + text("jump"));
  if (step.find("finish")) lines.emplace_back("finish");
  // A step of a kind that is younger than these words is shown as it stands.
  if (lines.empty()) lines.push_back(to_json(step));
  if (const Value* label = step.find("label")) lines.front() = label->string() + ": " + lines.front();
  return lines;
}

Lines steps_lines(const Array& steps) {
  Lines lines;
  for (const Value& step : steps) append(lines, step.is_string() ? Lines{step.string()} : step_lines(step));
  if (lines.empty()) lines.emplace_back("nothing");
  return lines;
}

// ---- sections

class Outliner {
 public:
  Outliner(const Definition& definition, const Workspace* workspace) : definition_(definition), workspace_(workspace) {}

  Outline make() {
    section("content", [&] { content(); });
    section("journey", [&] { journey(); });
    section("properties", [&] { properties(); });
    section("configuration", [&] { configuration(); });
    section("audience", [&] { audience(); });
    section("schedule", [&] { schedule(); });
    section("experiment", [&] { experiment(); });
    section("includes", [&] { includes(); });
    return std::move(outline_);
  }

 private:
  template <class Fill>
  void section(const char* name, Fill fill) {
    outline_.push_back({name, {}});
    fill();
    if (outline_.back().parts.empty()) outline_.pop_back();
  }

  void part(std::string name, Lines lines) {
    if (lines.empty()) lines.emplace_back();
    outline_.back().parts.push_back({std::move(name), std::move(lines)});
  }
  void text(const char* name, const std::string& value) {
    if (!value.empty()) part(name, lines_of(value));
  }

  void content() {
    for (const Action& action : definition_.actions) part(action.id, content_lines(action.content));
  }

  void journey() {
    const Value& journey = definition_.journey;
    if (const Value* enter = journey.find("enter")) {
      if (const Value* audience = enter->find("audience")) {
        Lines lines{"when it becomes true that"};
        indent(lines, condition_lines(*audience));
        part("enter", std::move(lines));
      } else {
        part("enter", {entry_text(*enter)});
      }
    }
    if (const Value* exit = journey.find("exit")) part("exit", {entry_text(*exit)});
    if (const Value* again = journey.find("again")) part("again", {again->is_string() ? again->string() : to_json(*again)});
    if (const Value* steps = journey.find("steps")) part("steps", steps_lines(steps->array()));
    if (!journey.is_object()) return;
    static const std::vector<std::string_view> told = {"enter", "exit", "again", "steps"};
    for (const auto& [key, value] : journey.object())
      if (std::find(told.begin(), told.end(), key) == told.end()) part(key, {to_json(value)});
  }

  void properties() {
    part("kind", {std::string(to_text(definition_.kind))});
    text("title", definition_.title);
    text("description", definition_.description);
    part("priority", {std::to_string(definition_.priority)});
    if (!definition_.tags.empty()) part("tags", definition_.tags);
  }

  void configuration() {
    for (const Action& action : definition_.actions) {
      std::string line = action.configuration;
      if (!action.element.empty()) line += ", element " + action.element;
      if (!action.treatment.empty()) line += ", treatment " + action.treatment;
      Lines lines{std::move(line)};
      if (workspace_) {
        lines[0] += ": " + configuration_line(action, *workspace_);
        if (const Configuration* found = workspace_->configuration(action.configuration))
          for (const SurfaceRule& rule : found->rules) {
            const Value document = to_value(rule);
            lines.push_back("  " + (document.is_string() ? document.string() : to_json(document)));
          }
      }
      part(action.id, std::move(lines));
    }
  }

  void audience() {
    part("audience", clauses(definition_.audience));
    if (!definition_.targeting.empty()) part("targeting", lua_lines(definition_.targeting));
  }

  void schedule() {
    const std::string zone = !definition_.zone.empty() ? definition_.zone : workspace_ ? workspace_->zone : "";
    const auto when = [&](const std::string& time) { return Lines{time + (zone.empty() ? "" : " " + zone)}; };
    part("from", definition_.from.empty() ? Lines{"at once"} : when(definition_.from));
    part("till", definition_.till.empty() ? Lines{"until somebody ends it"} : when(definition_.till));
    text("zone", definition_.zone);
    if (definition_.schedule) part("hours", schedule_lines(*definition_.schedule));
    if (!definition_.schedule_policy.empty()) part("policy", lua_lines(definition_.schedule_policy));
  }

  void experiment() {
    for (const Treatment& treatment : definition_.treatments)
      part("treatment " + treatment.name, {number_text(treatment.weight / 100.0) + " %"});
    if (definition_.holdout) part("holdout", {number_text(definition_.holdout / 100.0) + " %"});
    if (!definition_.treatments.empty()) text("salt", definition_.salt);
  }

  void includes() {
    for (const auto& [name, predicate] : definition_.include.audiences) part("audience " + name, clauses(predicate));
    for (const auto& [name, fragment] : definition_.include.fragments) part("fragment " + name, lines_of(fragment));
    for (const auto& [name, hash] : definition_.include.lists) part("list " + name, {"SHA-256 " + hash});
  }

  const Definition& definition_;
  const Workspace* workspace_;
  Outline outline_;
};

// ---- comparison

// The longest common lines of two parts, behind what is equal at both ends. Parts that are too large for
// that, both thousands of lines, are told as replaced.
std::vector<ComparedLine> compare_lines(const Lines& from, const Lines& to) {
  std::size_t head = 0, tail = 0;
  while (head < from.size() && head < to.size() && from[head] == to[head]) ++head;
  while (tail < from.size() - head && tail < to.size() - head && from[from.size() - 1 - tail] == to[to.size() - 1 - tail]) ++tail;
  const std::size_t rows = from.size() - head - tail, columns = to.size() - head - tail;

  std::vector<ComparedLine> lines;
  for (std::size_t i = 0; i < head; ++i) lines.push_back({Mark::same, from[i], 0});
  const auto removed = [&](std::size_t i) { lines.push_back({Mark::removed, from[head + i], 0}); };
  const auto added = [&](std::size_t j) { lines.push_back({Mark::added, to[head + j], 0}); };
  std::size_t i = 0, j = 0;
  if (rows > 0 && columns > 0 && rows <= limits::compared_cells_max / columns) {
    // common[i][j]: how many lines the rests from i and from j have in common.
    std::vector<std::uint32_t> common((rows + 1) * (columns + 1), 0);
    const auto at = [&](std::size_t r, std::size_t c) -> std::uint32_t& { return common[r * (columns + 1) + c]; };
    for (std::size_t r = rows; r-- > 0;)
      for (std::size_t c = columns; c-- > 0;)
        at(r, c) = from[head + r] == to[head + c] ? at(r + 1, c + 1) + 1 : std::max(at(r + 1, c), at(r, c + 1));
    while (i < rows && j < columns) {
      if (from[head + i] == to[head + j]) {
        lines.push_back({Mark::same, from[head + i], 0});
        ++i, ++j;
      } else if (at(i + 1, j) >= at(i, j + 1)) {
        removed(i++);
      } else {
        added(j++);
      }
    }
  }
  while (i < rows) removed(i++);
  while (j < columns) added(j++);
  for (std::size_t k = from.size() - tail; k < from.size(); ++k) lines.push_back({Mark::same, from[k], 0});
  return lines;
}

// Keeps three equal lines around each change.
std::vector<ComparedLine> shortened(std::vector<ComparedLine> lines) {
  constexpr std::size_t context = 3;
  std::vector<bool> is_near(lines.size(), false);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].mark == Mark::same) continue;
    for (std::size_t k = i - std::min(i, context); k < std::min(lines.size(), i + context + 1); ++k) is_near[k] = true;
  }
  std::vector<ComparedLine> kept;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (is_near[i]) {
      kept.push_back(std::move(lines[i]));
    } else if (!kept.empty() && kept.back().mark == Mark::skipped) {
      ++kept.back().count;
    } else {
      kept.push_back({Mark::skipped, "", 1});
    }
  }
  return kept;
}

template <class Named>
const Named* find(const std::vector<Named>& all, const std::string& name) {
  for (const Named& one : all)
    if (one.name == name) return &one;
  return nullptr;
}

// The names of both: those of `to` in their order, and before each what stood there in `from` alone.
template <class Named>
std::vector<std::string> names_of(const std::vector<Named>& from, const std::vector<Named>& to) {
  std::vector<std::string> names;
  std::size_t taken = 0;
  for (const Named& one : to) {
    const auto here = std::find_if(from.begin(), from.end(), [&](const Named& other) { return other.name == one.name; });
    if (here != from.end())
      for (; taken < static_cast<std::size_t>(here - from.begin()); ++taken)
        if (!find(to, from[taken].name)) names.push_back(from[taken].name);
    names.push_back(one.name);
  }
  for (; taken < from.size(); ++taken)
    if (!find(to, from[taken].name)) names.push_back(from[taken].name);
  return names;
}

template <class Sections, class Convert>
Value sections_to_value(const Sections& sections, Convert convert) {
  Array all;
  for (const auto& section : sections) {
    Array parts;
    for (const auto& part : section.parts) {
      Array lines;
      for (const auto& line : part.lines) lines.push_back(convert(line));
      parts.push_back(Object{{"part", part.name}, {"lines", std::move(lines)}});
    }
    all.push_back(Object{{"section", section.name}, {"parts", std::move(parts)}});
  }
  return all;
}

}  // namespace

std::string_view to_text(Mark mark) {
  constexpr std::string_view words[] = {"same", "removed", "added", "skipped"};
  return words[static_cast<int>(mark)];
}

std::vector<std::string> clauses(const Predicate& predicate) {
  Lines lines;
  // What a whole audience asks for holds together anyway.
  if (predicate.op == Predicate::Op::all && predicate.args.size() > 1)
    for (const Predicate& part : predicate.args) clauses_of(part, lines);
  else clauses_of(predicate, lines);
  return lines;
}

Outline outline(const Definition& definition, const Workspace* workspace) { return Outliner(definition, workspace).make(); }

Comparison compare(const Outline& from, const Outline& to) {
  static const std::vector<std::string> sections = {"content",  "journey",  "properties", "configuration",
                                                    "audience", "schedule", "experiment", "includes"};
  Comparison comparison;
  for (const std::string& name : sections) {
    static const OutlineSection none;
    const OutlineSection* before = find(from, name);
    const OutlineSection* after = find(to, name);
    if (!before) before = &none;
    if (!after) after = &none;
    ComparedSection section{name, {}};
    for (const std::string& part : names_of(before->parts, after->parts)) {
      const OutlinePart* old = find(before->parts, part);
      const OutlinePart* now = find(after->parts, part);
      if (old && now && old->lines == now->lines) continue;
      section.parts.push_back({part, shortened(compare_lines(old ? old->lines : Lines{}, now ? now->lines : Lines{}))});
    }
    if (!section.parts.empty()) comparison.push_back(std::move(section));
  }
  return comparison;
}

Value to_value(const Outline& outline) {
  return sections_to_value(outline, [](const std::string& line) { return Value(line); });
}

Value to_value(const Comparison& comparison) {
  return sections_to_value(comparison, [](const ComparedLine& line) {
    Object object{{"mark", to_text(line.mark)}};
    if (line.mark == Mark::skipped) object["count"] = static_cast<std::int64_t>(line.count);
    else object["text"] = line.text;
    return Value(std::move(object));
  });
}

}  // namespace footlight
