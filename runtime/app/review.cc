// footlight review: what activating an experience would put live, and what stands in its way.
#include "app/review.h"

#include <cstdio>

#include "app/commands.h"
#include "app/terminal.h"
#include "base/text.h"

namespace footlight {
namespace {

void head(const char* name) { std::printf("\n%s\n", painted(name, Paint::strong).c_str()); }
void line(const std::string& text) { std::printf("  %s\n", text.c_str()); }

std::string number_of(const Value& value, const char* key) { return value.find(key) ? to_json(*value.find(key)) : "?"; }

bool is_true(const Value& value, const char* key) {
  const Value* found = value.find(key);
  return found && found->is_boolean() && found->boolean();
}

std::string names(const Value& list, const char* member = nullptr) {
  std::vector<std::string> words;
  for (const Value& item : list.array()) words.push_back(member ? item.string_or(member, "?") : item.string());
  return join(words, ", ");
}

void print_problems(const Value& problems) {
  for (const Value& problem : problems.array())
    std::printf("      %s: %s (%s)\n", harmless(problem.string_or("place", "")).c_str(), harmless(problem.string_or("message", "")).c_str(),
                problem.string_or("code", "").c_str());
}

void print_sections(const Value& sections) {
  for (const Value& section : sections.array()) {
    head(section.string_or("section", "").c_str());
    for (const Value& part : section.find("parts")->array()) {
      const Array& lines = part.find("lines")->array();
      const std::string what = harmless(part.string_or("part", ""));
      const bool is_content = section.string_or("section", "") == "content";
      if (lines.size() == 1 && !is_content) {
        line(what == section.string_or("section", "") ? harmless(lines[0].string()) : what + ": " + harmless(lines[0].string()));
        continue;
      }
      const bool is_all = what == section.string_or("section", "");
      if (!is_all) line(what);
      for (const Value& text : lines) line((is_all ? "" : "  ") + harmless(text.string()));
    }
  }
}

void print_checks(const Value& checks) {
  head("checks");
  for (const Value& check : checks.array()) {
    const std::string result = check.string_or("result", ""), what = check.string_or("what", "");
    if (result == "passed") line(painted("✔", Paint::good) + "  " + what);
    else if (result == "warned") line("!  " + what);
    else if (result == "skipped") line(painted("-  " + what + ": not looked at, since what is above failed", Paint::dim));
    else line(painted("✘", Paint::bad) + "  " + what);
    print_problems(*check.find("problems"));
  }
}

void print_clashes(const Value& review) {
  const std::string id = review.string_or("id", "");
  const Array& clashes = review.find("clashes")->array();
  head("clashes");
  if (clashes.empty()) line("none: nothing else that is live or scheduled shows there");
  for (const Value& clash : clashes) {
    const bool wins = clash.string_or("winner", "") == id;
    const std::string other = clash.string_or("with", ""), element = clash.string_or("element", ""),
                      resolve = clash.string_or("resolve", "");
    std::string text = clash.string_or("configuration", "") + (element.empty() ? "" : "." + element) + ": ";
    if (resolve == "stack") text += (wins ? "before " : "behind ") + other;
    else if (resolve == "merge")
      text += wins ? "merged with " + other + ", over whose keys its own go" : "merged with " + other + ", whose keys go over its own";
    else text += (wins ? "wins against " : "loses to ") + other;
    text += " (" + clash.string_or("status", "") + ", r" + number_of(clash, "revision") + "): " + clash.string_or("why", "");
    if (resolve == "stack") text += "; the first " + number_of(clash, "most") + " are shown";
    if (is_true(clash, "has_conflict_policy")) text += "; the conflict policy may say otherwise";
    line(harmless(text));
    std::string when = "for whoever is in both audiences";
    if (const Value* visitor = clash.find("visitor")) when += ", such as " + harmless(to_json(*visitor));
    if (const std::string from = clash.string_or("from", ""); !from.empty()) when += ", from " + from;
    if (const std::string till = clash.string_or("till", ""); !till.empty()) when += ", till " + till;
    line("  " + when + "; that of " + other + ":");
    for (const Value& clause : clash.find("audience")->array()) line("    " + harmless(clause.string()));
  }
}

void print_approval(const Value& approval) {
  head("approval");
  const Array& rules = approval.find("rules")->array();
  if (rules.empty()) line("none is needed: no approval rule of the workspace matches");
  for (const Value& rule : rules) {
    const std::string who = rule.string_or("who", ""), missing = number_of(rule, "missing");
    line("needs " + number_of(rule, "approvers") + " of " + (who.empty() ? "any approver" : who) + " (" + rule.string_or("because", "") +
         "): " + (missing == "0" ? "given" : missing + (missing == "1" ? " is missing" : " are missing")));
  }
  if (!approval.find("given")->array().empty()) line("approved by " + names(*approval.find("given"), "by"));
  if (!rules.empty()) line("cannot approve, since they worked on it: " + names(*approval.find("cannot_approve")));
  if (const Value* wish = approval.find("activates_on_approval"))
    line("the last approval activates it, as " + wish->string_or("by", "") + " asked" +
         (is_true(*wish, "may_activate") ? "" : ", if that approver may activate"));
}

void print_activation(const Value& review) {
  head("activation");
  const Value& activation = *review.find("activation");
  const std::string effect = activation.string_or("effect", "");
  if (const Value* refused = activation.find("refused"))
    line(painted("refused now (" + refused->string_or("code", "") + ")", Paint::bad) + ": " + harmless(refused->string_or("message", "")));
  if (effect.empty()) return;
  const std::string from = activation.string_or("visible_from", ""), by = activation.string_or("visible_by", "");
  const bool is_possible = is_true(activation, "is_possible");
  std::string text = is_possible ? "" : "once nothing is in its way: ";
  if (effect == "schedules") text += "scheduled for " + from;
  else if (effect == "live") text += "live at once";
  else text += "takes the place of what is live at once" + std::string(effect == "replaces" ? "" : ", and stays paused");
  text += from == by ? "; visible everywhere from then on" : "; visible everywhere by " + by;
  if (const std::string ends = activation.string_or("ends", ""); !ends.empty()) text += "; ends " + ends;
  line(text);
}

}  // namespace

int review_command(const DiffOptions& options) {
  auto remote = Remote::open(options.remote);
  if (!remote) return fail(remote.error());
  auto answer = (*remote)->call("GET", "/v1/experiences/" + percent_encode(options.id) + "/review");
  if (!answer) return fail(answer.error());
  if (options.json) {
    std::printf("%s\n", to_json(*answer).c_str());
    return 0;
  }
  const Value& review = *answer;
  const std::string title = review.string_or("title", "");
  std::printf("%s r%s, %s: a %s%s\nby %s, %s\nhash %s\n", review.string_or("id", "").c_str(), number_of(review, "revision").c_str(),
              review.string_or("status", "").c_str(), review.string_or("kind", "").c_str(),
              title.empty() ? "" : (", " + harmless(title)).c_str(), review.string_or("by", "").c_str(), review.string_or("at", "").c_str(),
              review.string_or("hash", "").c_str());
  print_sections(*review.find("sections"));
  print_checks(*review.find("checks"));
  print_clashes(review);
  if (const Value* differs = review.find("differs")) {
    head(("differs from r" + number_of(*differs->find("from"), "revision") + ", which is " + differs->find("from")->string_or("status", ""))
             .c_str());
    if (is_true(*differs, "is_equal")) line("in nothing");
    print_difference(*differs, "  ");
  }
  print_approval(*review.find("approval"));
  print_activation(review);
  return 0;
}

}  // namespace footlight
