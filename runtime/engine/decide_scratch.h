// DecideScratch: what one thread keeps of a workspace from decision to decision, so that it allocates nothing: the
// memory of one request, and what was found out about surfaces and tokens of the snapshot it serves.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/conditions.h"
#include "engine/request_reader.h"
#include "engine/snapshot.h"
#include "engine/token.h"

namespace footlight {

class DecideScratch {
 public:
  // What answers a surface as asked.
  struct Surface {
    std::uint64_t snapshot = 0;  // its serial, of that which says what stands here, up to the next blank line
    std::vector<SurfaceMatch> matches;
    std::optional<Error> problem;
    bool everything_is_needed = false;            // not only the best of each element counts
    const CompiledConfiguration* only = nullptr;  // where that is so, and all there is to offer is this one's

    std::string json;  // its text, escaped, as a proposition begins: `{"surface":"…"`
    std::string_view text;
    std::uint64_t number = 0;  // no other surface that this scratch met has it, nor this one when it is met anew
  };
  // A proposition that is shown and not written yet: its surface as JSON, all but its token, and that.
  struct Ready {
    std::string_view surface, json, token;
  };
  struct Ranked {
    Candidate candidate;
    bool is_exact;
  };
  // Whether this request may see an experience: asked at most once in a decision.
  struct Eligibility {
    std::uint32_t decision = 0;  // in which it was found out
    bool is_eligible = false;
    std::int8_t treatment = -1;
  };

  // What a targeting policy says of this request, where it was asked ahead.
  struct Told {
    std::uint32_t decision = 0;  // in which it was asked
    std::uint32_t noted = 0;     // in which it was to be asked ahead
    PolicyAnswer<bool> answer = false;
  };

  // Begins a request. What was kept of another snapshot is forgotten, but for tokens: those of experiences that were not compiled
  // anew are the same.
  void begin(const Snapshot& snapshot, const TokenKey* key);
  // Begins the decision itself.
  void begin_decision();
  const Surface& surface(const Snapshot& snapshot, std::string_view asked);
  // The token of a proposition, signed when it is first met; the view is good until another is. Treatments are indices, -1: none.
  bool has_key() const { return has_key_; }
  std::string_view token(const CompiledExperience& experience, const CompiledAction& action, int treatment, const Surface& surface);
  // The same, without a treatment, of the action whose ReadyProposition stands there. Empty: it was not met yet, or is forgotten.
  std::string_view known_token(std::uint32_t experience, const char* action, const Surface& surface) const;

  PlainReader reader;
  PlainRequest plain;               // what it says, where it is plain
  std::vector<const Surface*> met;  // then: its surfaces
  std::optional<Request> request;   // else
  RequestSlots filled;              // of a request that was read before
  Truths truths;
  std::vector<Eligibility> eligibility;  // by experience
  std::vector<Told> told;                // by policy
  std::uint32_t decision = 0;
  std::vector<AskedPolicy> ahead;  // policies that are asked together
  std::vector<PolicyAnswer<bool>> answers;
  std::vector<std::uint64_t> possible;
  std::vector<Ranked> ranked;
  std::vector<Candidate> winners;
  std::vector<Ready> ready;
  std::string head;  // how each answer of this snapshot begins
  std::string json;  // an answer in the making

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return static_cast<std::size_t>(quick_hash(text)); }
  };
  struct KnownToken {
    std::uint32_t experience = 0;  // its serial
    int treatment = -1;
    const char* action = nullptr;  // where its ReadyProposition stands: no other's of that experience does
    std::uint64_t surface = 0;
    std::string token;
    bool is_of(std::uint32_t owner, const char* wanted, std::uint64_t there, int treated) const {
      return experience == owner && action == wanted && surface == there && treatment == treated;
    }
  };
  void look_up(const Snapshot& snapshot, Surface& surface) const;
  void forget_surfaces();
  // Where a token and the one that was asked for before it in the same place are kept.
  static std::size_t pair_of(const char* action, std::uint64_t surface, int treatment);

  std::uint64_t snapshot_ = 0;  // its serial
  bool has_key_ = false;
  TokenKey key_;
  std::unordered_map<std::string, Surface, Hash, std::equal_to<>> surfaces_;
  std::uint64_t surfaces_met_ = 0;
  std::vector<KnownToken> tokens_;    // each in its place by hash
  std::array<Surface*, 512> near_{};  // of surfaces_, by hash: that which was last asked for
};

}  // namespace footlight
