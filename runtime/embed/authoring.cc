// The lifecycle of a Runtime on a store: commands, folders taken in, what the store knows.
#include <filesystem>

#include "embed/state.h"

namespace footlight {
namespace {

// What a command asks, for telling a repeat from another command under the same key. When and on whose
// request it came does not count.
std::string hash_of_command(const Command& command) {
  Object asked{{"command", to_text(command.name)},      {"experience", command.experience},
               {"actor", command.actor.name},           {"message", command.message},
               {"definition", command.definition},      {"new_id", command.new_id},
               {"expected_hash", command.expected_hash}};
  if (command.expected_revision) asked["expected_revision"] = *command.expected_revision;
  if (command.revision) asked["revision"] = *command.revision;
  return hash_of(Value(std::move(asked)));
}

Result<std::vector<TakenIn>> take_in_files(Catalog& catalog, const LoadedWorkspace& loaded, const Actor& actor, Instant now) {
  if (auto configured = catalog.configure(loaded.document, actor, now, loaded.lists); !configured) return configured.error();
  std::vector<TakenIn> rows;
  for (const LoadedExperience& experience : loaded.experiences) {
    const std::string& id = experience.definition.id;
    const auto known = catalog.experience(id, now);
    if (known && known->string_or("hash", "") == hash_of(experience.document)) {
      rows.push_back({id, TakenIn::What::unchanged, {}});
      continue;
    }
    auto done = catalog.apply({.name = known ? CommandName::edit : CommandName::create,
                               .experience = id,
                               .actor = actor,
                               .at = now,
                               .definition = experience.document});
    if (done) rows.push_back({id, known ? TakenIn::What::edited : TakenIn::What::created, {}});
    else rows.push_back({id, TakenIn::What::left, done.error().message});
  }
  return rows;
}

}  // namespace

Result<Catalog*> Runtime::State::authoring() const {
  if (catalog) return catalog.get();
  if (follower) return refuse(Code::usage, "this runtime follows `" + server + "`: what is in force is changed there");
  return refuse(Code::usage, "files have no lifecycle: everything in them is in force; open the runtime from a store");
}

Result<CommandAnswer> Runtime::command(Command command, const std::string& idempotency_key) {
  auto catalog = state_->authoring();
  if (!catalog) return catalog.error();
  command.at = state_->options.clock();
  const std::string hash = idempotency_key.empty() ? std::string() : hash_of_command(command);
  auto answer = (*catalog)->apply(std::move(command), idempotency_key, hash);
  if (!answer) return answer.error();
  if (const auto left_out = (*catalog)->compile_error()) state_->log(left_out->problems);
  return CommandAnswer{std::move(answer->body), answer->is_repeat};
}

Result<std::vector<TakenIn>> Runtime::take_in(const std::string& folder, const Actor& actor) {
  auto catalog = state_->authoring();
  if (!catalog) return catalog.error();
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) return refuse(Code::unreadable_file, "there is no folder `" + folder + "`");
  const LoadedWorkspace loaded = load_workspace(*disk_files(folder), state_->policies, state_->host);
  if (has_errors(loaded.problems)) return refuse(Code::validation_failed, loaded.problems, "the workspace has problems");
  return take_in_files(**catalog, loaded, actor, state_->options.clock());
}

Result<std::vector<TakenIn>> Runtime::take_in(FileMap files, const Actor& actor) {
  auto catalog = state_->authoring();
  if (!catalog) return catalog.error();
  const LoadedWorkspace loaded = load_workspace(*memory_files(std::move(files)), state_->policies, state_->host);
  if (has_errors(loaded.problems)) return refuse(Code::validation_failed, loaded.problems, "the workspace has problems");
  return take_in_files(**catalog, loaded, actor, state_->options.clock());
}

Result<Value> Runtime::experience(std::string_view id) const {
  auto catalog = state_->authoring();
  if (!catalog) return catalog.error();
  return (*catalog)->experience(id, state_->options.clock());
}

Result<Value> Runtime::experiences() const {
  auto catalog = state_->authoring();
  if (!catalog) return catalog.error();
  Array rows;
  for (Value& row : (*catalog)->experiences(state_->options.clock())) rows.push_back(std::move(row));
  return Value(std::move(rows));
}

Result<Value> Runtime::receipt(std::string_view id) const {
  auto catalog = state_->authoring();
  if (!catalog) return catalog.error();
  return (*catalog)->receipt(id, state_->options.clock());
}

}  // namespace footlight
