#include "engine/policy.h"

namespace footlight {
namespace {

class NoPolicies : public PolicyRunner {
 public:
  PolicyAnswer<bool> targeting(int, const PolicyCall&) override { return none(); }
  PolicyAnswer<bool> schedule(int, const PolicyCall&) override { return none(); }
  PolicyAnswer<std::vector<int>> conflict(int, const PolicyCall&, const std::vector<CandidateView>&) override { return none(); }
  PolicyAnswer<Value> content(int, const PolicyCall&) override { return none(); }

 private:
  static PolicyFailure none() { return {Code::internal, "policies do not run here"}; }
};

}  // namespace

std::string_view to_text(PolicyRole role) {
  constexpr std::string_view names[] = {"targeting", "schedule", "conflict", "content"};
  return names[static_cast<int>(role)];
}

PolicyRunner& no_policies() {
  static NoPolicies none;
  return none;
}

}  // namespace footlight
