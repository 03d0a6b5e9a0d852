// GET /v1/catalog: what is in force, or would be with other revisions, to decide with it elsewhere.
#include <catch2/catch.hpp>

#include "api_world.h"
#include "base/text.h"
#include "catalog/delivered.h"
#include "engine/decide.h"

using namespace footlight;
using namespace footlight::test;

namespace {

// `hello` live at revision 1 with a draft 2, `plan` a draft, `gone` stopped, `later` scheduled.
void fill(ApiWorld& world) {
  const auto create = [&](const Value& document) { REQUIRE(world.ask("ann", "POST", "/v1/experiences", document).status == 201); };
  const auto activate = [&](const char* id) { REQUIRE(world.command("pia", id, "activate").status == 200); };
  for (const char* id : {"hello", "plan", "gone", "later"}) {
    Value document = campaign(id, std::string("<b>") + id + "</b>");
    if (id == std::string("later")) document.object()["from"] = "2026-12-06T12:00";
    create(document);
  }
  for (const char* id : {"hello", "gone", "later"}) activate(id);
  REQUIRE(world.command("pia", "gone", "stop").status == 200);
  Value next = campaign("hello", "<b>hello again</b>");
  next.object().erase("id");
  REQUIRE(world.ask("ann", "PUT", "/v1/experiences/hello", next).status == 200);
}

// `hello@1 later@1`, in their order.
std::string experiences(const Reply& reply) {
  const Value* rows = reply.body.at_path("catalog.experiences");
  if (!rows) return "status " + std::to_string(reply.status) + " " + reply.code();
  std::string text;
  for (const Value& row : rows->array())
    text += (text.empty() ? "" : " ") + row.at_path("definition.id")->string() + "@" +
        std::to_string(static_cast<int>(row.find("revision")->number()));
  return text;
}

}  // namespace

TEST_CASE("the catalog is what is live or scheduled, and reading it changes nothing") {
  ApiWorld world;
  CHECK(experiences(world.ask("vic", "GET", "/v1/catalog")) == "");
  fill(world);
  const std::string journal = world.journal();
  const Reply live = world.ask("vic", "GET", "/v1/catalog");
  CHECK(experiences(live) == "hello@1 later@1");
  CHECK(live.body.at_path("catalog.workspace.name")->string() == "shop");
  CHECK(live.body.at_path("catalog.version")->string() == world.decide().text("snapshot"));
  CHECK(world.journal() == journal);
  // Whoever compiles it decides as the server does.
  LuaPolicyCompiler policies;
  auto compiled = compile_delivered(*live.body.find("catalog"), policies,
                                    [](const std::string&) -> Result<std::string> { return refuse(Code::not_found, "no lists"); });
  REQUIRE(compiled.ok());
  CHECK(compiled->left_out.empty());
  Problems problems;
  const Request request = parse_request(Object{{"surfaces", Array{std::string(hero_uri)}}}, world.now, problems);
  const Decision decision = decide(*compiled->snapshot, request, no_policies());
  REQUIRE(decision.propositions.size() == 1);
  CHECK(decision.propositions[0].experience == "hello");
  CHECK(decision.propositions[0].content == "<b>hello</b>");
}

TEST_CASE("other revisions take the place of what is live") {
  ApiWorld world;
  fill(world);
  CHECK(experiences(world.ask("vic", "GET", "/v1/catalog?with=hello@2")) == "hello@2 later@1");
  CHECK(experiences(world.ask("vic", "GET", "/v1/catalog?with=hello@draft,plan@newest")) == "hello@2 later@1 plan@1");
  CHECK(experiences(world.ask("vic", "GET", "/v1/catalog?with=%20hello@live%20,%20")) == "hello@1 later@1");
  CHECK(experiences(world.ask("vic", "GET", "/v1/catalog?drafts=1")) == "hello@2 later@1 plan@1");  // what was stopped stays gone
  CHECK(experiences(world.ask("vic", "GET", "/v1/catalog?drafts=1&with=hello@1")) == "hello@1 later@1 plan@1");
  CHECK(experiences(world.ask("vic", "GET", "/v1/catalog?drafts=0")) == "hello@1 later@1");
  const Reply plan = world.ask("vic", "GET", "/v1/catalog?with=plan@1");
  CHECK(to_json(*plan.body.at_path("catalog.experiences")).find("<b>plan</b>") != std::string::npos);
  CHECK(experiences(world.ask("vic", "GET", "/v1/catalog")) == "hello@1 later@1");
}

TEST_CASE("what is asked for and is not there is refused with the way out") {
  ApiWorld world;
  fill(world);
  const auto refused = [&](const std::string& query) {
    const Reply reply = world.ask("vic", "GET", "/v1/catalog?" + query);
    return std::to_string(reply.status) + " " + reply.code() + ": " + reply.detail();
  };
  CHECK(refused("with=hello") ==
        "400 usage: `hello` names no revision of an experience; write `ID@2`, `ID@live`, `ID@draft` or `ID@newest`");
  CHECK(refused("with=@2") == "400 usage: `@2` names no revision of an experience; write `ID@2`, `ID@live`, `ID@draft` or `ID@newest`");
  CHECK_THAT(refused("with=nobody@1"), Catch::StartsWith("404 not_found: "));
  CHECK(refused("with=hello@3") == "422 no_such_revision: `hello` has no r3; its revisions are r1 to r2");
  CHECK_THAT(refused("with=hello@x"), Catch::StartsWith("400 usage: `x` names no revision"));
  CHECK(refused("with=plan@live") == "422 no_such_revision: `plan` was never live");
  CHECK_THAT(refused("with=later@draft"), Catch::Contains("`later` has no draft"));
  CHECK(refused("drafts=yes") == "400 usage: `drafts` is 0 or 1");
}

TEST_CASE("who may look sees definitions; lists of people are for those who work with them") {
  ApiWorld world;
  const std::string vips = "ann\nbob\n", hash = sha256_hex(vips);
  Value document = world.ask("vic", "GET", "/v1/workspace").body;
  document.object()["lists"] = Object{{"vips", hash}};
  REQUIRE(world.ask("pia", "PUT", "/v1/workspace", Object{{"workspace", document}, {"lists", Object{{hash, vips}}}}).status == 200);
  for (const char* id : {"one", "two"}) {
    Value listed = campaign(id);
    listed.object()["audience"] = Object{{"list", "vips"}};
    REQUIRE(world.ask("ann", "POST", "/v1/experiences", listed).status == 201);
    REQUIRE(world.command("pia", id, "activate").status == 200);
  }
  const auto lists = [&](const char* who) {
    const Reply reply = world.ask(who, "GET", "/v1/catalog");
    const Value* found = reply.body.find("lists");
    return found ? to_json(*found) : std::string("none");
  };
  CHECK(lists("vic") == "{}");
  for (const char* who : {"ann", "bob", "pia", "root"}) CHECK(lists(who) == "{\"" + hash + "\":\"ann\\nbob\\n\"}");
  CHECK(world.ask("app", "GET", "/v1/catalog").code() == "forbidden");
  CHECK(world.ask("n1", "GET", "/v1/catalog").code() == "forbidden");
  CHECK(world.ask("", "GET", "/v1/catalog").code() == "unauthorized");
  // A token opens its own workspace's, whatever is asked for.
  CHECK(experiences(world.ask("eve", "GET", "/v1/catalog")) == "");
  CHECK(world.ask("eve", "GET", "/v1/catalog?workspace=shop").status == 403);
  CHECK(experiences(world.ask("star", "GET", "/v1/catalog?workspace=shop")) == "one@1 two@1");
}
