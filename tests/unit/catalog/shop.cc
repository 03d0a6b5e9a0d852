#include "tests/unit/catalog/shop.h"

namespace footlight::test {

Value document(std::string_view json) {
  auto parsed = parse_json(json);
  INFO(json);
  if (!parsed) FAIL(parsed.error().message);
  return std::move(*parsed);
}

std::string lines_of(const Problems& problems) {
  std::string lines;
  for (const Problem& problem : problems) lines += to_line(problem) + "\n";
  return lines;
}

Actor person(std::string_view name) {
  static const std::map<std::string, Role, std::less<>> roles = {{"ann", Role::author},    {"bob", Role::approver}, {"cyd", Role::approver},
                                                                 {"pia", Role::publisher}, {"root", Role::admin},   {"vic", Role::viewer}};
  const auto found = roles.find(name);
  REQUIRE(found != roles.end());
  return {std::string(name), {found->second}};
}

Shop::Shop(const char* configuration) {
  reopen();
  if (!configuration) return;
  const auto configured = configure("root", configuration);
  if (!configured) FAIL(to_text(configured.error()));
}

Result<std::unique_ptr<Catalog>> Shop::open() {
  return Catalog::open(store, "shop", policies, {.published = [this](Instant, std::shared_ptr<const Snapshot> snapshot) {
                         published.push_back(snapshot->version());
                       }});
}

void Shop::reopen() {
  auto opened = open();
  if (!opened) FAIL(to_text(opened.error()));
  catalog = std::move(*opened);
}

Result<Answer> Shop::run(std::string_view who, CommandName name, const std::string& experience, Command more, const std::string& key,
                         const std::string& body) {
  more.name = name;
  more.experience = experience;
  more.actor = person(who);
  more.at = now;
  return catalog->apply(std::move(more), key, body);
}

Value Shop::must(std::string_view who, CommandName name, const std::string& experience, Command more) {
  auto answer = run(who, name, experience, std::move(more));
  INFO(who << " " << to_text(name) << " " << experience);
  if (!answer) FAIL(to_text(answer.error()));
  return answer->body;
}

std::string Shop::refusal(const Result<Answer>& answer, bool with_message) const {
  if (answer) return answer->is_repeat ? "repeat" : "accepted";
  return std::string(name(answer.error().code)) + (with_message ? ": " + to_text(answer.error()) : "");
}

Result<Answer> Shop::configure(std::string_view who, const char* asked, const std::map<std::string, std::string>& lists) {
  return catalog->configure(document(asked), person(who), now, lists);
}

void Shop::live(const std::string& id, const std::string& content, Object more) {
  more["kind"] = "campaign";
  more.emplace("show", Object{{"hero", content}});
  must("ann", CommandName::create, id, with(Value(std::move(more))));
  must("pia", CommandName::activate, id);
}

std::string Shop::shown(const Value& attributes, const std::string& id) const {
  const auto snapshot = catalog->snapshot();
  if (!snapshot) return "no snapshot";
  const Request asked{.identity = {"", id}, .attributes = attributes, .surfaces = {"web://shop.example/#hero"}, .now = now};
  std::string text;
  for (const Proposition& made : decide(*snapshot, asked, no_policies()).propositions) text += (text.empty() ? "" : " | ") + made.content;
  return text;
}

std::string Shop::journal() const { return memory->head("shop")->chain; }

Value campaign(const std::string& content, Object more) {
  more["kind"] = "campaign";
  more["show"] = Object{{"hero", content}};
  return more;
}

Command with(Value definition, std::optional<int> expected) { return {.expected_revision = expected, .definition = std::move(definition)}; }

}  // namespace footlight::test
