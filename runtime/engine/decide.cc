#include "engine/decide.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <tuple>

#include "engine/bucket.h"
#include "engine/places.h"
#include "engine/possible_runs.h"
#include "engine/proposition_json.h"

namespace footlight {
namespace {

// The request as far as it was read. Slots are enough for most decisions; the whole of it is read for
// policies, templates and traces.
class AskedRequest final : public WholeRequest::Source {
 public:
  AskedRequest(const Request& read, const RequestSlots& typed) : whole_(&read), slots(typed), id(read.identity.id), now(read.now) {}
  AskedRequest(PlainReader& reader, const PlainRequest& plain, Instant at) : reader_(&reader), slots(plain.slots), id(plain.id), now(at) {}

  const Request& whole() const override {
    if (!whole_) {
      read_ = reader_->whole(now);
      whole_ = &*read_;
    }
    return *whole_;
  }

 private:
  mutable const Request* whole_ = nullptr;
  mutable std::optional<Request> read_;
  PlainReader* reader_ = nullptr;

 public:
  const RequestSlots& slots;
  const std::string_view id;
  const Instant now;
};

// One surface's answer in the making, step by step in the order of the pipeline. Propositions are
// collected, or written at once where `json` is given.
class Decider {
 public:
  Decider(const Snapshot& snapshot, const AskedRequest& request, PolicyRunner& policies, const DecideOptions& options,
          DecideScratch& scratch, std::string* json)
      : snapshot_(snapshot), request_(request), policies_(policies), options_(options), scratch_(scratch), json_(json) {
    scratch.begin_decision();
    if (options.explain) policies.take_log();  // what earlier decisions left, which nobody asked to see
    else snapshot.conditions().answer(request.slots, scratch.truths);
  }

  Decision decide(const std::vector<std::string>& surfaces) {
    for (const std::string& surface : surfaces) answer(surface, scratch_.surface(snapshot_, surface));
    write_ready();
    return std::move(decision_);
  }
  // Writes the answer, and says how many policies failed.
  int write(const std::vector<std::string_view>& surfaces, const std::vector<const DecideScratch::Surface*>& known) {
    for (std::size_t i = 0; i < surfaces.size(); ++i) answer(surfaces[i], *known[i]);
    write_ready();
    return decision_.policy_failures;
  }

 private:
  using Ranked = DecideScratch::Ranked;
  using Eligibility = DecideScratch::Eligibility;
  struct Dropped {
    Fate fate = Fate::shown;
    std::string reason, place;
  };

  const CompiledExperience& experience(const Candidate& candidate) const {
    return snapshot_.experiences()[static_cast<std::size_t>(candidate.experience)];
  }
  const CompiledAction& action(const Candidate& candidate) const {
    return experience(candidate).actions[static_cast<std::size_t>(candidate.action)];
  }
  const CompiledConfiguration& configuration(int number) const { return snapshot_.configurations()[static_cast<std::size_t>(number)]; }
  const CompiledConfiguration& configuration(const Candidate& candidate) const { return configuration(action(candidate).configuration); }

  void answer(std::string_view surface, const DecideScratch::Surface& lookup) {
    surface_ = surface;
    lookup_ = &lookup;
    trace_ = options_.explain ? &decision_.trace.emplace_back() : nullptr;
    if (trace_) trace_->surface = surface;
    if (trace_) {
      for (const SurfaceMatch& match : lookup.matches)
        trace_->configurations.push_back(configuration(static_cast<int>(match.configuration)).name);
      if (lookup.problem) trace_->note = lookup.problem->message;
      else if (lookup.matches.empty()) trace_->note = "no surface configuration matches";
    }
    const int before = shown_;
    std::vector<Ranked>& candidates = scratch_.ranked;
    candidates.clear();
    // Where only the best of each element counts, the rest is not even looked at (but for a trace).
    if (lookup.only && !trace_) {
      first_of_each_element(*lookup.only);
    } else if (!lookup.everything_is_needed) {
      rank(lookup.matches, candidates);
      first_of_each_element(candidates);
    } else {
      rank(lookup.matches, candidates);
      std::vector<Ranked> eligible;
      for (const Ranked& ranked : candidates) {
        if (is_eligible(ranked.candidate)) eligible.push_back(ranked);
      }
      settle(lookup.matches, std::move(eligible));
    }
    if (shown_ == before) fall_back(lookup.matches);
    if (trace_) trace_->log = policies_.take_log();
    if (trace_)
      // What is shown first, then what lost to it, then the rest.
      std::stable_sort(trace_->candidates.begin(), trace_->candidates.end(), [](const CandidateTrace& left, const CandidateTrace& right) {
        const auto key = [](const CandidateTrace& row) {
          return std::tuple(row.fate != Fate::shown, row.fate != Fate::lost, -row.priority);
        };
        return key(left) < key(right);
      });
  }

  // Candidates of all matching configurations, best first: priority, then an exact rule before a
  // wildcard or page rule, then the earlier activated, then the smaller id. A trace tells of all, a
  // decision looks only at those that the index finds possible.
  void rank(const std::vector<SurfaceMatch>& matches, std::vector<Ranked>& candidates) {
    for (const SurfaceMatch& match : matches) {
      const CompiledConfiguration& matched = configuration(static_cast<int>(match.configuration));
      if (trace_) {
        for (const Candidate& candidate : matched.candidates) candidates.push_back({candidate, match.is_exact});
        continue;
      }
      for (const CandidateIndex* index = &matched.index; index; index = index->further()) {
        index->find(scratch_.truths, scratch_.possible);
        for (std::size_t word = 0; word < scratch_.possible.size(); ++word)
          for (std::uint64_t bits = scratch_.possible[word]; bits != 0; bits &= bits - 1) {
            const CandidateRun& run = matched.runs[index->first() + word * 64 + static_cast<std::size_t>(std::countr_zero(bits))];
            for (std::uint32_t i = 0; i < run.count; ++i) candidates.push_back({matched.candidates[run.first + i], match.is_exact});
          }
      }
    }
    if (matches.size() > 1)
      std::sort(candidates.begin(), candidates.end(), [&](const Ranked& left, const Ranked& right) {
        const auto key = [&](const Ranked& ranked) {
          const CompiledExperience& owner = experience(ranked.candidate);
          return std::tuple(-owner.priority, !ranked.is_exact, owner.activated_at, std::string_view(owner.id), ranked.candidate.action);
        };
        return key(left) < key(right);
      });
  }

  // Of one configuration, whose candidates stand in their order: nothing but the winners is looked at closely.
  void first_of_each_element(const CompiledConfiguration& matched) {
    std::uint64_t open = matched.elements;  // those that nobody has taken
    for (const CandidateIndex* index = &matched.index; index && open != 0; index = index->further())
      open = first_of_each_element(matched, *index, open);
  }

  // The same of one index of it: of these elements. Gives those that nobody has taken yet.
  std::uint64_t first_of_each_element(const CompiledConfiguration& matched, const CandidateIndex& index, std::uint64_t open) {
    index.find(scratch_.truths, scratch_.possible);
    PossibleRuns possible(scratch_.possible, index, matched);
    const CandidateRun* looked_at = matched.runs.data();  // so far policies were asked ahead
    while (possible.bring(request_.now))
      for (std::size_t at = 0; at < possible.count(); ++at) {
        const CandidateRun& run = possible.run(at);
        if ((run.elements & open) == 0) continue;
        bool is_in = false;
        if (run.is_plain || run.asks_policies) {
          auto known = is_in_audience(run);
          if (!known && &run >= looked_at) {
            looked_at = ask_ahead(matched, index, run, open);
            known = is_in_audience(run);
          }
          if (known && !*known) continue;
          is_in = known && run.is_plain;
        }
        for (std::uint32_t i = run.first; i < run.first + run.count; ++i) {
          const Offer& offer = matched.offers[i];
          const std::uint64_t element = std::uint64_t{1} << offer.element;
          if ((open & element) == 0) continue;
          const Candidate& candidate = matched.candidates[i];
          if (is_in ? show_plain(run, candidate, offer) : is_eligible(candidate) && show(candidate)) open &= ~element;
        }
        if (open == 0) return 0;
      }
    return open;
  }

  // --- policies asked together: each way into Lua and out again costs more than most policies do

  static constexpr std::size_t ahead_max = 32;  // whoever comes behind the winners is asked in vain

  // Asks the policies that this and the next possible experiences come to, as far as is known without them. Gives the first
  // run that it did not look at.
  const CandidateRun* ask_ahead(const CompiledConfiguration& matched, const CandidateIndex& index, const CandidateRun& from,
                                std::uint64_t open) {
    const CandidateRun* const runs = matched.runs.data() + index.first();
    const auto number = static_cast<std::size_t>(&from - runs);
    std::size_t word = number / 64;
    std::uint64_t bits = scratch_.possible[word] & (~std::uint64_t{0} << number % 64);
    std::vector<AskedPolicy>& ahead = scratch_.ahead;
    ahead.clear();
    const auto note = [&](const AskedPolicy& policy) -> std::optional<bool> {
      if (const auto answer = known(policy)) return answer;
      DecideScratch::Told& told = scratch_.told[static_cast<std::size_t>(policy.number)];
      if (told.decision != scratch_.decision && told.noted != scratch_.decision) {
        told.noted = scratch_.decision;
        ahead.push_back(policy);
      }
      return false;
    };
    const CandidateRun* next = runs + index.members();
    for (;; bits &= bits - 1) {
      while (bits == 0 && ++word < scratch_.possible.size()) bits = scratch_.possible[word];
      if (bits == 0) break;
      const CandidateRun* const run = &runs[word * 64 + static_cast<std::size_t>(std::countr_zero(bits))];
      if (ahead.size() >= ahead_max) {
        next = run;
        break;
      }
      if (!run->asks_policies || (run->elements & open) == 0 || request_.now < run->start || request_.now >= run->end) continue;
      AudiencePrograms::holds(run->who, snapshot_.conditions(), request_.slots, scratch_.truths, note);
    }
    if (!ahead.empty()) ask(ahead, call());
    return next;
  }

  void ask(std::span<const AskedPolicy> asked, const PolicyCall& call) {
    policies_.targeting_each(asked, call, scratch_.answers);
    for (std::size_t i = 0; i < asked.size(); ++i) {
      DecideScratch::Told& told = scratch_.told[static_cast<std::size_t>(asked[i].number)];
      told.decision = scratch_.decision;
      told.answer = std::move(scratch_.answers[i]);
    }
  }

  // What the policy says, where it need not be asked, and does not fail.
  std::optional<bool> known(const AskedPolicy& policy) const {
    if (const auto answer = policies_.remembered(policy)) return answer;
    const DecideScratch::Told& told = scratch_.told[static_cast<std::size_t>(policy.number)];
    if (told.decision != scratch_.decision) return {};
    const bool* const answer = std::get_if<bool>(&told.answer);
    return answer ? std::optional(*answer) : std::nullopt;
  }

  const PolicyAnswer<bool>& targeting(const AskedPolicy& policy, const CompiledExperience& owner) {
    const DecideScratch::Told& told = scratch_.told[static_cast<std::size_t>(policy.number)];
    if (told.decision != scratch_.decision) ask({&policy, 1}, call(owner.id));
    return told.answer;
  }

  PolicyCall call(std::string_view experience = {}, std::string_view surface = {}, std::string_view configuration = {}) {
    if (request_number_ == 0) request_number_ = policies_.new_request();
    return {request_, surface, configuration, experience, request_number_};
  }

  // Of a run that is on, as far as it is known without asking a policy.
  std::optional<bool> is_in_audience(const CandidateRun& run) {
    if (run.rest == always_true) return true;
    if (run.bucket.attribute >= 0) {
      const SlotValue& text = request_.slots[run.bucket.attribute];
      if (text.kind != SlotValue::Kind::string) return false;
      const int bucket = bucket_after(run.bucket.salt, text.string());
      return run.bucket.first <= bucket && bucket < run.bucket.end;
    }
    if (run.rest != all_of_it) return snapshot_.conditions().holds(run.rest, request_.slots, scratch_.truths);
    bool is_known = true;
    const auto ask = [&](const AskedPolicy& policy) {
      const auto answer = known(policy);
      is_known = answer.has_value();
      return answer;
    };
    const bool holds = AudiencePrograms::holds(run.who, snapshot_.conditions(), request_.slots, scratch_.truths, ask);
    return is_known ? std::optional(holds) : std::nullopt;
  }

  bool show_plain(const CandidateRun& run, const Candidate& candidate, const Offer& offer) {
    if (json_ && offer.ready) {
      std::string_view token;
      if (scratch_.has_key()) {
        token = scratch_.known_token(run.serial, offer.ready, *lookup_);
        __builtin_prefetch(token.data());
      }
      if (!scratch_.has_key() || !token.empty()) {
        // It is far away in memory, so it comes nearer while others are looked for; always as many lines, so that the CPU guesses nothing.
        constexpr std::uint32_t line = 64, lines = 8;
#pragma GCC unroll 8
        for (std::uint32_t at = 0; at < lines * line; at += line) __builtin_prefetch(offer.ready + at);
        scratch_.ready.push_back({lookup_->json, {offer.ready, offer.size}, token});
        ++shown_;
        return true;
      }
    }
    eligibility(candidate) = {.decision = scratch_.decision, .is_eligible = true};
    return show(candidate);
  }

  // Whatever is written otherwise comes behind those that wait.
  void write_ready() {
    std::size_t before = static_cast<std::size_t>(shown_) - scratch_.ready.size();
    for (const auto& [surface, ready, token] : scratch_.ready) {
      if (before++ > 0) *json_ += ',';
      append_json(*json_, ready, surface, token);
    }
    scratch_.ready.clear();
  }

  // Good until another is asked for; those that wait to be written have such views.
  std::string_view token(const CompiledExperience& owner, const CompiledAction& shown, int treatment) {
    write_ready();
    return scratch_.token(owner, shown, treatment, *lookup_);
  }

  void first_of_each_element(const std::vector<Ranked>& candidates) {
    std::vector<Candidate>& winners = scratch_.winners;
    winners.clear();
    for (const auto& [candidate, is_exact] : candidates) {
      const int element = action(candidate).element_number;
      const auto winner =
          std::find_if(winners.begin(), winners.end(), [&](const Candidate& taken) { return action(taken).element_number == element; });
      if (winner != winners.end() && !trace_) continue;
      if (!is_eligible(candidate)) continue;
      if (winner != winners.end()) lose(candidate, *winner);
      else if (show(candidate)) winners.push_back(candidate);
    }
  }

  // Renders it and puts it into the answer. False: it cannot be shown, and the trace says why.
  bool show(const Candidate& candidate) {
    write_ready();
    if (json_ && is_ready(candidate)) {
      const CompiledExperience& owner = experience(candidate);
      const int treatment = eligibility(candidate).treatment;
      const std::string_view treated =
          treatment < 0 ? std::string_view() : std::string_view(owner.treatments[static_cast<std::size_t>(treatment)].name);
      if (shown_++ > 0) *json_ += ',';
      append_json(*json_, action(candidate).ready, lookup_->json, treated, token(owner, action(candidate), treatment));
    } else {
      auto content = render(candidate);
      if (!content) return false;
      put(proposition(candidate, std::move(*content)));
    }
    if (trace_) trace(candidate, Fate::shown, treatment_text(candidate), "");
    return true;
  }

  void put(Proposition made) {
    write_ready();
    if (!json_) {
      decision_.propositions.push_back(std::move(made));
    } else {
      if (shown_ > 0) *json_ += ',';
      append_json(*json_, made);
    }
    ++shown_;
  }

  // --- who may see it ---------------------------------------------------------------------------

  bool is_eligible(const Candidate& candidate) {
    Eligibility& known = eligibility(candidate);
    if (known.decision != scratch_.decision) {
      known = {.decision = scratch_.decision};
      known.is_eligible = assess(candidate, known);
    }
    const bool right_treatment = action(candidate).treatment < 0 || action(candidate).treatment == known.treatment;
    if (known.is_eligible && right_treatment) return true;
    // Told once for all actions of the experience that stand on this surface; what the other
    // treatments would show is not worth a word.
    if (trace_ && !known.is_eligible && (trace_->candidates.empty() || trace_->candidates.back().experience != experience(candidate).id)) {
      const Dropped& dropped = dropped_[candidate.experience];
      trace(candidate, dropped.fate, dropped.reason, dropped.place);
    }
    return false;
  }

  Eligibility& eligibility(const Candidate& candidate) const {
    return scratch_.eligibility[static_cast<std::size_t>(candidate.experience)];
  }

  std::string treatment_text(const Candidate& candidate) const {
    const int treatment = eligibility(candidate).treatment;
    return treatment < 0 ? "" : "treatment `" + experience(candidate).treatments[static_cast<std::size_t>(treatment)].name + "`";
  }

  // The same for every surface that is asked for, so policies are not told which one it is.
  bool assess(const Candidate& candidate, Eligibility& result) {
    const CompiledExperience& owner = experience(candidate);
    const auto call = [&] { return this->call(owner.id); };
    const auto drop = [&](Fate fate, std::string reason, std::string_view path = "$") {
      if (options_.explain) dropped_[candidate.experience] = {fate, std::move(reason), place(owner, std::string(path))};
      return false;
    };
    const auto failed = [&](const PolicyFailure& failure, const char* path) {
      ++decision_.policy_failures;
      return drop(Fate::policy_failed, std::string(name(failure.code)) + ": " + failure.message, path);
    };
    if (owner.kind == ExperienceKind::journey)
      return drop(Fate::no_state, "the profile is at no step of this journey that shows something");

    if (owner.start && request_.now < *owner.start)
      return drop(Fate::schedule, options_.explain ? "starts " + when(*owner.start, owner.from, owner.zone) : "", "$.from");
    if (owner.end && request_.now >= *owner.end)
      return drop(Fate::schedule, options_.explain ? "ended " + when(*owner.end, owner.till, owner.zone) : "", "$.till");
    if (owner.schedule) {
      const Zone* profile_zone = owner.schedule->uses_profile_zone() ? this->profile_zone() : nullptr;
      if (!owner.schedule->is_open(request_.now, snapshot_.zone(), profile_zone))
        return drop(Fate::schedule, options_.explain ? owner.schedule->reason(request_.now, snapshot_.zone(), profile_zone) : std::string(),
                    "$.schedule");
    }
    if (owner.schedule_policy >= 0) {
      auto answer = policies_.schedule(owner.schedule_policy, call());
      if (auto* failure = std::get_if<PolicyFailure>(&answer)) return failed(*failure, "$.schedule");
      if (!std::get<bool>(answer)) return drop(Fate::schedule, "the schedule policy answers false", "$.schedule");
    }

    if (options_.explain) {
      if (!values_) values_.emplace(snapshot_.attributes(), request_.whole());
      auto verdict = owner.audience(*values_, policies_, call());
      if (verdict.failure) return failed(*verdict.failure, "$.audience");
      if (!verdict.holds) {
        auto blame = owner.audience.blame(*values_, policies_, call());
        const Fate fate = blame.path.starts_with("$.targeting") ? Fate::targeting : Fate::audience;
        return drop(fate, std::move(blame.text), blame.path.empty() ? "$.audience" : blame.path);
      }
      // A policy is not run once more to be told that it said yes.
      if (!owner.audience.is_always() && !owner.audience.has_policies()) {
        auto credit = owner.audience.credit(*values_, policies_, call());
        because_[candidate.experience] = {Fate::shown, std::move(credit.text),
                                          place(owner, credit.path.empty() ? "$.audience" : credit.path)};
      }
      if (owner.targeting >= 0) {
        const PolicyAnswer<bool> answer = policies_.targeting(owner.targeting, call());
        if (const auto* failure = std::get_if<PolicyFailure>(&answer)) return failed(*failure, "$.targeting");
        if (!std::get<bool>(answer)) return drop(Fate::targeting, "the targeting policy answers false", "$.targeting");
      }
    } else {
      std::optional<PolicyFailure> failure;
      const auto ask = [&](const AskedPolicy& policy) -> std::optional<bool> {
        if (const auto answer = known(policy)) return answer;
        const PolicyAnswer<bool>& answer = targeting(policy, owner);
        if (const auto* none = std::get_if<PolicyFailure>(&answer)) {
          failure = *none;
          return {};
        }
        return std::get<bool>(answer);
      };
      const bool holds =
          AudiencePrograms::holds(snapshot_.program(candidate.experience), snapshot_.conditions(), request_.slots, scratch_.truths, ask);
      if (failure) return failed(*failure, "$.audience");
      if (!holds) return false;
    }

    if (!owner.treatments.empty()) {
      if (request_.id.empty()) return drop(Fate::experiment, "nobody known: an experiment needs an identity", "$.treatments");
      const int bucket = bucket_of(owner.salt, request_.id);
      int upto = 0;
      for (std::size_t t = 0; t < owner.treatments.size() && result.treatment < 0; ++t) {
        upto += owner.treatments[t].weight;
        if (bucket < upto) result.treatment = static_cast<std::int8_t>(t);
      }
      if (result.treatment < 0) return drop(Fate::experiment, "in the holdout (bucket " + std::to_string(bucket) + ")", "$.holdout");
    }
    return true;
  }

  static std::string when(Instant instant, const std::string& text, const std::string& zone) {
    return text.empty() ? to_text(instant) : text + " " + zone;
  }

  // --- which of several -------------------------------------------------------------------------

  // A content policy that fails is as if its candidate had not been eligible. A conflict policy has seen
  // that candidate, and elements may stand where it stood: the choice is made again without it.
  void settle(const std::vector<SurfaceMatch>& matches, std::vector<Ranked> eligible) {
    write_ready();  // that of other surfaces stays
    const auto propositions = static_cast<std::ptrdiff_t>(decision_.propositions.size());
    const std::size_t written = json_ ? json_->size() : 0;
    const int shown = shown_;
    const auto rows = trace_ ? static_cast<std::ptrdiff_t>(trace_->candidates.size()) : 0;
    while (true) {
      const int failures = decision_.policy_failures;
      std::vector<Ranked> order = eligible;
      failed_.clear();
      arbitrate(matches, order);
      resolve(order);
      if (failed_.empty()) return;
      std::erase_if(eligible, [&](const Ranked& ranked) {
        return std::any_of(failed_.begin(), failed_.end(), [&](const Candidate& failed) {
          return failed.experience == ranked.candidate.experience && failed.action == ranked.candidate.action;
        });
      });
      decision_.propositions.erase(decision_.propositions.begin() + propositions, decision_.propositions.end());
      if (json_) json_->resize(written);
      shown_ = shown;
      decision_.policy_failures = failures + static_cast<int>(failed_.size());
      if (!trace_) continue;
      auto& traced = trace_->candidates;
      traced.erase(
          std::remove_if(traced.begin() + rows, traced.end(), [](const CandidateTrace& row) { return row.fate != Fate::policy_failed; }),
          traced.end());
    }
  }

  // Each matching configuration's conflict policy orders or drops its own candidates, in the places
  // that they hold among the others.
  void arbitrate(const std::vector<SurfaceMatch>& matches, std::vector<Ranked>& eligible) {
    for (const SurfaceMatch& match : matches) {
      const int number = static_cast<int>(match.configuration);
      if (configuration(number).conflict < 0) continue;
      std::vector<std::size_t> own;
      std::vector<CandidateView> views;
      for (std::size_t i = 0; i < eligible.size(); ++i) {
        if (action(eligible[i].candidate).configuration != number) continue;
        const CompiledExperience& owner = experience(eligible[i].candidate);
        const CompiledAction& offered = action(eligible[i].candidate);
        own.push_back(i);
        views.push_back({owner.id, offered.id, offered.element, owner.priority, &owner.tags});
      }
      if (own.empty()) continue;
      const PolicyCall call = this->call({}, surface_, configuration(number).name);
      auto answer = policies_.conflict(configuration(number).conflict, call, views);
      const auto* failure = std::get_if<PolicyFailure>(&answer);
      if (failure || !is_selection(std::get<std::vector<int>>(answer), own.size())) {
        // A failing policy is as if it were not there: the order by rank stands.
        ++decision_.policy_failures;
        if (trace_)
          trace_->note = "the conflict policy of `" + configuration(number).name +
              "` failed: " + (failure ? failure->message : "it answers with a candidate twice, or one that it was not given");
        continue;
      }
      const auto& order = std::get<std::vector<int>>(answer);
      std::vector<Ranked> kept;
      for (const int i : order) kept.push_back(eligible[own[static_cast<std::size_t>(i)]]);
      std::vector<bool> stays(own.size(), false);
      for (const int i : order) stays[static_cast<std::size_t>(i)] = true;
      for (std::size_t i = 0; i < own.size(); ++i)
        if (!stays[i] && trace_)
          trace(eligible[own[i]].candidate, Fate::conflict, "dropped by the conflict policy of `" + configuration(number).name + "`", "");
      std::vector<Ranked> next;
      std::size_t used = 0;
      for (std::size_t i = 0, mine = 0; i < eligible.size(); ++i) {
        if (mine < own.size() && own[mine] == i) {
          ++mine;
          if (used < kept.size()) next.push_back(kept[used++]);
        } else {
          next.push_back(eligible[i]);
        }
      }
      eligible = std::move(next);
    }
  }

  // Each index below `count`, and at most once: whatever runs policies, none adds a candidate.
  static bool is_selection(const std::vector<int>& order, std::size_t count) {
    std::vector<bool> taken(count, false);
    for (const int i : order) {
      if (i < 0 || static_cast<std::size_t>(i) >= count || taken[static_cast<std::size_t>(i)]) return false;
      taken[static_cast<std::size_t>(i)] = true;
    }
    return true;
  }

  // Element by element, in the order in which the best candidate of each stands.
  void resolve(const std::vector<Ranked>& eligible) {
    std::vector<std::string_view> elements;
    for (const Ranked& ranked : eligible) {
      const std::string_view element = action(ranked.candidate).element;
      if (std::find(elements.begin(), elements.end(), element) == elements.end()) elements.push_back(element);
    }
    for (const std::string_view element : elements) {
      std::vector<Candidate> rivals;
      for (const Ranked& ranked : eligible)
        if (action(ranked.candidate).element == element) rivals.push_back(ranked.candidate);
      switch (configuration(rivals[0]).resolve.mode) {
        case Resolution::Mode::highest: stack(rivals, 1); break;
        case Resolution::Mode::stack: stack(rivals, static_cast<std::size_t>(configuration(rivals[0]).resolve.most)); break;
        case Resolution::Mode::merge: merge(rivals); break;
      }
    }
  }

  void stack(const std::vector<Candidate>& rivals, std::size_t most) {
    std::vector<const Candidate*> shown;
    for (const Candidate& rival : rivals) {
      if (shown.size() == most) {
        lose(rival, *shown[0]);
        continue;
      }
      if (show(rival)) shown.push_back(&rival);
    }
  }

  // Objects merged key by key, each key from the best that sets it. What the whole then lacks of its
  // schema costs the last its place.
  void merge(const std::vector<Candidate>& rivals) {
    std::vector<std::pair<Candidate, Object>> parts;
    for (const Candidate& rival : rivals) {
      const auto content = render(rival, false);
      if (!content) continue;
      auto value = parse_json(*content);
      if (value && value->is_object()) parts.emplace_back(rival, std::move(value->object()));
      else failed_content(rival, "only objects can be merged");
    }
    std::optional<Object> merged;
    while (!parts.empty() && !merged) {
      Object whole;
      for (const auto& [rival, object] : parts)
        for (const auto& [key, member] : object) whole.emplace(key, member);
      const CompiledConfiguration& target = configuration(parts[0].first);
      const Problems problems = target.schema ? validate(*target.schema, Value(whole), false) : Problems{};
      if (problems.empty()) {
        merged = std::move(whole);
      } else {
        failed_content(parts.back().first, "merged: " + problems[0].place + ": " + problems[0].message);
        parts.pop_back();
      }
    }
    if (!merged) return;
    std::vector<const Candidate*> givers;
    std::vector<const Object*> above;
    for (const auto& [rival, object] : parts) {
      const bool gives = std::any_of(object.begin(), object.end(), [&](const auto& member) {
        return std::none_of(above.begin(), above.end(), [&](const Object* better) { return better->contains(member.first); });
      });
      above.push_back(&object);
      // Where all of them are empty objects, the best one gives the empty whole.
      if (gives || (merged->empty() && givers.empty())) givers.push_back(&rival);
      else if (trace_) trace(rival, Fate::lost, object.empty() ? "it sets no key" : "every key is set by a better one", "");
    }
    Proposition whole = proposition(*givers[0], to_json(Value(std::move(*merged))));
    for (const Candidate* giver : givers) {
      if (trace_) trace(*giver, Fate::shown, givers.size() > 1 ? "merged" : treatment_text(*giver), "");
      if (givers.size() == 1) break;
      Proposition part = proposition(*giver, {});
      whole.parts.push_back({part.experience, part.action, part.token, part.revision});
    }
    put(std::move(whole));
  }

  void lose(const Candidate& rival, const Candidate& winner) {
    if (!trace_) return;
    const CompiledExperience &loser = experience(rival), &better = experience(winner);
    const std::string& element = action(rival).element;
    std::string why = "lost to " + better.id;
    if (loser.id == better.id) why = "lost to another action of " + better.id;
    if (better.priority < loser.priority) why += " (put first by the conflict policy)";
    else if (better.priority != loser.priority)
      why += " (" + std::to_string(better.priority) + " > " + std::to_string(loser.priority) + ")";
    else why += " (tie at " + std::to_string(better.priority) + ")";
    trace(rival, Fate::lost, why + " on " + (element.empty() ? configuration(rival).name : "element " + element), "");
  }

  // --- content ----------------------------------------------------------------------------------

  // Constant, and known to satisfy what it must: a constant part of a merge was compiled without its
  // schema, which it need not satisfy alone.
  bool is_ready(const Candidate& candidate, bool is_whole = true) const {
    const CompiledConfiguration& target = configuration(candidate);
    return action(candidate).content.constant && (!target.schema || !is_whole || target.resolve.mode != Resolution::Mode::merge);
  }

  // The bytes to show; nothing where they cannot be made, and the trace says why.
  std::optional<std::string> render(const Candidate& candidate, bool is_whole = true) {
    const CompiledAction& offered = action(candidate);
    const CompiledConfiguration& target = configuration(candidate);
    if (is_ready(candidate, is_whole)) return std::string(offered.constant());
    const Request& whole = request_.whole();
    if (request_value_.is_null()) request_value_ = request_document(whole);
    const RenderInput input{.profile = &whole.attributes, .context = &whole.context, .request = &request_value_, .now = request_.now};
    Value json;
    if (offered.content.policy >= 0) {
      const PolicyCall call = this->call(experience(candidate).id, surface_, target.name);
      auto answer = policies_.content(offered.content.policy, call);
      if (const auto* failure = std::get_if<PolicyFailure>(&answer)) {
        ++decision_.policy_failures;
        failed_.push_back(candidate);
        return failed_content(candidate, std::string(name(failure->code)) + ": " + failure->message, Fate::policy_failed);
      }
      json = std::move(std::get<Value>(answer));
      if (json.is_null()) return failed_content(candidate, "the content policy gave nothing");
      if (target.format != Format::json) {
        if (!json.is_string())
          return failed_content(candidate, "the content policy gave a " + std::string(kind_name(json.kind())) + ", not a string");
        return json.string();
      }
    } else if (target.format != Format::json) {
      auto text = footlight::render(*offered.content.text, input);
      if (!text) return failed_content(candidate, text.error().message);
      return std::move(*text);
    } else {
      auto value = footlight::render(*offered.content.json, input);
      if (!value) return failed_content(candidate, value.error().message);
      json = std::move(*value);
    }
    if (is_whole && target.schema)
      if (const Problems problems = validate(*target.schema, json, false); !problems.empty())
        return failed_content(candidate, problems[0].place + ": " + problems[0].message);
    return to_json(json);
  }

  std::nullopt_t failed_content(const Candidate& candidate, const std::string& why, Fate fate = Fate::content) {
    if (trace_) trace(candidate, fate, why, place(experience(candidate), action(candidate).path));
    return std::nullopt;
  }

  Proposition proposition(const Candidate& candidate, std::string content) {
    const CompiledExperience& owner = experience(candidate);
    const CompiledAction& shown = action(candidate);
    Proposition made{.surface = std::string(surface_),
                     .configuration = configuration(candidate).name,
                     .element = shown.element,
                     .experience = owner.id,
                     .action = shown.id,
                     .revision = owner.revision,
                     .priority = owner.priority,
                     .format = configuration(candidate).format,
                     .content = std::move(content)};
    const int treatment = eligibility(candidate).treatment;
    if (treatment >= 0) made.treatment = owner.treatments[static_cast<std::size_t>(treatment)].name;
    made.token = token(owner, shown, treatment);
    return made;
  }

  // The default of the best-matching configuration that declares one.
  void fall_back(const std::vector<SurfaceMatch>& matches) {
    for (const SurfaceMatch& match : matches) {
      const CompiledConfiguration& matched = configuration(static_cast<int>(match.configuration));
      if (!matched.fallback) continue;
      put({.surface = std::string(surface_),
           .configuration = matched.name,
           .action = "default",
           .format = matched.format,
           .content = *matched.fallback});
      if (trace_) trace_->note = "nothing is left: the default of `" + matched.name + "`";
      return;
    }
  }

  // --- traces -----------------------------------------------------------------------------------

  void trace(const Candidate& candidate, Fate fate, std::string reason, std::string place) {
    const CompiledExperience& owner = experience(candidate);
    const CompiledAction& offered = action(candidate);
    trace_->candidates.push_back(
        {owner.id, offered.id, offered.element, owner.revision, owner.priority, fate, std::move(reason), std::move(place), {}, {}});
    if (const auto known = because_.find(candidate.experience); known != because_.end()) {
      trace_->candidates.back().because = known->second.reason;
      trace_->candidates.back().because_place = known->second.place;
    }
  }

  static std::string place(const CompiledExperience& owner, std::string path) {
    if (auto known = find_place(owner.places, path)) return *std::move(known);
    return path == "$" ? std::string() : shown_path(path);
  }

  // Of the request's `timezone`; null where it names none.
  const Zone* profile_zone() {
    if (!is_zone_known_) {
      is_zone_known_ = true;
      for (const Value* bag : {&request_.whole().attributes, &request_.whole().context})
        if (const Value* name = bag->find("timezone"); !profile_zone_ && name && name->is_string())
          if (auto zone = Zone::find(name->string())) profile_zone_ = *zone;
    }
    return profile_zone_ ? &*profile_zone_ : nullptr;
  }

  static Value request_document(const Request& request) {
    return Object{{"identity", Object{{"namespace", request.identity.space}, {"id", request.identity.id}}}, {"now", to_text(request.now)}};
  }

  const Snapshot& snapshot_;
  const AskedRequest& request_;
  PolicyRunner& policies_;
  const DecideOptions& options_;
  DecideScratch& scratch_;
  std::string* const json_;
  int shown_ = 0;                     // propositions in the answer
  std::uint64_t request_number_ = 0;  // what policies know this request by
  std::optional<Slots> values_;       // what traces ask
  bool is_zone_known_ = false;
  std::optional<Zone> profile_zone_;
  Value request_value_;             // what templates call `request`
  std::map<int, Dropped> dropped_;  // by experience; only for traces
  std::map<int, Dropped> because_;  // likewise: why its audience holds
  std::vector<Candidate> failed_;   // whose content policy failed, for settle()
  std::string_view surface_;
  const DecideScratch::Surface* lookup_ = nullptr;  // of it
  SurfaceTrace* trace_ = nullptr;
  Decision decision_;
};

}  // namespace

Decision decide(const Snapshot& snapshot, const Request& request, PolicyRunner& policies, const DecideOptions& options,
                DecideScratch& scratch) {
  scratch.begin(snapshot, options.key);
  if (!options.explain) scratch.filled.fill(snapshot.attributes(), request);
  const AskedRequest asked(request, scratch.filled);
  Decision decision = Decider(snapshot, asked, policies, options, scratch, nullptr).decide(request.surfaces);
  decision.snapshot = snapshot.version();
  return decision;
}

Decision decide(const Snapshot& snapshot, const Request& request, PolicyRunner& policies, const DecideOptions& options) {
  DecideScratch scratch;
  return decide(snapshot, request, policies, options, scratch);
}

namespace {

// What is no surface would match nothing; the application is told, as of any other mistake.
void check_surfaces(const Snapshot& snapshot, const Value& document, DecideScratch& scratch, Problems& problems) {
  if (const Value* asked = document.find("surfaces"); asked && asked->is_array())
    for (std::size_t i = 0; i < asked->array().size(); ++i)
      if (const auto& problem = scratch.surface(snapshot, asked->array()[i].string()).problem)
        problems.push_back({problem->code, "$.surfaces[" + std::to_string(i) + "]", problem->message});
}

}  // namespace

Status read_request(const Snapshot& snapshot, std::string_view bytes, const DecideOptions& options, DecideScratch& scratch,
                    std::span<ExtraNumber> extras) {
  scratch.begin(snapshot, options.key);
  scratch.request.reset();
  if (!options.explain && scratch.reader.read(bytes, snapshot.attributes(), scratch.plain, extras)) {
    bool is_right = true;
    for (const std::string_view surface : scratch.plain.surfaces) {
      scratch.met.push_back(&scratch.surface(snapshot, surface));
      is_right = is_right && !scratch.met.back()->problem;
    }
    if (is_right) return Done{};
  }
  auto document = parse_json(bytes);
  if (!document) return document.error();
  if (document->is_object())
    for (ExtraNumber& extra : extras) {
      const Value* found = document->find(extra.key);
      if (found && found->is_number()) extra.value = found->number();
      document->object().erase(std::string(extra.key));
    }
  Problems problems;
  Request request = parse_request(*document, {}, problems);
  if (!has_errors(problems)) check_surfaces(snapshot, *document, scratch, problems);
  if (has_errors(problems)) return refuse(Code::bad_request, std::move(problems), "the request has problems");
  scratch.request = std::move(request);
  return Done{};
}

AnswerBytes answer_read(const Snapshot& snapshot, Instant now, PolicyRunner& policies, const DecideOptions& options,
                        DecideScratch& scratch) {
  std::string& json = scratch.json;
  if (options.explain) {
    scratch.request->now = now;
    const Decision decision = decide(snapshot, *scratch.request, policies, options, scratch);
    json = to_json(decision);
    return {json, decision.policy_failures};
  }
  json = scratch.head;
  int failures = 0;
  if (scratch.request) {
    scratch.request->now = now;
    scratch.filled.fill(snapshot.attributes(), *scratch.request);
    const AskedRequest asked(*scratch.request, scratch.filled);
    failures = Decider(snapshot, asked, policies, options, scratch, &json).decide(scratch.request->surfaces).policy_failures;
  } else {
    const AskedRequest asked(scratch.reader, scratch.plain, now);
    failures = Decider(snapshot, asked, policies, options, scratch, &json).write(scratch.plain.surfaces, scratch.met);
  }
  json += "]}";
  return {json, failures};
}

Result<AnswerBytes> answer(const Snapshot& snapshot, std::string_view bytes, Instant now, PolicyRunner& policies,
                           const DecideOptions& options, DecideScratch& scratch) {
  if (auto read = read_request(snapshot, bytes, options, scratch); !read) return read.error();
  return answer_read(snapshot, now, policies, options, scratch);
}

}  // namespace footlight
