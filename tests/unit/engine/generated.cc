#include "generated.h"

namespace footlight::test {

const Instant noon = instant("2026-12-01T12:00:00Z");

Request asking(std::vector<std::string> surfaces, std::string id) {
  return {.identity = {"id", std::move(id)}, .surfaces = std::move(surfaces), .now = noon};
}

const Value& generated_workspace() {
  static const Value declared = document(R"({
      "schemas": {"card": {"type": "object", "properties": {"price": {"maximum": 50}}}},
      "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"], "default": "default"},
                   "wide": {"format": "text", "rules": ["wildcard:web://*.example/*#hero", "wildcard:web://*.example/*#list"]},
                   "list": {"format": "text", "rules": ["web://shop.example/#list"], "resolve": {"stack": 2}},
                   "card": {"format": "json", "rules": ["web://shop.example/#card"], "resolve": "merge", "schema": "card", "default": {"d": 1}}},
      "conflict": {"list": {"lua": "reverse"}}})");
  return declared;
}

namespace {

Value generated_content(DocumentGenerator& documents, bool is_json) {
  switch (documents.below(7)) {
    case 0: return Object{{"lua", "fail"}};
    case 1: return Object{{"lua", is_json ? "= {\"lua\": 1}" : "= \"lua\""}};
    case 2: return Object{{"lua", "attribute s"}};
    case 3: return is_json ? Value(Object{{"title", "{{s}}"}, {"price", "{{{n}}}"}}) : Value("s is {{s}}");
    case 4: return is_json ? Value(Object{{"price", "{{{n}}}"}, {"k", documents.scalar()}}) : Value("{{formatDate s \"yyyy\"}}");
    default:
      return is_json ? Value(Object{{"k" + std::to_string(documents.below(4)), documents.scalar()}})
                     : Value("plain " + std::to_string(documents.below(9)));
  }
}

Object generated_show(DocumentGenerator& documents) {
  Object show;
  for (const char* configuration : {"hero", "wide", "list", "card"}) {
    const bool is_json = std::string_view(configuration) == "card";
    if (documents.chance(45)) continue;
    if (documents.chance(60)) {
      show[configuration] = generated_content(documents, is_json);
      if (is_json && show[configuration].find("lua") == nullptr) show[configuration] = Object{{"json", show[configuration]}};
    } else {
      Array elements;
      for (const char* element : {"a", "b"})
        if (elements.empty() || documents.chance(50))
          elements.push_back(Object{{"element", element}, {"content", generated_content(documents, is_json)}});
      show[configuration] = std::move(elements);
    }
  }
  if (show.empty()) show["hero"] = "plain";
  return show;
}

}  // namespace

Object generated_definition(DocumentGenerator& documents) {
  constexpr const char* answers[] = {"true", "true", "asks b", "false", "fail"};
  Object definition{{"priority", static_cast<double>(documents.below(3) * 10)}};
  definition["audience"] = documents.chance(15)
      ? Value(Object{{"any", Array{documents.predicate(2, false), Object{{"lua", documents.one_of(answers)}}}}})
      : documents.chance(50) ? Value("everyone")
                             : documents.predicate(3, false);
  if (documents.chance(20)) definition["targeting"] = Object{{"lua", documents.one_of(answers)}};
  if (documents.chance(20)) definition["schedule"] = Object{{"lua", documents.one_of(answers)}};
  if (documents.chance(20))
    definition["schedule"] = Object{{"weekly", Array{Object{{"hours", documents.chance(50) ? "08:00-20:00" : "13:00-14:00"}}}}};
  if (documents.chance(20)) {
    definition["treatments"] = Object{{"x", Object{{"weight", 50}, {"show", generated_show(documents)}}},
                                      {"y", Object{{"weight", 30}, {"show", generated_show(documents)}}}};
    definition["holdout"] = 20;
  } else {
    definition["show"] = generated_show(documents);
  }
  return definition;
}

ServedExperience& put_generated(DecideWorld& world, DocumentGenerator& documents, const std::string& id) {
  ServedExperience& served = world.live(id, Value(generated_definition(documents)));
  served.activated_at = noon - hours(static_cast<std::int64_t>(documents.below(3)));
  if (documents.chance(20)) served.start = noon - hours(static_cast<std::int64_t>(documents.below(2)));
  if (documents.chance(20)) served.end = noon + hours(static_cast<std::int64_t>(documents.below(2)));
  return served;
}

DecideWorld generated_world(DocumentGenerator& documents) {
  DecideWorld world;
  world.declare(generated_workspace());
  for (std::size_t i = documents.below(9); i > 0; --i) put_generated(world, documents, "e" + std::to_string(i));
  return world;
}

Request generated_request(DocumentGenerator& documents) {
  constexpr const char* ids[] = {"ann", "bob", "cyd", "dan", ""};
  Request asked = asking({"web://shop.example/#hero", "web://shop.example/#list", "web://shop.example/#card", "web://b.example/x#hero"},
                         documents.one_of(ids));
  asked.attributes = documents.profile();
  return asked;
}

}  // namespace footlight::test
