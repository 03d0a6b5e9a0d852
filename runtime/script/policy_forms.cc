#include "script/policy_forms.h"

#include "engine/places.h"

namespace footlight {
namespace {

class Collector {
 public:
  explicit Collector(const LoadedWorkspace& loaded) : loaded_(loaded) {}

  std::vector<Policy> run() {
    for (const auto& [name, predicate] : loaded_.workspace.audiences) conditions(predicate, name, loaded_.places, "$.audiences." + name);
    for (const auto& [name, lua] : loaded_.workspace.conflict) add(PolicyRole::conflict, lua, name, "$.conflict." + name, loaded_.places);
    for (const LoadedExperience& experience : loaded_.experiences) {
      const Definition& definition = experience.definition;
      for (const Predicate& condition : conditions_of(definition)) conditions(condition, definition.id, experience.places, "$.audience");
      add(PolicyRole::targeting, definition.targeting, definition.id, "$.targeting", experience.places);
      add(PolicyRole::schedule, definition.schedule_policy, definition.id, "$.schedule", experience.places);
      for (const Action& action : definition.actions)
        if (action.content.form == Content::Form::lua)
          add(PolicyRole::content, action.content.text, definition.id, action.path, experience.places);
    }
    return std::move(policies_);
  }

 private:
  void conditions(const Predicate& predicate, const std::string& owner, const Places& places, const std::string& otherwise) {
    if (predicate.op == Predicate::Op::lua)
      add(PolicyRole::targeting, predicate.lua, owner, predicate.path.empty() ? otherwise : predicate.path, places);
    for (const Predicate& part : predicate.args) conditions(part, owner, places, otherwise);
  }

  void add(PolicyRole role, const std::string& lua, const std::string& owner, const std::string& path, const Places& places) {
    if (!lua.empty()) policies_.push_back({role, lua, owner, path, locate(places, path, owner), line_places(places, path)});
  }

  const LoadedWorkspace& loaded_;
  std::vector<Policy> policies_;
};

}  // namespace

std::vector<Policy> policies_of(const LoadedWorkspace& loaded) { return Collector(loaded).run(); }

std::vector<PolicyForm> policy_forms(const LoadedWorkspace& loaded, LuaPolicyCompiler& compiler) {
  std::vector<PolicyForm> forms;
  for (const Policy& policy : policies_of(loaded)) {
    PolicyForm form{.place = policy.place, .owner = policy.owner, .path = policy.path, .role = policy.role};
    if (policy.role != PolicyRole::targeting) {
      form.why = "only conditions, in `audience` and `targeting`, are made native";
    } else {
      auto native = compiler.native_form(policy, loaded.workspace.attributes);
      if (const auto* reason = std::get_if<WhyLua>(&native)) {
        const auto known = policy.lines.find(reason->line);
        const std::string line = known != policy.lines.end() ? known->second
            : reason->line > 0                               ? "line " + std::to_string(reason->line) + " of it"
                                                             : "";
        form.why = (line.empty() || line == policy.place ? "" : line + ": ") + reason->why;
      } else {
        form.is_native = true;
      }
    }
    forms.push_back(std::move(form));
  }
  return forms;
}

}  // namespace footlight
