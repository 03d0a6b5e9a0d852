// Each limit of a command: on it, and one step past it.
#include <catch2/catch.hpp>

#include "base/limits.h"
#include "world.h"

using namespace footlight;
using namespace footlight::test;

namespace {

const Actor author = actor("ann", Role::author);
const Actor publisher = actor("pia", Role::publisher);

Command create(std::string id, Value definition = document(R"({"kind":"campaign"})")) {
  Command made = command(CommandName::create, std::move(id), author);
  made.definition = std::move(definition);
  return made;
}

std::string_view code_of(const Result<Outcome>& outcome) { return outcome.ok() ? "accepted" : name(outcome.error().code); }

}  // namespace

TEST_CASE("an id has 64 bytes at most, of few letters") {
  World world;
  CHECK(code_of(world.run(create(std::string(limits::id_bytes_max, 'a')))) == "accepted");
  CHECK(code_of(world.run(create(std::string(limits::id_bytes_max + 1, 'a')))) == "bad_id");
  for (const char* good : {"a", "0", "a.b_c-d", "9-"}) CHECK(code_of(world.run(create(good))) == "accepted");
  for (const char* bad : {"", ".a", "-a", "_a", "A", "a b", "a/b", "ä", "a\n"}) CHECK(code_of(world.run(create(bad))) == "bad_id");
}

TEST_CASE("a definition is as large as a document may be") {
  World world;
  const auto of_size = [](std::size_t bytes) {
    const std::size_t frame = to_json(Object{{"kind", "campaign"}, {"x", ""}}).size();
    return Value(Object{{"kind", "campaign"}, {"x", std::string(bytes - frame, 'x')}});
  };
  CHECK(code_of(world.run(create("fits", of_size(limits::document_bytes_max)))) == "accepted");
  CHECK(code_of(world.run(create("does-not", of_size(limits::document_bytes_max + 1)))) == "limit_exceeded");
}

TEST_CASE("a message is as long as its limit") {
  World world;
  world.must(create("hero"));
  world.must(command(CommandName::activate, "hero", publisher));
  Command stop = command(CommandName::stop, "hero", publisher);
  stop.message = std::string(limits::message_bytes_max + 1, 'x');
  CHECK(code_of(world.run(stop)) == "limit_exceeded");
  stop.message.pop_back();
  CHECK(code_of(world.run(stop)) == "accepted");
}

TEST_CASE("an experience has so many revisions and no more; a duplicate goes on") {
  World world;
  world.must(create("hero"));
  Command edit = command(CommandName::edit, "hero", author);
  for (std::size_t n = 2; n <= limits::revisions_max; ++n) {
    edit.definition = Object{{"kind", "campaign"}, {"n", static_cast<int>(n)}};
    REQUIRE(code_of(world.run(edit)) == "accepted");
  }
  CHECK(code_of(world.run(edit)) == "limit_exceeded");
  Command duplicate = command(CommandName::duplicate, "hero", author);
  duplicate.new_id = "hero-2";
  CHECK(world.must(duplicate).duplicated_from == std::pair<std::string, int>("hero", limits::revisions_max));
}

TEST_CASE("a workspace holds so many experiences and no more") {
  World world;
  for (std::size_t n = 0; n < limits::experiences_max; ++n) {  // the state alone: no need to go through each create
    const std::string id = "e" + std::to_string(n);
    world.state.experiences[id].id = id;
    world.state.experiences[id].revisions.push_back({1, {}, "", "ann", {}});
  }
  CHECK(code_of(world.run(create("one-more"))) == "limit_exceeded");
  Command duplicate = command(CommandName::duplicate, "e0", author);
  duplicate.new_id = "one-more";
  CHECK(code_of(world.run(duplicate)) == "limit_exceeded");
  world.state.experiences.erase("e7");
  CHECK(code_of(world.run(create("one-more"))) == "accepted");
}

TEST_CASE("a definition keeps its kind and its id, and a duplicate takes the new one") {
  World world;
  CHECK(code_of(world.run(create("hero", document(R"({"kind":"campaign","id":"other"})")))) == "validation_failed");
  CHECK(code_of(world.run(create("hero", document(R"({"kind":"party"})")))) == "validation_failed");
  CHECK(code_of(world.run(create("hero", document("[]")))) == "validation_failed");
  world.must(create("hero", document(R"({"kind":"campaign","id":"hero"})")));
  Command edit = command(CommandName::edit, "hero", author);
  edit.definition = document(R"({"kind":"journey","id":"hero"})");
  CHECK(code_of(world.run(edit)) == "validation_failed");
  Command duplicate = command(CommandName::duplicate, "hero", author);
  duplicate.new_id = "hero-2";
  world.must(duplicate);
  CHECK(to_json(world.at("hero-2").head().definition) == R"({"id":"hero-2","kind":"campaign"})");
}
