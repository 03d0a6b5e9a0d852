#include "script/policy_forms.h"

namespace footlight {
namespace {

class Forms {
 public:
  Forms(const LoadedWorkspace& loaded, LuaPolicyCompiler& compiler) : loaded_(loaded), compiler_(compiler) {}

  std::vector<PolicyForm> run() {
    for (const auto& [name, predicate] : loaded_.workspace.audiences) conditions(predicate, name, loaded_.places, "$.audiences." + name);
    for (const auto& [name, lua] : loaded_.workspace.conflict) add(PolicyRole::conflict, lua, name, "$.conflict." + name, loaded_.places);
    for (const LoadedExperience& experience : loaded_.experiences) {
      const Definition& definition = experience.definition;
      for (const Predicate& condition : conditions_of(definition)) conditions(condition, definition.id, experience.places, "$.audience");
      add(PolicyRole::targeting, definition.targeting, definition.id, "$.targeting", experience.places);
      add(PolicyRole::schedule, definition.schedule_policy, definition.id, "$.schedule", experience.places);
      for (const Action& action : definition.actions)
        if (action.content.form == Content::Form::lua) add(PolicyRole::content, action.content.text, definition.id, action.path, experience.places);
    }
    return std::move(forms_);
  }

 private:
  void conditions(const Predicate& predicate, const std::string& owner, const Places& places, const std::string& otherwise) {
    if (predicate.op == Predicate::Op::lua)
      add(PolicyRole::targeting, predicate.lua, owner, predicate.path.empty() ? otherwise : predicate.path, places);
    for (const Predicate& part : predicate.args) conditions(part, owner, places, otherwise);
  }

  void add(PolicyRole role, const std::string& lua, const std::string& owner, const std::string& path, const Places& places) {
    if (lua.empty()) return;
    PolicyForm form{.place = locate(places, path, owner), .owner = owner, .path = path, .role = role};
    if (role != PolicyRole::targeting) {
      form.why = "only conditions, in `audience` and `targeting`, are made native";
    } else {
      auto native = compiler_.native_form({role, lua, owner, path, form.place}, loaded_.workspace.attributes);
      if (const auto* reason = std::get_if<WhyLua>(&native))
        form.why = (reason->line > 0 ? "line " + std::to_string(reason->line) + " of it: " : "") + reason->why;
      else
        form.is_native = true;
    }
    forms_.push_back(std::move(form));
  }

  const LoadedWorkspace& loaded_;
  LuaPolicyCompiler& compiler_;
  std::vector<PolicyForm> forms_;
};

}  // namespace

std::vector<PolicyForm> policy_forms(const LoadedWorkspace& loaded, LuaPolicyCompiler& compiler) { return Forms(loaded, compiler).run(); }

}  // namespace footlight
