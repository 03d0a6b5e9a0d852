#include "engine/snapshot_arrangement.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace footlight {
namespace {

// A set of elements is one word: where there are more, decisions are made without.
constexpr std::size_t elements_max = 64;

// Everything but the surface rule's specificity, which depends on the surface that is asked for.
auto rank(const CompiledExperience& experience) {
  return std::tuple(-experience.priority, experience.activated_at, std::string_view(experience.id));
}

CandidateRun run_of(const CompiledExperience& experience, AudienceProgram program, Condition rest, const Conditions& conditions) {
  const bool is_by_audience = experience.kind != ExperienceKind::journey && !experience.schedule && experience.schedule_policy < 0;
  return {.start = experience.start.value_or(Instant{INT64_MIN}),
          .end = experience.end.value_or(Instant{INT64_MAX}),
          .who = program,
          .serial = experience.serial,
          .rest = rest,
          .bucket = rest >= unlisted && rest != all_of_it ? conditions.bucket(rest) : Conditions::Bucket(),
          .is_plain = is_by_audience && experience.treatments.empty(),
          .asks_policies = is_by_audience && experience.split};
}

// What the workspace says of it, without any experience.
CompiledConfiguration bare(const CompiledConfiguration& of) {
  return {.name = of.name,
          .format = of.format,
          .resolve = of.resolve,
          .schema = of.schema,
          .fallback = of.fallback,
          .conflict = of.conflict,
          .conflict_policy = of.conflict_policy};
}

// Notes what the run's experience offers by an action. False: there are too many elements.
bool add_offer(CompiledConfiguration& configuration, CandidateRun& run, const CompiledAction& action) {
  std::vector<int>& elements = configuration.element_numbers;
  const auto known = std::find(elements.begin(), elements.end(), action.element_number);
  const auto bit = static_cast<std::size_t>(known - elements.begin());
  if (known == elements.end()) elements.push_back(action.element_number);
  if (elements.size() > elements_max) return false;
  const bool is_ready = action.content.constant && (!configuration.schema || configuration.resolve.mode != Resolution::Mode::merge);
  const std::string& ready = action.ready.json;
  configuration.offers.push_back(
      {is_ready ? ready.data() : nullptr, static_cast<std::uint32_t>(ready.size()), static_cast<std::uint8_t>(bit)});
  run.elements |= std::uint64_t{1} << bit;
  return true;
}

const CompiledAction& action_of(const Candidate& candidate, const Numbered<CompiledExperience>& experiences) {
  return experiences[static_cast<std::size_t>(candidate.experience)].actions[static_cast<std::size_t>(candidate.action)];
}

// The provisional numbers of the tests of many audiences.
struct Tests {
  std::vector<std::uint32_t> numbers;
  std::vector<std::size_t> begins;  // by experience

  std::span<const std::uint32_t> of(std::size_t experience) const {
    return {numbers.data() + begins[experience], begins[experience + 1] - begins[experience]};
  }
};

// Candidates stand in their order.
void put_together(CompiledConfiguration& configuration, const SnapshotParts& parts, const std::vector<Filings>& filings) {
  std::vector<CandidateIndex::Row> rows;
  for (std::uint32_t i = 0; i < configuration.candidates.size(); ++i) {
    const int number = configuration.candidates[i].experience;
    if (!configuration.runs.empty() && configuration.experience(configuration.runs.back()) == number) {
      ++configuration.runs.back().count;
      continue;
    }
    const auto at = static_cast<std::size_t>(number);
    for (const Filing& filing : filings[at].ways) rows.push_back({static_cast<std::uint32_t>(configuration.runs.size()), filing});
    CandidateRun run = run_of(parts.experiences[at], parts.programs[at], filings[at].rest, *parts.conditions);
    run.first = i;
    run.count = 1;
    configuration.runs.push_back(run);
  }
  configuration.runs.shrink_to_fit();
  configuration.offers.reserve(configuration.candidates.size());
  bool has_offers = true;
  for (CandidateRun& run : configuration.runs) {
    for (std::uint32_t i = run.first; has_offers && i < run.first + run.count; ++i)
      has_offers = add_offer(configuration, run, action_of(configuration.candidates[i], parts.experiences));
    configuration.elements |= run.elements;
  }
  if (!has_offers) configuration.offers = {};
  configuration.index = CandidateIndex(std::move(rows), static_cast<std::uint32_t>(configuration.runs.size()));
}

// An experience that comes, as far as it is the same for all configurations.
struct Coming {
  int number = 0;
  const CompiledExperience* experience = nullptr;
  AudienceProgram program = nullptr;
  Filings filings;
};

// A configuration with changes: runs are copied in one piece from one change to the next.
class Patch {
 public:
  Patch(const CompiledConfiguration& old, const Numbered<CompiledExperience>& experiences_before, const Conditions& conditions)
      : old_(old), before_(experiences_before), conditions_(conditions), next_(bare(old)) {
    next_.element_numbers = old.element_numbers;
    next_.candidates.reserve(old.candidates.size() + 4);
    next_.runs.reserve(old.runs.size() + 4);
    has_offers_ = old.candidates.empty() || !old.offers.empty();
    if (has_offers_) next_.offers.reserve(old.candidates.size() + 4);
    now_.assign(old.runs.size(), CandidateIndex::gone);
  }

  // Those that come in rank order.
  CompiledConfiguration with(const std::vector<int>& gone, const std::vector<const Coming*>& coming, int configuration) {
    std::vector<std::size_t> leaving;
    for (const int number : gone)
      if (const std::size_t at = run_of(number); at < old_.runs.size()) leaving.push_back(at);
    std::sort(leaving.begin(), leaving.end());
    std::size_t copied = 0, left = 0;
    const auto copy_until = [&](std::size_t end) {
      while (left < leaving.size() && leaving[left] < end) {
        copy(copied, leaving[left]);
        copied = leaving[left] + 1;
        ++left;
      }
      copy(copied, end);
      copied = std::max(copied, end);
    };
    for (const Coming* one : coming) {
      copy_until(place_of(*one->experience));
      insert(*one, configuration);
    }
    copy_until(old_.runs.size());
    if (!has_offers_) next_.offers = {};
    for (const CandidateRun& run : next_.runs) next_.elements |= run.elements;
    next_.index = CandidateIndex(old_.index, now_, std::move(rows_), static_cast<std::uint32_t>(next_.runs.size()));
    return std::move(next_);
  }

 private:
  const CompiledExperience& experience(const CandidateRun& run) const { return before_[static_cast<std::size_t>(old_.experience(run))]; }

  // The first of the old runs that does not rank before it.
  std::size_t place_of(const CompiledExperience& one) const {
    const auto found = std::partition_point(old_.runs.begin(), old_.runs.end(),
                                            [&](const CandidateRun& run) { return rank(experience(run)) < rank(one); });
    return static_cast<std::size_t>(found - old_.runs.begin());
  }

  std::size_t run_of(int number) const {
    std::size_t at = place_of(before_[static_cast<std::size_t>(number)]);
    while (at < old_.runs.size() && old_.experience(old_.runs[at]) != number) ++at;
    return at;
  }

  void copy(std::size_t from, std::size_t to) {
    if (from >= to) return;
    const std::uint32_t first = old_.runs[from].first,
                        last = to < old_.runs.size() ? old_.runs[to].first : static_cast<std::uint32_t>(old_.candidates.size());
    const auto moved = static_cast<std::uint32_t>(next_.candidates.size()) - first;  // modulo 2^32, as it is added
    const auto run = static_cast<std::uint32_t>(next_.runs.size());
    next_.runs.insert(next_.runs.end(), old_.runs.begin() + static_cast<std::ptrdiff_t>(from),
                      old_.runs.begin() + static_cast<std::ptrdiff_t>(to));
    for (std::size_t i = run; i < next_.runs.size(); ++i) next_.runs[i].first += moved;
    for (std::size_t i = from; i < to; ++i) now_[i] = run + static_cast<std::uint32_t>(i - from);
    next_.candidates.insert(next_.candidates.end(), old_.candidates.begin() + first, old_.candidates.begin() + last);
    if (has_offers_) next_.offers.insert(next_.offers.end(), old_.offers.begin() + first, old_.offers.begin() + last);
  }

  void insert(const Coming& one, int configuration) {
    CandidateRun run = footlight::run_of(*one.experience, one.program, one.filings.rest, conditions_);
    run.first = static_cast<std::uint32_t>(next_.candidates.size());
    for (std::size_t a = 0; a < one.experience->actions.size(); ++a) {
      if (one.experience->actions[a].configuration != configuration) continue;
      next_.candidates.push_back({one.number, static_cast<int>(a)});
      ++run.count;
      if (has_offers_) has_offers_ = add_offer(next_, run, one.experience->actions[a]);
    }
    for (const Filing& filing : one.filings.ways) rows_.push_back({static_cast<std::uint32_t>(next_.runs.size()), filing});
    next_.runs.push_back(run);
  }

  const CompiledConfiguration& old_;
  const Numbered<CompiledExperience>& before_;
  const Conditions& conditions_;
  CompiledConfiguration next_;
  bool has_offers_ = false;
  std::vector<std::uint32_t> now_;         // the old runs
  std::vector<CandidateIndex::Row> rows_;  // of those that came
};

}  // namespace

std::shared_ptr<const Snapshot> arranged(SnapshotParts parts, std::vector<std::shared_ptr<const CompiledExperience>> experiences) {
  parts.experiences = {};
  parts.recent.clear();
  const auto conditions = std::make_shared<Conditions>();
  std::vector<CompiledConfiguration> configurations;
  for (const auto& configuration : parts.own_configurations) configurations.push_back(bare(*configuration));
  Tests tests;
  for (std::size_t number = 0; number < experiences.size(); ++number) {
    tests.begins.push_back(tests.numbers.size());
    parts.experiences.put(number, nullptr);
    if (!experiences[number]) continue;
    const CompiledExperience& experience = *experiences[number];
    parts.experiences.put(number, &experience);
    conditions->add(experience.asked(), tests.numbers);
    for (std::size_t a = 0; a < experience.actions.size(); ++a)
      configurations[static_cast<std::size_t>(experience.actions[a].configuration)].candidates.push_back(
          {static_cast<int>(number), static_cast<int>(a)});
  }
  tests.begins.push_back(tests.numbers.size());
  conditions->seal();
  parts.conditions = conditions;

  for (CompiledConfiguration& configuration : configurations) {
    std::sort(configuration.candidates.begin(), configuration.candidates.end(), [&](const Candidate& left, const Candidate& right) {
      const auto key = [&](const Candidate& candidate) {
        return std::tuple_cat(rank(parts.experiences[static_cast<std::size_t>(candidate.experience)]), std::tuple(candidate.action));
      };
      return key(left) < key(right);
    });
    configuration.candidates.shrink_to_fit();
  }
  // Programs stand as candidates do.
  const auto steps = std::make_shared<AudiencePrograms>();
  std::vector<std::uint32_t> begins(experiences.size(), UINT32_MAX);
  std::vector<Filings> filings(experiences.size());
  for (const CompiledConfiguration& configuration : configurations)
    for (const Candidate& candidate : configuration.candidates) {
      const auto number = static_cast<std::size_t>(candidate.experience);
      if (begins[number] != UINT32_MAX) continue;
      filings[number] = filings_of(experiences[number]->asked(), tests.of(number), *conditions);
      begins[number] = steps->add(experiences[number]->asked(), tests.of(number), *conditions, filings[number]);
    }
  parts.programs.assign(experiences.size(), nullptr);
  for (std::size_t number = 0; number < experiences.size(); ++number)
    if (begins[number] != UINT32_MAX) parts.programs[number] = steps->at(begins[number]);
  parts.steps = steps;

  for (std::size_t number = 0; number < configurations.size(); ++number) {
    put_together(configurations[number], parts, filings);
    parts.own_configurations[number] = std::make_shared<const CompiledConfiguration>(std::move(configurations[number]));
    parts.configurations.put(number, parts.own_configurations[number].get());
  }
  parts.arranged = std::make_shared<const std::vector<std::shared_ptr<const CompiledExperience>>>(std::move(experiences));
  return std::make_shared<const Snapshot>(std::move(parts));
}

std::shared_ptr<const Snapshot> arranged(const Snapshot& patched) {
  const SnapshotParts& parts = patched.parts();
  std::vector<std::shared_ptr<const CompiledExperience>> experiences(parts.experiences.size());
  for (std::size_t number = 0; number < experiences.size(); ++number)
    if (parts.experiences.has(number)) experiences[number] = parts.experiences[number].shared_from_this();
  return arranged(parts, std::move(experiences));
}

std::shared_ptr<const Snapshot> changed(const Snapshot& snapshot, SnapshotParts parts, const std::vector<ExperienceChange>& changes) {
  const Numbered<CompiledExperience>& before = snapshot.experiences();
  // Tests that are not known yet stand beside the others.
  std::vector<std::vector<std::uint32_t>> tests(changes.size());
  std::shared_ptr<Conditions> more;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (!changes[i].to || (!more && parts.conditions->find(changes[i].to->asked(), tests[i]))) continue;
    tests[i].clear();
    if (!more) more = Conditions::beside(parts.conditions);
    more->add(changes[i].to->asked(), tests[i]);
  }
  if (more) {
    more->seal();
    parts.conditions = more;
  }

  std::set<int> touched;
  std::vector<Coming> coming;
  coming.reserve(changes.size());
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto number = static_cast<std::size_t>(changes[i].number);
    if (before.has(number))
      for (const CompiledAction& action : before[number].actions) touched.insert(action.configuration);
    const auto recent = std::lower_bound(parts.recent.begin(), parts.recent.end(), changes[i].number,
                                         [](const RecentExperience& one, int wanted) { return one.number < wanted; });
    const bool was_recent = recent != parts.recent.end() && recent->number == changes[i].number;
    parts.experiences.put(number, changes[i].to.get());
    if (parts.programs.size() <= number) parts.programs.resize(number + 1, nullptr);
    if (!changes[i].to) {
      parts.programs[number] = nullptr;
      if (was_recent) parts.recent.erase(recent);
      continue;
    }
    for (const CompiledAction& action : changes[i].to->actions) touched.insert(action.configuration);
    const auto steps = std::make_shared<AudiencePrograms>();
    Filings filings = filings_of(changes[i].to->asked(), tests[i], *parts.conditions);
    parts.programs[number] = steps->at(steps->add(changes[i].to->asked(), tests[i], *parts.conditions, filings));
    RecentExperience kept{changes[i].number, changes[i].to, steps};
    if (was_recent) *recent = std::move(kept);
    else parts.recent.insert(recent, std::move(kept));
    coming.push_back({changes[i].number, changes[i].to.get(), parts.programs[number], std::move(filings)});
  }
  std::sort(coming.begin(), coming.end(),
            [](const Coming& left, const Coming& right) { return rank(*left.experience) < rank(*right.experience); });

  const auto stands_on = [](const CompiledExperience& experience, int configuration) {
    return std::any_of(experience.actions.begin(), experience.actions.end(),
                       [&](const CompiledAction& action) { return action.configuration == configuration; });
  };
  for (const int configuration : touched) {
    std::vector<int> gone;
    for (const ExperienceChange& change : changes)
      if (before.has(static_cast<std::size_t>(change.number)) && stands_on(before[static_cast<std::size_t>(change.number)], configuration))
        gone.push_back(change.number);
    std::vector<const Coming*> come;
    for (const Coming& one : coming)
      if (stands_on(*one.experience, configuration)) come.push_back(&one);
    auto& own = parts.own_configurations[static_cast<std::size_t>(configuration)];
    own = std::make_shared<const CompiledConfiguration>(Patch(*own, before, *parts.conditions).with(gone, come, configuration));
    parts.configurations.put(static_cast<std::size_t>(configuration), own.get());
  }
  return std::make_shared<const Snapshot>(std::move(parts));
}

}  // namespace footlight
