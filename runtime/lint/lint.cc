#include "lint/lint.h"

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "engine/places.h"

namespace footlight {
namespace {

using Op = Predicate::Op;

std::string located(const std::map<std::string, std::string>& places, const std::string& path) {
  const auto known = find_place(places, path);
  if (!known) return shown_path(path);
  return known->ends_with(".json") ? *known + " " + shown_path(path) : *known;
}

std::string numbers_of(const AttributeType& type) {
  const auto text = [](double number) {
    std::string out;
    append_json_number(out, number);
    return out;
  };
  if (type.min && type.max) return "a number from " + text(*type.min) + " to " + text(*type.max);
  if (type.min) return "a number of at least " + text(*type.min);
  return type.max ? "a number of at most " + text(*type.max) : "a number";
}

std::string described(const AttributeType& type) {
  switch (type.type) {
    case AttributeType::Type::enumeration: return "one of " + join(type.values, ", ");
    case AttributeType::Type::number: return numbers_of(type);
    case AttributeType::Type::text: return "a text";
    case AttributeType::Type::boolean: return "true or false";
    case AttributeType::Type::date: return "a date";
    default: return "a " + to_text(type);
  }
}

class Linter {
 public:
  Linter(const SnapshotSource& source, const std::map<std::string, std::string>& places, PolicyCompiler& policies,
         const OverlapOptions& options)
      : source_(source), places_(places), policies_(policies), options_(options) {}

  LintReport run() {
    Included shared;
    shared.audiences = source_.workspace.audiences;
    shared.lists = source_.workspace.lists;
    for (const auto& [name, audience] : source_.workspace.audiences) {
      own_ = {"audience `" + name + "`", &shared, &places_, name};
      if (!holds_somewhere(audience)) never_.insert(name);
    }
    for (const ServedExperience& served : source_.experiences) experience(served);
    report_.overlaps = find_overlaps(source_, policies_, options_);
    ties();
    for (const ServedExperience& served : source_.experiences) covered(served);
    return std::move(report_);
  }

 private:
  // Whose condition is being looked at.
  struct Own {
    std::string who;
    const Included* include = nullptr;
    const std::map<std::string, std::string>* places = nullptr;
    std::string audience;  // the named one's own name
  };

  void warn(Code code, const std::string& path, std::string message) {
    Problem problem{code, located(*own_.places, path), std::move(message), true};
    if (std::find(report_.warnings.begin(), report_.warnings.end(), problem) == report_.warnings.end())
      report_.warnings.push_back(std::move(problem));
  }

  void experience(const ServedExperience& served) {
    const Definition& definition = served.definition;
    own_ = {"`" + definition.id + "`", &definition.include, &served.places, {}};
    for (const Predicate& condition : conditions_of(definition)) holds_somewhere(condition);
    opens(served);
  }

  // --- conditions -------------------------------------------------------------------------------

  Satisfaction::Answer answer_of(const Predicate& part) {
    const auto whole = written_out(part, *own_.include, [&](const Predicate& lua) {
      return policies_.lift({PolicyRole::targeting, lua.lua, own_.who, lua.path, {}}, source_.workspace.attributes);
    });
    if (!whole) return Satisfaction::Answer::unknown;
    const Demand demand{&*whole, true};
    return satisfy({&demand, 1}, source_.workspace.attributes, source_.lists).answer;
  }

  // Tells of the innermost parts that never hold; false where there is one, or the whole never does.
  bool holds_somewhere(const Predicate& part) {
    if (part.op == Op::always) return true;
    if (part.op == Op::audience) return !never_.contains(part.name);  // told at the audience itself
    const bool is_group = part.op == Op::all || part.op == Op::any || part.op == Op::no;
    if (!is_group) return leaf(part);
    bool is_fine = true;
    for (const Predicate& arg : part.args) is_fine &= holds_somewhere(arg);
    if (!is_fine || part.op == Op::no) return is_fine;
    if (answer_of(part) != Satisfaction::Answer::never) return true;
    warn(Code::never_holds, part.path,
         "no request can meet `" + clipped(to_text(part), limits::lint_text_bytes_max) + "`: its parts exclude each other");
    return false;
  }

  bool leaf(const Predicate& test) {
    const auto declared = source_.workspace.attributes.find(test.attribute);
    if (declared == source_.workspace.attributes.end() || test.op == Op::lua) {
      if (answer_of(test) != Satisfaction::Answer::never) return true;
      if (test.op == Op::lua)
        warn(Code::never_holds, test.path, "no request can meet the function: its conditions exclude each other, or an attribute's type");
      else warn(Code::never_holds, test.path, "no request can meet `" + to_text(test) + "`");
      return false;
    }
    const AttributeType& type = declared->second;
    // Of a list of values each is to be possible.
    if (test.op == Op::in || test.op == Op::has_any || test.op == Op::has_all) {
      bool some = test.operand.array().empty();
      for (const Value& item : test.operand.array()) {
        const Predicate one{.op = test.op == Op::in ? Op::eq : Op::has_all,
                            .attribute = test.attribute,
                            .operand = test.op == Op::in ? item : Value(Array{item}),
                            .path = test.path};
        if (answer_of(one) != Satisfaction::Answer::never) some = true;
        else mismatch(test, type, item);
      }
      return some && answer_of(test) != Satisfaction::Answer::never;
    }
    if (answer_of(test) != Satisfaction::Answer::never) return true;
    mismatch(test, type, test.operand);
    return false;
  }

  void mismatch(const Predicate& test, const AttributeType& type, const Value& operand) {
    std::string message = "`" + clipped(to_text(test), limits::lint_text_bytes_max) + "` ";
    const bool is_list_of_values = operand != test.operand;
    message += is_list_of_values ? "can never meet " + to_json(operand) : "never holds";
    message += ": `" + test.attribute + "` is " + described(type);
    if (type.type == AttributeType::Type::enumeration && operand.is_string()) message += did_you_mean(operand.string(), type.values);
    warn(Code::type_mismatch, test.path, std::move(message));
  }

  // --- schedules --------------------------------------------------------------------------------

  void opens(const ServedExperience& served) {
    const Definition& definition = served.definition;
    if (!definition.schedule) return;
    const CompiledSchedule schedule(*definition.schedule);
    Zone zone = Zone::utc();
    if (auto named = Zone::find(source_.workspace.zone)) zone = *named;
    // What has ended already is judged by its own time, not by today.
    Instant from = served.start ? *served.start : options_.now;
    if (!served.start && served.end && *served.end <= from) from = *served.end - limits::schedule_search_max;
    const auto opening = schedule.next_opening(from, zone, nullptr);
    if (opening && (!served.end || *opening < *served.end)) return;
    std::string message = own_.who + " is never shown: its schedule does not open ";
    if (served.end) message += "between " + (definition.from.empty() ? "now" : definition.from) + " and " + definition.till;
    else message += "within " + to_text(limits::schedule_search_max) + " of " + (definition.from.empty() ? "today" : definition.from);
    warn(Code::never_opens, "$.schedule", std::move(message));
  }

  // --- covered ----------------------------------------------------------------------------------

  // An experience is covered where each of its actions stands behind one of a higher priority that everybody
  // is shown who may see it. Whatever could keep the other back at times (a schedule, a policy, an
  // experiment) counts.
  void covered(const ServedExperience& served) {
    const Definition& definition = served.definition;
    if (definition.kind == ExperienceKind::journey || definition.actions.empty()) return;
    std::string by;
    for (const Action& action : definition.actions) {
      const auto better = std::find_if(report_.overlaps.overlaps.begin(), report_.overlaps.overlaps.end(), [&](const Overlap& overlap) {
        return overlap.loser.experience == definition.id && overlap.loser.action == action.id && covers(overlap, served);
      });
      if (better == report_.overlaps.overlaps.end()) return;
      by = "`" + better->winner.experience + "` (" + std::to_string(better->winner.priority) + " > " + std::to_string(definition.priority) +
          ") on `" + action.configuration + "`";
    }
    own_ = {definition.id, &definition.include, &served.places, {}};
    warn(Code::never_shown, "$", "`" + definition.id + "` is never shown: whoever may see it is shown " + by);
  }

  bool covers(const Overlap& overlap, const ServedExperience& loser) {
    if (overlap.by != Overlap::By::priority || overlap.winner.configuration != overlap.loser.configuration) return false;
    if (source_.workspace.configuration(overlap.winner.configuration)->resolve.mode != Resolution::Mode::highest) return false;
    const auto found = std::find_if(source_.experiences.begin(), source_.experiences.end(), [&](const ServedExperience& candidate) {
      return candidate.definition.id == overlap.winner.experience;
    });
    const Definition& winner = found->definition;
    if (!winner.treatments.empty() || !winner.targeting.empty() || winner.schedule || !winner.schedule_policy.empty()) return false;
    if (found->start && (!loser.start || *loser.start < *found->start)) return false;
    if (found->end && (!loser.end || *found->end < *loser.end)) return false;
    const auto shown = std::find_if(winner.actions.begin(), winner.actions.end(),
                                    [&](const Action& action) { return action.id == overlap.winner.action; });
    if (shown->content.form == Content::Form::lua) return false;
    const auto lift = [&](const Predicate& lua) {
      return policies_.lift({PolicyRole::targeting, lua.lua, {}, lua.path, {}}, source_.workspace.attributes);
    };
    const auto mine = written_out(loser.definition.audience, loser.definition.include, lift),
               theirs = written_out(winner.audience, winner.include, lift);
    if (!mine || !theirs || asks_policy(*theirs)) return false;
    const Demand demands[] = {{&*mine, true}, {&*theirs, false}};
    return satisfy(demands, source_.workspace.attributes, source_.lists).answer == Satisfaction::Answer::never;
  }

  static bool asks_policy(const Predicate& part) {
    return part.op == Op::lua || std::any_of(part.args.begin(), part.args.end(), asks_policy);
  }

  // --- ties -------------------------------------------------------------------------------------

  void ties() {
    for (const Overlap& overlap : report_.overlaps.overlaps) {
      if (overlap.by != Overlap::By::activation) continue;
      const auto served = std::find_if(source_.experiences.begin(), source_.experiences.end(), [&](const ServedExperience& candidate) {
        return candidate.definition.id == overlap.loser.experience;
      });
      own_ = {overlap.loser.experience, &served->definition.include, &served->places, {}};
      const Value shown = to_value(overlap);
      std::string message = "`" + overlap.loser.experience + "` and `" + overlap.winner.experience + "` both have the priority " +
          std::to_string(overlap.loser.priority) + " and can meet on " +
          (overlap.element.empty() ? "`" + overlap.loser.configuration + "`"
                                   : "element `" + overlap.element + "` of `" + overlap.loser.configuration + "`");
      if (!overlap.keys.empty()) message += ", where both set `" + join(overlap.keys, "`, `") + "`";
      message += ": for " + clipped(to_json(*shown.at_path("witness.attributes")), limits::lint_text_bytes_max) +
          " whoever was activated first is shown; give one the higher priority";
      warn(Code::priority_tie, "$.priority", std::move(message));
    }
  }

  const SnapshotSource& source_;
  const std::map<std::string, std::string>& places_;
  PolicyCompiler& policies_;
  const OverlapOptions& options_;
  std::set<std::string> never_;  // named audiences that no request meets
  Own own_;
  LintReport report_;
};

}  // namespace

LintReport lint(const SnapshotSource& source, const std::map<std::string, std::string>& places, PolicyCompiler& policies,
                const OverlapOptions& options) {
  return Linter(source, places, policies, options).run();
}

}  // namespace footlight
