// footlight sim: the deployment in miniature. Random histories by seed, each judged; or, as a driver, one
// JSON operation a line in and one JSON outcome a line out.
#include <chrono>
#include <cstdio>
#include <iostream>

#include "app/commands.h"
#include "app/terminal.h"
#include "sim/history.h"

namespace footlight {
namespace {

constexpr int exit_done = 0, exit_found = 1, exit_usage = 2;

void print(const Value& line) {
  std::string text = to_json(line);
  text += '\n';
  std::fwrite(text.data(), 1, text.size(), stdout);
}

// Every line is answered, also one that cannot be read; blank lines and lines that begin with # are not lines.
int drive() {
  sim::Wiring wiring;
  std::unique_ptr<sim::Simulation> simulation;
  std::string text;
  bool all_read = true;
  for (int number = 1; std::getline(std::cin, text); ++number) {
    if (text.empty() || text[0] == '#') continue;
    auto document = parse_json(text);
    auto operation = document ? sim::operation_from(*document) : Result<sim::Operation>(document.error());
    if (operation && operation->verb == sim::Verb::world && simulation)
      operation = refuse(Code::bad_request, "a world stands in the first line");
    if (operation && operation->verb == sim::Verb::world && operation->window != Duration{})
      if (auto window = Window::of(operation->window); !window) operation = window.error();
    if (!operation) {
      all_read = false;
      print(Object{{"ok", false}, {"line", number}, {"code", name(operation.error().code)}, {"message", to_text(operation.error())}});
      continue;
    }
    const bool is_world = operation->verb == sim::Verb::world;
    if (!simulation)
      simulation = std::make_unique<sim::Simulation>(is_world ? *operation : sim::Operation{.verb = sim::Verb::world}, wiring);
    if (is_world) {
      sim::Outcome made;
      print(simulation->to_value(*operation, made));
    } else {
      print(simulation->to_value(*operation, simulation->run(*operation)));
    }
    std::fflush(stdout);
  }
  if (!all_read) return exit_usage;
  return simulation && !simulation->judge().findings().empty() ? exit_found : exit_done;
}

int random_histories(const SimOptions& options) {
  sim::Wiring wiring;
  const auto begun = std::chrono::steady_clock::now();
  std::int64_t operations = 0;
  int failed = 0;
  for (int i = 0; i < options.histories; ++i) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(i);
    std::optional<sim::Finding> finding;
    operations += static_cast<std::int64_t>(sim::run_history(seed, {options.operations, options.nodes}, wiring, finding).size()) - 1;
    if (!finding) continue;
    ++failed;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), finding->what.c_str());
    if (failed > 1) continue;  // the first is told in full
    std::printf("the shortest history that leads there, for `footlight sim --driver`:\n");
    for (const sim::Operation& operation : sim::minimised(finding->history, wiring)) print(sim::to_value(operation));
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::printf("%d histories, %lld operations in %.1f s (%.0f a second), seeds %llu to %llu: %d violations\n", options.histories,
              static_cast<long long>(operations), seconds, static_cast<double>(operations) / std::max(seconds, 1e-9),
              static_cast<unsigned long long>(options.seed),
              static_cast<unsigned long long>(options.seed + static_cast<std::uint64_t>(options.histories) - 1), failed);
  return failed == 0 ? exit_done : exit_found;
}

}  // namespace

int sim_command(const SimOptions& options) { return options.is_driver ? drive() : random_histories(options); }

}  // namespace footlight
