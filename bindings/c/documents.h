// The structs of the C++ interface as the JSON documents that cross the C interface.
#pragma once

#include "footlight/footlight.h"

namespace footlight::c {

Value problems_document(const Problems& problems);
Value error_document(const Error& error);
Value event_document(const Event& event);
Value request_document(const Request& request);
Value fixtures_document(const std::vector<FixtureResult>& results);
Value taken_document(const std::vector<TakenIn>& rows);
Value following_document(const Following& following);

struct AskedCommand {
  Command command;
  std::string key;  // of idempotency
};
// Codes bad_json, bad_request with every problem.
Result<AskedCommand> command_from_document(std::string_view json);
Result<Actor> actor_from_document(std::string_view json);

}  // namespace footlight::c
