// Records: what is not one is refused with its place, and what does not continue a state changes nothing.
#include <catch2/catch.hpp>

#include "world.h"

using namespace footlight;
using namespace footlight::test;

namespace {

const Actor author = actor("ann", Role::author);
const Actor publisher = actor("pia", Role::publisher);

World with_live() {
  World world;
  Command create = command(CommandName::create, "hero", author);
  create.definition = document(R"({"kind":"campaign","till":"2026-12-24T18:00"})");
  create.request_id = "q-1";
  world.must(create);
  world.must(command(CommandName::activate, "hero", publisher));
  return world;
}

void check_refused(const World& world, const Record& record, std::string_view because) {
  State state = world.state;
  const Status folded = fold(state, record);
  INFO(because);
  REQUIRE_FALSE(folded.ok());
  CHECK(folded.error().code == Code::store_corrupt);
  CHECK_THAT(folded.error().message, Catch::Contains(std::string(because)));
  CHECK(state == world.state);
}

}  // namespace

TEST_CASE("the chain of catalogs is the hash of a document") {
  const Instant at = *parse_instant("2026-12-01T07:00:00.250Z");
  const std::string text = "é \"quoted\" \n";
  for (const Span& span :
       {Span{}, Span{.zone = "UTC"}, Span{at, at + hours(1), "Europe/Paris", text, "2026-12-24T18:00"}, Span{.end = at, .end_text = text}})
    for (const char* experience : {"", "hero"}) {
      const CatalogItem item{experience, 7, "abc", {Phase::scheduled, at, span}, at + seconds(1)};
      CHECK(chain_of("before", 2, 9'007'199'254'740'991, {item, ""}) ==
            hash_of(Object{{"chain", "before"}, {"epoch", 2}, {"v", 9'007'199'254'740'991.0}, {"put", to_value(item)}}));
    }
  CHECK(chain_of("", 1, 3, {std::nullopt, text}) == hash_of(Object{{"chain", ""}, {"epoch", 1}, {"v", 3}, {"gone", text}}));
}

TEST_CASE("a record in the journal's form") {
  const World world = with_live();
  CHECK(to_json(to_value(world.journal[0])) ==
        R"({"actor":{"name":"ann","roles":["author"]},"at":"2026-12-01T07:00:00Z","command":"create","experience":"hero",)"
        R"("head_status":"draft","kind":"campaign","request_id":"q-1","revision":{"at":"2026-12-01T07:00:00Z","by":"ann",)"
        R"("definition":{"kind":"campaign","till":"2026-12-24T18:00"},)"
        R"("hash":")" +
            world.at("hero").head().hash +
            R"(","n":1},"seq":1,)"
            R"("standing":{"phase":"authoring","since":"2026-12-01T07:00:00Z","span":{}}})");
  const Value activated = to_value(world.journal[1]);
  CHECK(to_json(*activated.find("standing")) ==
        R"({"phase":"live","since":"2026-12-01T07:00:00Z","span":{"end":"2026-12-24T17:00:00Z",)"
        R"("end_text":"2026-12-24T18:00","zone":"Europe/Paris"}})");
}

TEST_CASE("what is not a record is refused with its place") {
  const World world = with_live();
  const auto refused = [&](std::size_t n, auto change, const std::string& says) {
    Value value = to_value(world.journal[n]);
    change(value.object());
    const auto record = record_from(value);
    INFO(says);
    REQUIRE_FALSE(record.ok());
    CHECK(record.error().code == Code::store_corrupt);
    CHECK(record.error().message == "not a record of the journal: " + says);
  };
  refused(
      0, [](Object& o) { o["seq"] = -1; }, "$.seq: expected a count");
  refused(
      0, [](Object& o) { o["seq"] = 1.5; }, "$.seq: expected a count");
  refused(
      0, [](Object& o) { o["command"] = "explode"; }, "$.command: expected a known word");
  refused(
      0, [](Object& o) { o.erase("actor"); }, "$.actor: expected an actor");
  refused(
      0, [](Object& o) { o["actor"] = "ann"; }, "$.actor: expected an object");
  refused(
      0, [](Object& o) { o["actor"].object()["roles"] = Array{"king"}; }, "$.actor.roles: expected a list of roles");
  refused(
      0, [](Object& o) { o["at"] = "yesterday"; }, "$.at: expected an instant");
  refused(
      0, [](Object& o) { o.erase("at"); }, "$.at: expected an instant");
  refused(
      0, [](Object& o) { o["message"] = 7; }, "$.message: expected a string");
  refused(
      0, [](Object& o) { o["starts_contributors_anew"] = "yes"; }, "$.starts_contributors_anew: expected true or false");
  refused(
      0,
      [](Object& o) {
        o["revision"].object()["definition"] = Object{{"kind", "journey"}};
      },
      "$.revision.hash: expected the hash of the definition");
  refused(
      0, [](Object& o) { o["standing"] = Array{}; }, "$.standing: expected an object");
  refused(
      1, [](Object& o) { o["standing"].object()["phase"] = "gone"; }, "$.standing.phase: expected a known word");
  refused(
      1, [](Object& o) { o["version"].object().erase("v"); }, "$.version.v: expected a count");
  CHECK_FALSE(record_from(Value("text")).ok());
  CHECK_FALSE(record_from(Value()).ok());
}

TEST_CASE("a record that does not continue the state is refused and changes nothing") {
  World world = with_live();
  world.now = world.now + hours(1);
  Command asked = command(CommandName::stop, "hero", publisher);
  asked.at = world.now;
  const Record stop = std::get<Record>(*apply(world.state, asked, world.rules));
  const auto changed = [&](auto change) {
    Record record = stop;
    change(record);
    return record;
  };
  check_refused(world, changed([](Record& r) { r.seq = 2; }), "the journal is at 2");
  check_refused(world, changed([](Record& r) { r.seq = 4; }), "the journal is at 2");
  check_refused(world, changed([](Record& r) { r.at = r.at - hours(2); }), "older than the record before it");
  check_refused(world, changed([](Record& r) { r.experience = "other"; }), "no such experience");
  check_refused(world, changed([](Record& r) { r.kind = Kind::campaign; }), "the experience exists");
  check_refused(world, changed([](Record& r) { r.revision = Revision{3, {}, "", "ann", r.at}; }), "newest revision is 1");
  check_refused(world, changed([](Record& r) { r.approval = Approval{2, "", "bob", r.at}; }), "of another revision");
  check_refused(world, changed([](Record& r) { r.live_revision = 2; }), "only the newest revision takes force");
  check_refused(world, changed([](Record& r) { r.version->v = 3; }), "the versions have a gap");
  check_refused(world, changed([](Record& r) { r.version->epoch = 2; }), "the versions have a gap");
  check_refused(world, changed([](Record& r) { r.version->chain[0] ^= 1; }), "the chain of catalogs is broken");
  check_refused(world, changed([](Record& r) { r.standing->phase = Phase::closed; }), "the chain of catalogs is broken");
  check_refused(world, changed([](Record& r) { r.standing.reset(); }), "a version comes with a standing");
  check_refused(world, changed([](Record& r) { r.version.reset(), r.standing->phase = Phase::paused; }), "without a version");
  check_refused(world, changed([](Record& r) { r.command = CommandName::epoch_bump, r.ending.reset(); }), "an epoch bump ends");
  State state = world.state;
  REQUIRE(fold(state, stop).ok());
  CHECK(phase_at(*state.find("hero"), world.now) == Phase::stopped);
}

TEST_CASE("a command costs no more the longer the history: what was before is shared, not copied") {
  const World world = with_live();
  Command edit = command(CommandName::edit, "hero", author);
  edit.definition = document(R"({"kind":"campaign","priority":60})");
  edit.at = world.now;
  const Experience& before = *world.state.find("hero");
  const Experience after = experience_after(world.state, std::get<Record>(*apply(world.state, edit, world.rules)));
  REQUIRE(after.revisions.size() == 2);
  CHECK(&after.revisions[0] == &before.revisions[0]);
  CHECK(after.head().definition == edit.definition);
  CHECK(before.revisions.size() == 1);
  CHECK(after.revisions != before.revisions);
}

TEST_CASE("no record brings back what has ended, by a person or by its schedule") {
  World world = with_live();
  Command asked = command(CommandName::edit, "hero", author);
  asked.definition = document(R"({"kind":"campaign"})");
  asked.at = world.now;
  const Record made = std::get<Record>(*apply(world.state, asked, world.rules));

  Record late = made;  // at the very instant of its end
  late.at = instant("2026-12-24T17:00:00Z");
  check_refused(world, late, "the experience has ended");

  world.must(command(CommandName::stop, "hero", publisher));
  Record after = made;
  after.seq = 4;
  check_refused(world, after, "the experience has ended");
  after.command = CommandName::archive;  // a record that lies about what it is
  State state = world.state;
  CHECK_FALSE(fold(state, after).ok());
  CHECK(state == world.state);
}
