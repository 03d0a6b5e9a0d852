// Every route, asked well and badly: tokens, workspaces, tables, health.
#include <catch2/catch.hpp>

#include "api_world.h"

using namespace footlight;
using namespace footlight::test;

namespace {

// A target that the pattern matches.
std::string example_of(std::string pattern) {
  for (const auto& [name, word] : {std::pair{"{id}", "nobody"}, {"{command}", "submit"}, {"{name}", "nobody"}, {"{hash}", "00"}})
    if (const auto at = pattern.find(name); at != std::string::npos) pattern.replace(at, std::string(name).size(), word);
  REQUIRE(pattern.find('{') == std::string::npos);
  return pattern;
}

}  // namespace

TEST_CASE("every route asks who it is, and takes no other method") {
  ApiWorld world;
  int asked = 0;
  for (const Route& route : world.router().routes()) {
    const std::string target = example_of(route.pattern);
    INFO(route.method << " " << target);
    ++asked;
    if (route.role.empty()) {
      CHECK(world.ask("", route.method, target).status < 300);
    } else {
      const Reply nobody = world.ask("", route.method, target);
      CHECK(nobody.status == 401);
      CHECK(nobody.header("WWW-Authenticate").starts_with("Bearer"));
      CHECK_THAT(nobody.detail(), Catch::Contains("footlight token create"));
      CHECK(world.ask("old", route.method, target).status == 401);  // revoked
      CHECK(world.ask("stranger", route.method, target).status == 401);
      const Reply app = world.ask("app", route.method, target);  // a delivery key decides and nothing else
      CHECK((app.status == 403) == (route.role != "delivery"));
    }
    const Reply wrong = world.ask("root", "PATCH", target);
    CHECK(wrong.status == 405);
    CHECK_THAT(wrong.header("Allow"), Catch::Contains(route.method));
    CHECK(world.ask("root", route.method, target + "/").status == 404);
    CHECK_FALSE(route.summary.empty());
  }
  CHECK(asked >= 19);
  CHECK(world.ask("root", "GET", "/v2/decide").code() == "not_found");
  CHECK_THAT(world.ask("root", "GET", "/v1/experiences/").detail(), Catch::Contains("did you mean `/v1/experiences`"));
}

TEST_CASE("what stands in the Authorization field is read as the standard says") {
  ApiWorld world;
  const auto status = [&](const std::string& field) {
    return world.ask_text("", "GET", "/v1/experiences", "", {{"Authorization", field}}).status;
  };
  CHECK(status("Bearer tok-vic") == 200);
  CHECK(status("bearer tok-vic") == 200);
  CHECK(status("Bearer  tok-vic ") == 200);
  for (const char* bad :
       {"", "Bearer", "Bearer ", "Basic dG9rOnZpYw==", "tok-vic", "Bearertok-vic", "Bearer TOK-VIC", "Bearer tok-vic tok-ann"}) {
    INFO(bad);
    CHECK(status(bad) == 401);
  }
  // A token itself is nowhere in what the server keeps or says.
  CHECK(world.ask("root", "GET", "/v1/tokens").response.body.find("tok-") == std::string::npos);
}

TEST_CASE("a token opens its own workspace and no other") {
  ApiWorld world;
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", campaign("mine")).status == 201);
  CHECK(world.ask("eve", "GET", "/v1/experiences/mine").code() == "not_found");
  CHECK(world.ask("eve", "GET", "/v1/experiences?workspace=shop").code() == "forbidden");
  CHECK(world.ask("eve", "PUT", "/v1/workspace?workspace=shop", Object{{"workspace", Object{}}}).code() == "forbidden");
  CHECK(world.ask("eve", "POST", "/v1/decide?workspace=shop", Object{{"surfaces", Array{}}}).code() == "forbidden");
  CHECK(world.ask("vic", "GET", "/v1/experiences?workspace=shop").status == 200);
  CHECK(world.ask("star", "GET", "/v1/experiences/mine?workspace=shop").status == 200);
  CHECK(world.ask("star", "GET", "/v1/experiences/mine?workspace=other").status == 404);
  CHECK(world.ask("star", "GET", "/v1/experiences?workspace=nowhere").code() == "not_found");
  const Reply which = world.ask("star", "GET", "/v1/experiences");
  CHECK(which.code() == "usage");
  CHECK_THAT(which.detail(), Catch::Contains("?workspace="));
}

TEST_CASE("tokens are made, listed, revoked, and never open more than their maker's") {
  ApiWorld world;
  const Reply made = world.ask("root", "POST", "/v1/tokens", json(R"({"name":"zoe","roles":["author"]})"));
  REQUIRE(made.status == 201);
  CHECK(made.text("workspace") == "shop");
  const std::string secret = made.text("token");
  CHECK(secret.starts_with("fl_"));
  CHECK(secret.size() >= 35);
  const auto as_zoe = [&] { return world.ask_text("", "GET", "/v1/experiences", "", {{"Authorization", "Bearer " + secret}}).status; };
  CHECK(as_zoe() == 200);
  CHECK(world.ask("root", "POST", "/v1/tokens", json(R"({"name":"zoe","roles":["viewer"]})")).code() == "already_exists");
  CHECK_THAT(world.ask("root", "GET", "/v1/tokens").response.body, Catch::Contains("\"zoe\"") && !Catch::Contains("fl_"));
  REQUIRE(world.ask("root", "DELETE", "/v1/tokens/zoe").status == 200);
  CHECK(as_zoe() == 401);
  CHECK(world.ask("root", "DELETE", "/v1/tokens/zoe").code() == "not_found");
  CHECK(world.ask("root", "POST", "/v1/tokens", json(R"({"name":"zoe","roles":["viewer"]})")).status == 201);  // renewed

  struct Bad {
    const char* body;
    const char* code;
    const char* problems;
  };
  for (const Bad& bad : {Bad{"{}", "bad_request", "$.name missing_field, $.roles missing_field"},
                         {R"({"name":"x","roles":[]})", "bad_request", "$.roles missing_field"},
                         {R"({"name":"x","roles":["king"]})", "bad_request", "$.roles[0] out_of_range"},
                         {R"({"name":"x","roles":[7,"viewer"]})", "bad_request", "$.roles[0] out_of_range"},
                         {R"({"name":"x","roles":"viewer"})", "bad_request", "$.roles wrong_type"},
                         {R"({"name":"A b","roles":["viewer"]})", "bad_request", "$.name bad_id"},
                         {R"({"name":"x","roles":["viewer"],"role":"viewer"})", "bad_request", "$.role unknown_field"},
                         {R"({"name":"x","roles":["viewer"],"workspace":"other"})", "forbidden", ""},
                         {R"({"name":"x","roles":["viewer"],"workspace":"*"})", "forbidden", ""},
                         {R"([])", "bad_request", "$ wrong_type"}}) {
    INFO(bad.body);
    const Reply reply = world.ask_text("root", "POST", "/v1/tokens", bad.body);
    CHECK(reply.code() == bad.code);
    if (*bad.problems) CHECK_THAT(reply.problems(), Catch::StartsWith(bad.problems));
  }
  CHECK(world.ask("star", "POST", "/v1/tokens", json(R"({"name":"x","roles":["viewer"],"workspace":"nowhere"})")).code() == "not_found");
  CHECK(world.ask("star", "POST", "/v1/tokens", json(R"({"name":"x","roles":["viewer"],"workspace":"other"})")).status == 201);
}

TEST_CASE("an admin of one workspace neither sees nor revokes the tokens of another") {
  ApiWorld world;
  CHECK_THAT(world.ask("eve", "GET", "/v1/tokens").response.body, !Catch::Contains("\"ann\""));
  CHECK(world.ask("eve", "DELETE", "/v1/tokens/ann").code() == "not_found");
  CHECK(world.ask("ann", "GET", "/v1/experiences").status == 200);
  CHECK(world.ask("eve", "DELETE", "/v1/tokens/star").code() == "forbidden");  // it opens more than hers
  CHECK(world.ask("star", "GET", "/v1/experiences?workspace=shop").status == 200);
  CHECK(world.ask("eve", "DELETE", "/v1/tokens/eve").status == 200);
  CHECK(world.ask("eve", "GET", "/v1/tokens").status == 401);
  CHECK(world.ask("star", "DELETE", "/v1/tokens/ann").status == 200);
  CHECK(world.ask("ann", "GET", "/v1/experiences").status == 401);
}

TEST_CASE("experiences are listed, shown, checked and deleted") {
  ApiWorld world;
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", campaign("a")).status == 201);
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", campaign("b")).status == 201);
  REQUIRE(world.command("ann", "b", "activate").status == 200);
  const auto listed = [&](const std::string& query) {
    std::string ids;
    const Reply reply = world.ask("vic", "GET", "/v1/experiences" + query);
    REQUIRE(reply.status == 200);
    for (const Value& row : reply.body.find("experiences")->array())
      ids += row.string_or("id", "") + ":" + row.string_or("status", "") + " ";
    return ids;
  };
  CHECK(listed("") == "a:draft b:live ");
  CHECK(listed("?status=live") == "b:live ");
  CHECK(listed("?status=stopped").empty());
  const Reply a = world.ask("vic", "GET", "/v1/experiences/a");
  CHECK(a.body.find("definition")->string_or("id", "") == "a");
  CHECK(a.body.find("revisions")->array().size() == 1);
  CHECK(a.text("hash") == hash_of(*a.body.find("definition")));
  CHECK(world.ask("vic", "GET", "/v1/experiences/nobody").code() == "not_found");
  CHECK(world.ask("vic", "GET", "/v1/experiences/b/receipt").status == 200);
  CHECK(world.ask("vic", "GET", "/v1/experiences/a/receipt").code() == "not_found");
  CHECK(world.ask("vic", "GET", "/v1/experiences/nobody/receipt").code() == "not_found");
  REQUIRE(world.ask("ann", "DELETE", "/v1/experiences/a").status == 200);
  const Reply gone = world.ask("vic", "GET", "/v1/experiences/a");
  CHECK(gone.status == 410);
  CHECK(gone.code() == "gone");
  CHECK(world.ask("ann", "PUT", "/v1/experiences/a", campaign("a")).code() == "gone");
  CHECK(world.ask("ann", "POST", "/v1/experiences", campaign("a")).status / 100 == 4);
  CHECK(world.ask("ann", "DELETE", "/v1/experiences/b").code() == "cannot_delete");
  const Reply word = world.command("ann", "b", "aprove");
  CHECK(word.status == 404);
  CHECK_THAT(word.detail(), Catch::Contains("`approve`"));
  for (const char* reserved : {"create", "edit", "delete", "epoch_bump"}) CHECK(world.command("root", "b", reserved).status == 404);
}

TEST_CASE("a definition is refused with every problem and its place") {
  ApiWorld world;
  const std::string journal = world.journal();
  const Value bad = json(R"({"kind":"campaign","id":"Bad Id","priority":101,"from":"tomorrow","audiense":"everyone","show":{"hero":7}})");
  for (const Reply& refused : {world.ask("ann", "POST", "/v1/experiences", bad)}) {
    CHECK(refused.status == 422);
    CHECK(refused.code() == "validation_failed");
    for (const char* place :
         {"$.id bad_id", "$.priority out_of_range", "$.from bad_time", "$.audiense unknown_field", "$.show.hero wrong_type"})
      CHECK_THAT(refused.problems(), Catch::Contains(place));
  }
  const Reply checked = world.ask("vic", "POST", "/v1/check", bad);
  CHECK(checked.status == 200);
  CHECK(to_json(*checked.body.find("ok")) == "false");
  CHECK_THAT(checked.problems(), Catch::Contains("$.priority out_of_range"));
  CHECK(to_json(*world.ask("vic", "POST", "/v1/check", campaign("x")).body.find("ok")) == "true");
  CHECK(world.ask_text("ann", "POST", "/v1/experiences", "7").code() == "bad_request");
  CHECK(world.ask_text("ann", "POST", "/v1/experiences", "").code() == "validation_failed");
  CHECK(world.ask("ann", "PUT", "/v1/experiences/x", campaign("x")).code() == "not_found");
  CHECK(world.journal() == journal);
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", campaign("x")).status == 201);
  const Reply named = world.ask("ann", "PUT", "/v1/experiences/x", campaign("y"));
  CHECK(named.code() == "validation_failed");
  CHECK_THAT(named.problems(), Catch::Contains("$.id bad_id"));

  // What refers to nothing may be drafted, and is refused when it is to be used.
  const Value dangling =
      json(R"({"kind":"campaign","id":"dangling","audience":{"audience":"nobody"},"show":{"hero":{"fragment":"lost"},"footer":"x"}})");
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", dangling).status == 201);
  for (const char* verb : {"submit", "activate"}) {
    const Reply refused = world.command("ann", "dangling", verb);
    CHECK(refused.code() == "validation_failed");
    for (const char* place : {"$.audience unknown_audience", "$.show.hero unknown_fragment"})
      CHECK_THAT(refused.problems(), Catch::Contains(place));
  }
}

TEST_CASE("a workspace is replaced whole, unless what is live would break") {
  ApiWorld world;
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", campaign("hero")).status == 201);
  REQUIRE(world.command("ann", "hero", "activate").status == 200);
  const Reply shown = world.ask("vic", "GET", "/v1/workspace");
  REQUIRE(shown.status == 200);
  const std::string journal = world.journal();
  const auto put = [&](Value document, Value lists = Object{}) {
    return world.ask("pia", "PUT", "/v1/workspace", Object{{"workspace", std::move(document)}, {"lists", std::move(lists)}});
  };
  CHECK(put(shown.body).status == 200);  // as it is: nothing happens
  CHECK(world.journal() == journal);
  Value without = shown.body;
  without.object()["surfaces"].object().erase("hero");
  const Reply refused = put(without);
  CHECK(refused.status == 422);
  CHECK_THAT(refused.response.body, Catch::Contains("unknown_configuration"));
  Value renamed = shown.body;
  renamed.object()["name"] = "other";
  CHECK_THAT(put(renamed).problems(), Catch::Contains("$.name bad_id"));
  CHECK_THAT(put(json(R"({"name":"shop","surfaces":{"hero":{"format":"pdf"}},"zone":"Mars/Olympus"})")).problems(),
             Catch::Contains("$.zone unknown_time_zone") && Catch::Contains("$.surfaces.hero.format out_of_range"));
  CHECK(world.ask("pia", "PUT", "/v1/workspace", shown.body).code() == "bad_request");  // without its envelope
  Value listed = shown.body;
  const std::string ids = "ann@x\nbob@x\n";
  listed.object()["lists"] = Object{{"vip.csv", sha256_hex(ids)}};
  CHECK_THAT(put(listed).problems(), Catch::Contains("$.lists.vip.csv unknown_list"));
  CHECK(put(listed, Object{{sha256_hex("other"), ids}}).status == 422);
  CHECK(put(listed, Object{{sha256_hex(ids), 7}}).code() == "bad_request");
  CHECK(world.journal() == journal);
  const Reply taken = put(listed, Object{{sha256_hex(ids), ids}});
  CHECK(taken.status == 200);
  CHECK(taken.text("visible_by") == "2026-12-05T12:15:00Z");
  CHECK(world.journal() != journal);
}

TEST_CASE("the audit tells everything once, page by page") {
  ApiWorld world;
  for (int i = 0; i < 5; ++i) REQUIRE(world.ask("ann", "POST", "/v1/experiences", campaign("c" + std::to_string(i))).status == 201);
  REQUIRE(world.command("pia", "c2", "activate", Object{{"message", "go"}}).status == 200);
  std::string whole, paged;
  const auto entries = [&](const std::string& query) {
    const Reply reply = world.ask("vic", "GET", "/v1/audit" + query);
    REQUIRE(reply.status == 200);
    CHECK(reply.number("head") == 7);
    return reply.body.find("entries")->array();
  };
  for (const Value& entry : entries("")) whole += to_json(entry);
  for (std::int64_t after = 0;;) {
    const Array page = entries("?limit=2&after=" + std::to_string(after));
    CHECK(page.size() <= 2);
    if (page.empty()) break;
    for (const Value& entry : page) paged += to_json(entry);
    after = static_cast<std::int64_t>(page.back().find("seq")->number());
  }
  CHECK(paged == whole);
  const Array of_one = entries("?experience=c2");
  REQUIRE(of_one.size() == 2);
  CHECK(of_one[1].string_or("actor", "") == "pia");
  CHECK(of_one[1].find("record")->string_or("command", "") == "activate");
  CHECK(of_one[1].string_or("at", "") == "2026-12-05T12:00:00Z");
  CHECK(entries("?experience=nobody").empty());
  CHECK(entries("?after=7").empty());
  CHECK(entries("?limit=0").empty());
  CHECK(entries("?limit=9999999").size() == 7);
  for (const char* bad : {"?after=x", "?after=-1", "?limit=1.5", "?limit=", "?after=99999999999999999999"}) {
    INFO(bad);
    CHECK(world.ask("vic", "GET", std::string("/v1/audit") + bad).code() == "usage");
  }
}

TEST_CASE("health, readiness, metrics and the description are there for everybody") {
  ApiWorld world;
  CHECK(world.ask("", "GET", "/healthz").response.body == R"({"ok":true})");
  const Reply ready = world.ask("", "GET", "/readyz");
  CHECK(ready.status == 200);
  CHECK(ready.response.body == R"({"ready":true,"reasons":[]})");
  CHECK_THAT(world.ask("", "GET", "/metrics").response.body, Catch::Contains("footlight_policy_failures_total 0"));
  const Reply description = world.ask("", "GET", "/openapi.json");
  CHECK(description.text("openapi") == "3.1.0");
  const Object& paths = description.body.find("paths")->object();
  for (const Route& route : world.router().routes()) {
    INFO(route.method << " " << route.pattern);
    REQUIRE(paths.contains(route.pattern));
    std::string method = route.method;
    for (char& c : method) c = static_cast<char>(c + ('a' - 'A'));
    CHECK(paths.at(route.pattern).find(method));
  }
}

TEST_CASE("a store that was restored is not ready and takes nothing until its epoch is bumped") {
  ApiWorld world;
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", campaign("hero")).status == 201);
  REQUIRE(world.command("ann", "hero", "activate").status == 200);
  REQUIRE(world.store().set_meta(store_meta::fenced, "1").ok());
  // As after a restart on the restored file.
  LuaPolicyCompiler policies;
  Api api(world.store(),
          {[&] { return world.now; },
           [](const std::string&, const std::shared_ptr<const Snapshot>&) -> Result<PolicyRunner*> { return &no_policies(); }});
  auto catalog = Catalog::open(world.store(), "shop", policies, {});
  REQUIRE(catalog.ok());
  REQUIRE(api.add(std::move(*catalog), "secret").ok());
  const auto router = Router::make(routes(api), [&](const HttpRequest& request, const Route&) { return api.authenticate(request); });
  REQUIRE(router.ok());
  const auto ask = [&](const char* as, const char* method, const std::string& target, const std::string& body) {
    HttpRequest request{.method = method, .target = target, .body = body, .request_id = "r", .received = world.now};
    REQUIRE(read_target(target, request).ok());
    request.headers.add("Authorization", std::string("Bearer tok-") + as);
    return (*router)(request);
  };
  const HttpResponse ready = ask("vic", "GET", "/readyz", "");
  CHECK(ready.status == 503);
  CHECK_THAT(ready.body, Catch::Contains("epoch bump"));
  const HttpResponse refused = ask("ann", "POST", "/v1/experiences", to_json(campaign("x")));
  CHECK(refused.status == 503);
  CHECK_THAT(refused.body, Catch::Contains("\"fenced\""));
  CHECK(refused.headers.get("Retry-After"));
  CHECK(ask("pia", "PUT", "/v1/workspace", R"({"workspace":{"name":"shop"}})").status == 503);
  CHECK(ask("ann", "POST", "/v1/epoch_bump", "").status == 403);
  CHECK(ask("root", "POST", "/v1/epoch_bump", "").status == 200);
  CHECK(ask("vic", "GET", "/readyz", "").status == 200);
  CHECK_THAT(ask("vic", "GET", "/v1/experiences/hero", "").body, Catch::Contains("\"stopped\""));
  CHECK(ask("root", "POST", "/v1/epoch_bump", "").status == 409);
}

TEST_CASE("an admin has the journal verified, and takes a backup where the token opens every workspace") {
  ApiWorld world;
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", campaign("hero")).status == 201);
  const Reply verified = world.ask("root", "GET", "/v1/audit/verify");
  CHECK(verified.status == 200);
  CHECK(verified.number("entries") == 2);
  CHECK(verified.text("workspace") == "shop");
  CHECK("2 " + verified.body.find("head")->string_or("chain", "") == world.journal());
  CHECK(world.ask("vic", "GET", "/v1/audit/verify").code() == "forbidden");
  CHECK(world.ask("root", "GET", "/v1/backup").code() == "forbidden");
  CHECK_THAT(world.ask("root", "GET", "/v1/backup").detail(), Catch::Contains("every workspace"));
  CHECK(world.ask("star", "GET", "/v1/backup").code() == "not_found");  // this process has no file to copy
}
