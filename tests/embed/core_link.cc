// The core by itself: a program that links base, model, lifecycle and engine, and nothing else, decides
// a request. It does not link where one of them begins to need Lua, a store, a socket or a clock;
// core_symbols.cmake looks whether something came in all the same.
#include <cstdio>

#include "engine/decide.h"
#include "footlight/lifecycle.h"

using namespace footlight;

namespace {

int failed(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  return 1;
}

}  // namespace

int main() {
  Problems problems;
  const Value workspace =
      *parse_json(R"({"name": "shop", "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"]}}})");
  const Value definition =
      *parse_json(R"({"kind": "campaign", "id": "gold", "audience": {"attr": "tier", "eq": "gold"}, "show": {"hero": "Hi {{name}}"}})");
  const Value asked = *parse_json(R"({"surfaces": ["web://shop.example/#hero"], "attributes": {"tier": "gold", "name": "<Ann>"}})");
  const Instant now = *parse_instant("2026-12-01T09:00:00Z");

  // Through its life as far as live, with rules that ask for nothing.
  const Rules rules{.check = [](const Value&, Instant) { return Problems{}; },
                    .approvals = [](const Value&) { return ApprovalNeed{}; },
                    .schedule = [](const Value&, Instant) -> Result<Span> { return Span{}; }};
  State state;
  for (const CommandName name : {CommandName::create, CommandName::activate}) {
    const auto outcome =
        apply(state, {.name = name, .experience = "gold", .actor = {"ann", {Role::admin}}, .at = now, .definition = definition}, rules);
    if (!outcome) return failed(to_text(outcome.error()));
    if (!fold(state, std::get<Record>(*outcome))) return failed("a record does not continue its state");
  }

  SnapshotSource source{.version = std::to_string(state.version.v), .workspace = parse_workspace(workspace, problems)};
  for (const CatalogItem& item : catalog(state))
    source.experiences.push_back({.definition = parse_definition(state.find(item.experience)->head().definition, problems),
                                  .revision = item.revision,
                                  .activated_at = item.activated_at});
  const auto snapshot = Snapshot::compile(std::move(source), no_policy_compiler());
  if (!snapshot) return failed(to_text(snapshot.error()));
  const Request request = parse_request(asked, now, problems);
  if (!problems.empty()) return failed(to_line(problems[0]));
  const Decision decision = decide(**snapshot, request, no_policies());
  if (decision.propositions.size() != 1 || decision.propositions[0].content != "Hi &lt;Ann&gt;") return failed(to_json(decision));
  std::puts(to_json(decision).c_str());
  return 0;
}
