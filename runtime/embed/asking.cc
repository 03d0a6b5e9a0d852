// How a Runtime answers: the request checked, what the host knows put beneath it, decided, and told.
#include "base/limits.h"
#include "embed/state.h"
#include "engine/decide.h"
#include "model/request.h"
#include "model/surface.h"

namespace footlight {
namespace {

// What the request says itself stays; a value that is absent or null is filled in.
void put_beneath(Object& above, const Object& known) {
  for (const auto& [name, value] : known) {
    Value& said = above[name];
    if (said.is_null()) said = value;
    else if (said.is_object() && value.is_object()) put_beneath(said.object(), value.object());
  }
}

Result<Value> asked(const AttributeProvider& provider, const Request& request) {
  try {
    return provider(request);
  } catch (const std::exception& thrown) {
    return refuse(Code::unavailable, std::string("an attribute provider threw: ") + thrown.what());
  } catch (...) { return refuse(Code::unavailable, "an attribute provider threw something that is no std::exception"); }
}

}  // namespace

Pinned Runtime::State::pin() const {
  if (follower) {
    auto pinned = follower->pin(followed_workspace);
    return pinned ? std::move(*pinned) : Pinned{};
  }
  Pinned pinned{.key = key.value_or(TokenKey{})};
  if (catalog) {
    // A restored store that nobody has looked at yet serves nothing that may have been stopped since.
    if (catalog->is_fenced()) pinned.defaults = catalog->defaults();
    else pinned.snapshot = catalog->snapshot();
    return pinned;
  }
  const std::shared_lock reading(mutex);
  pinned.snapshot = snapshot;
  return pinned;
}

Status Runtime::State::know(Request& request) const {
  for (const AttributeProvider& provider : options.attributes) {
    auto known = asked(provider, request);
    if (!known) return known.error();
    if (!known->is_object())
      return refuse(Code::bad_result, "an attribute provider gives an object, not a " + std::string(kind_name(known->kind())));
    Problems problems;
    const Value nested = unfold(*known, "$.attributes", problems);
    if (has_errors(problems)) return refuse(Code::bad_result, std::move(problems), "what an attribute provider gave has problems");
    put_beneath(request.attributes.object(), nested.object());
  }
  return Done{};
}

Error Runtime::State::nothing_to_show() const {
  if (!follower)
    return refuse(Code::unavailable, "nothing in the workspace `" + (catalog ? catalog->name() : "") + "` compiles; `problems()` says why");
  const auto standing = follower->standing(followed_workspace);
  return refuse(Code::unavailable,
                "nothing was received yet from `" + server + "`" + (standing.failure ? ": " + standing.failure->message : ""));
}

void Runtime::State::log_policies(Workers::Worker& worker, int failures) const {
  if (!worker.runner) return;
  for (const std::string& line : worker.runner->take_log()) log(LogLine::Level::info, line);
  if (failures > 0)
    log(LogLine::Level::warning, std::to_string(failures) + " policies failed in a decision; `explain` tells which, and why");
}

// Where nobody adds to the request and nobody hears of the answer, both stay bytes.
Result<std::string> Runtime::State::answer_bytes(std::string_view json, std::optional<Instant> at, bool explain) const {
  const Pinned pinned = pin();
  if (!pinned.snapshot) return default_bytes(pinned, json, at, explain);
  auto borrowed = workers.borrow(pinned.snapshot);
  if (!borrowed) return borrowed.error();
  Workers::Worker& worker = **borrowed;
  auto answered = footlight::answer(*pinned.snapshot, json, instant(at), worker.policies(), how(pinned, explain), worker.scratch);
  if (!answered) return answered.error();
  std::string bytes(answered->json);
  log_policies(worker, answered->policy_failures);
  if (!holds(pinned)) return default_bytes(pinned, json, at, explain);
  return bytes;
}

Result<std::string> Runtime::State::default_bytes(const Pinned& pinned, std::string_view json, std::optional<Instant> at,
                                                  bool explain) const {
  if (!pinned.defaults) return nothing_to_show();
  auto borrowed = workers.borrow(pinned.defaults);
  if (!borrowed) return borrowed.error();
  auto answered = footlight::answer(*pinned.defaults, json, instant(at), no_policies(), how(pinned, explain), (**borrowed).scratch);
  if (!answered) return answered.error();
  return "{\"reason\":\"" + std::string(no_lease) + "\"," + std::string(answered->json.substr(1));
}

Result<Decision> Runtime::State::default_answer(const Pinned& pinned, const Request& request, bool explain) const {
  if (!pinned.defaults) return nothing_to_show();
  auto borrowed = workers.borrow(pinned.defaults);
  if (!borrowed) return borrowed.error();
  Decision decision = footlight::decide(*pinned.defaults, request, no_policies(), how(pinned, explain), (**borrowed).scratch);
  decision.reason = no_lease;
  return decision;
}

Result<Decision> Runtime::State::answer(Request request, Problems problems, bool explain) const {
  // What is no surface would match nothing; the application is told, as of any other mistake.
  for (std::size_t i = 0; i < request.surfaces.size(); ++i)
    if (auto surface = parse_surface(request.surfaces[i]); !surface)
      problems.push_back({surface.error().code, "$.surfaces[" + std::to_string(i) + "]", surface.error().message});
  if (has_errors(problems)) return refuse(Code::bad_request, std::move(problems), "the request has problems");
  if (auto known = know(request); !known) return known.error();
  const Pinned pinned = pin();
  if (!pinned.snapshot) return default_answer(pinned, request, explain);
  auto borrowed = workers.borrow(pinned.snapshot);
  if (!borrowed) return borrowed.error();
  Workers::Worker& worker = **borrowed;
  Decision decision = footlight::decide(*pinned.snapshot, request, worker.policies(), how(pinned, explain), worker.scratch);
  log_policies(worker, decision.policy_failures);
  if (!holds(pinned)) return default_answer(pinned, request, explain);
  if (!explain && options.events) tell(request, decision);
  return decision;
}

void Runtime::State::tell(const Request& request, const Decision& decision) const {
  for (const Proposition& shown : decision.propositions) {
    if (shown.experience.empty()) continue;
    Event event{.kind = "decision",
                .at = request.now,
                .identity = request.identity,
                .experience = shown.experience,
                .action = shown.action,
                .treatment = shown.treatment,
                .surface = shown.surface,
                .element = shown.element,
                .revision = shown.revision,
                .token = shown.token};
    options.events(event);
    // Of a merged object, each experience that gave keys; the first is the proposition itself.
    for (std::size_t i = 1; i < shown.parts.size(); ++i) {
      const Proposition::Part& part = shown.parts[i];
      event.experience = part.experience;
      event.action = part.action;
      event.treatment.clear();
      event.revision = part.revision;
      event.token = part.token;
      options.events(event);
    }
  }
}

Status Runtime::State::check_size(std::string_view json) const {
  if (json.size() > limits::request_bytes_max)
    return refuse(
        Code::too_large,
        "the request has " + std::to_string(json.size()) + " bytes; at most " + std::to_string(limits::request_bytes_max) + " are taken");
  return Done{};
}

Result<Request> Runtime::State::parsed(std::string_view json, std::optional<Instant> at) const {
  auto document = parse_json(json);
  if (!document) return document.error();
  Problems problems;
  Request request = parse_request(*document, instant(at), problems);
  if (has_errors(problems)) return refuse(Code::bad_request, std::move(problems), "the request has problems");
  return request;
}

// ---- the door

Result<Decision> Runtime::decide(const Request& request, std::optional<Instant> at) const {
  Problems problems;
  Request checked = checked_request(request, state_->instant(at), problems);
  return state_->answer(std::move(checked), std::move(problems), false);
}

Result<Decision> Runtime::explain(const Request& request, std::optional<Instant> at) const {
  Problems problems;
  Request checked = checked_request(request, state_->instant(at), problems);
  return state_->answer(std::move(checked), std::move(problems), true);
}

Result<std::string> Runtime::decide(std::string_view request_json, std::optional<Instant> at) const {
  if (auto fits = state_->check_size(request_json); !fits) return fits.error();
  if (state_->options.attributes.empty() && !state_->options.events) return state_->answer_bytes(request_json, at, false);
  auto request = state_->parsed(request_json, at);
  if (!request) return request.error();
  auto decision = state_->answer(std::move(*request), {}, false);
  if (!decision) return decision.error();
  return to_json(*decision);
}

Result<std::string> Runtime::explain(std::string_view request_json, std::optional<Instant> at) const {
  if (auto fits = state_->check_size(request_json); !fits) return fits.error();
  if (state_->options.attributes.empty()) return state_->answer_bytes(request_json, at, true);
  auto request = state_->parsed(request_json, at);
  if (!request) return request.error();
  auto decision = state_->answer(std::move(*request), {}, true);
  if (!decision) return decision.error();
  return to_json(*decision);
}

Status Runtime::record(std::string_view kind, std::string_view token, const Identity& identity) const {
  if (!state_->options.events) return refuse(Code::usage, "there is no event sink; give one in `RuntimeOptions::events`");
  if (!state_->key && !state_->follower)
    return refuse(Code::usage, "propositions carry no tokens here; give a `RuntimeOptions::secret` to sign them with");
  if (kind.empty() || kind.size() > limits::id_bytes_max)
    return refuse(Code::bad_request,
                  "the kind of an event is a word of 1 to " + std::to_string(limits::id_bytes_max) + " bytes: `display`");
  if (kind == "decision") return refuse(Code::bad_request, "`decision` is recorded by deciding");
  const auto claims = verify_token(token, state_->pin().key);
  if (!claims) return refuse(Code::bad_request, "the token was not made by this runtime, or with another secret");
  state_->options.events({.kind = std::string(kind),
                          .at = state_->options.clock(),
                          .identity = identity,
                          .experience = claims->experience,
                          .action = claims->action,
                          .treatment = claims->treatment,
                          .surface = claims->surface,
                          .element = claims->element,
                          .revision = claims->revision,
                          .token = std::string(token)});
  return Done{};
}

}  // namespace footlight
