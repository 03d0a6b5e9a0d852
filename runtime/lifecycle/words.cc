// The words of the lifecycle, as they stand in code, API, Lua and CLI.
#include <array>
#include <utility>

#include "footlight/lifecycle.h"

namespace footlight {
namespace {

template <class T>
struct Word {
  T value;
  std::string_view text;
};

constexpr std::array<Word<Kind>, 2> kinds = {{{Kind::campaign, "campaign"}, {Kind::journey, "journey"}}};

constexpr std::array<Word<Phase>, 10> phases = {{{Phase::authoring, "authoring"},
                                                 {Phase::scheduled, "scheduled"},
                                                 {Phase::live, "live"},
                                                 {Phase::paused, "paused"},
                                                 {Phase::closed, "closed"},
                                                 {Phase::stopped, "stopped"},
                                                 {Phase::completed, "completed"},
                                                 {Phase::finished, "finished"},
                                                 {Phase::archived, "archived"},
                                                 {Phase::deleted, "deleted"}}};

constexpr std::array<Word<HeadStatus>, 3> head_statuses = {
    {{HeadStatus::draft, "draft"}, {HeadStatus::in_review, "in_review"}, {HeadStatus::approved, "approved"}}};

constexpr std::array<Word<Role>, 7> roles = {{{Role::viewer, "viewer"},
                                              {Role::author, "author"},
                                              {Role::approver, "approver"},
                                              {Role::publisher, "publisher"},
                                              {Role::admin, "admin"},
                                              {Role::delivery, "delivery"},
                                              {Role::node, "node"}}};

constexpr std::array<Word<CommandName>, 16> commands = {{{CommandName::create, "create"},
                                                         {CommandName::edit, "edit"},
                                                         {CommandName::delete_, "delete"},
                                                         {CommandName::submit, "submit"},
                                                         {CommandName::withdraw, "withdraw"},
                                                         {CommandName::request_changes, "request_changes"},
                                                         {CommandName::approve, "approve"},
                                                         {CommandName::activate, "activate"},
                                                         {CommandName::unschedule, "unschedule"},
                                                         {CommandName::stop, "stop"},
                                                         {CommandName::pause, "pause"},
                                                         {CommandName::resume, "resume"},
                                                         {CommandName::close, "close"},
                                                         {CommandName::archive, "archive"},
                                                         {CommandName::duplicate, "duplicate"},
                                                         {CommandName::epoch_bump, "epoch_bump"}}};

// Rows stand in the order of their enumeration.
template <class T, std::size_t n>
std::string_view text_of(const std::array<Word<T>, n>& words, T value) {
  return words[static_cast<std::size_t>(value)].text;
}

template <class T, std::size_t n>
std::optional<T> value_of(const std::array<Word<T>, n>& words, std::string_view text) {
  for (const auto& word : words)
    if (word.text == text) return word.value;
  return std::nullopt;
}

}  // namespace

std::string_view to_text(Kind kind) { return text_of(kinds, kind); }
std::string_view to_text(Phase phase) { return text_of(phases, phase); }
std::string_view to_text(HeadStatus status) { return text_of(head_statuses, status); }
std::string_view to_text(Role role) { return text_of(roles, role); }
std::string_view to_text(CommandName name) { return text_of(commands, name); }

std::optional<Kind> kind_from(std::string_view word) { return value_of(kinds, word); }
std::optional<Phase> phase_from(std::string_view word) { return value_of(phases, word); }
std::optional<HeadStatus> head_status_from(std::string_view word) { return value_of(head_statuses, word); }
std::optional<Role> role_from(std::string_view word) { return value_of(roles, word); }
std::optional<CommandName> command_from(std::string_view word) { return value_of(commands, word); }

}  // namespace footlight
