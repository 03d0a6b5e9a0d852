// A host and its Runtime: what integrators do, on the public header alone.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "shop.h"

using namespace footlight;

namespace {

namespace fs = std::filesystem;

// A folder of its own with these files in it, gone at the end.
struct Folder {
  explicit Folder(const FileMap& files) {
    std::string name = (fs::temp_directory_path() / "footlight-embed-XXXXXX").string();
    if (!mkdtemp(name.data())) FAIL("no scratch folder");
    root = name;
    for (const auto& [path, text] : files) write(path, text);
  }
  ~Folder() { fs::remove_all(root); }
  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  }
  fs::path root;
};

const Actor ann{"ann", {Role::author, Role::publisher}};

}  // namespace

TEST_CASE("a workspace in memory decides, as a struct and as JSON alike") {
  const Runtime runtime = opened(Runtime::from_files(shop_files()));
  CHECK(runtime.workspace() == "shop");
  CHECK(shown(runtime.decide(gold_member())) == "Welcome back, Ann");
  auto json = runtime.decide(R"({"identity": {"namespace": "crm", "id": "1"}, "surfaces": ["web://shop.example/#hero"],
                                 "attributes": {"loyalty": {"tier": "gold"}, "name": "Ann", "sku": "tea"}})");
  REQUIRE(json);
  CHECK(*json == to_json(*runtime.decide(gold_member())));
  Request silver = gold_member();
  silver.attributes = Object{{"loyalty", Object{{"tier", "silver"}}}};
  CHECK(shown(runtime.decide(silver)) == "Welcome");
}

TEST_CASE("what a host knows and hears of an answer changes none of its bytes") {
  const std::string request =
      R"({"identity": {"namespace": "crm", "id": "1"}, "attributes": {"loyalty.tier": "gold", "name": "Ann"}, "surfaces": ["web://shop.example/#hero"]})";
  const Runtime plain = opened(Runtime::from_files(shop_files(), {.secret = "ours"}));
  const Runtime heard = opened(Runtime::from_files(shop_files(), {.events = [](const Event&) {}, .secret = "ours"}));
  const Runtime knowing = opened(Runtime::from_files(
      shop_files(), {.attributes = {[](const Request&) -> Result<Value> { return Value(Object{}); }}, .secret = "ours"}));
  CHECK(*plain.decide(request) == *heard.decide(request));
  CHECK(*plain.decide(request) == *knowing.decide(request));
  CHECK(*plain.explain(request) == *knowing.explain(request));
  for (const char* bad : {"{", "", "[]", R"({"surfaces": ["hero"]})", R"({"surfaces": 1, "attributes": []})"}) {
    INFO(bad);
    REQUIRE_FALSE(plain.decide(bad));
    REQUIRE_FALSE(knowing.decide(bad));
    CHECK(to_text(plain.decide(bad).error()) == to_text(knowing.decide(bad).error()));
  }
}

TEST_CASE("a function that policies call may ask the same runtime") {
  Runtime* asked = nullptr;
  const auto stock = [&](const std::vector<Value>& arguments) -> Result<Value> {
    auto inner = asked->decide({.surfaces = {hero}});  // shows the default: nobody is known there
    return inner ? Value(arguments[0].string() + " " + inner->propositions.at(0).content) : Result<Value>(inner.error());
  };
  Runtime runtime = opened(Runtime::from_files(shop_with_stock(), {.functions = {{"stock", stock}}, .policy_deadline = minutes(1)}));
  asked = &runtime;
  CHECK(shown(runtime.decide(gold_member())) == "tea Welcome left");
}

TEST_CASE("explaining tells why, and is recorded nowhere") {
  int events = 0;
  const Runtime runtime = opened(Runtime::from_files(shop_files(), {.events = [&](const Event&) { ++events; }}));
  Request silver = gold_member();
  silver.attributes = Object{{"loyalty.tier", "silver"}};
  auto decision = runtime.explain(silver);
  REQUIRE(decision);
  REQUIRE(decision->trace.size() == 1);
  REQUIRE(decision->trace[0].candidates.size() == 1);
  CHECK(decision->trace[0].candidates[0].fate == Fate::audience);
  CHECK(decision->trace[0].candidates[0].place.starts_with("experiences/gold.lua:"));
  CHECK(events == 0);
  CHECK(runtime.explain(R"({"surfaces": ["web://shop.example/#hero"]})")->find("\"trace\"") != std::string::npos);
}

TEST_CASE("a request's mistakes are told all at once, with their paths") {
  const Runtime runtime = opened(Runtime::from_files(shop_files()));
  auto refused = runtime.decide({.attributes = "gold", .context = Array{}, .surfaces = {hero, "hero"}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::bad_request);
  REQUIRE(refused.error().problems.size() == 3);
  CHECK(refused.error().problems[0].place == "$.attributes");
  CHECK(refused.error().problems[1].place == "$.context");
  CHECK(refused.error().problems[2].place == "$.surfaces[1]");
  CHECK(runtime.decide("{").error().code == Code::bad_json);
  CHECK(runtime.decide(std::string_view("{}\0{}", 5)).error().code == Code::bad_json);
  CHECK(runtime.decide("{}").error().code == Code::bad_request);
}

TEST_CASE("the instant is the clock's, or the caller's") {
  FileMap files = shop_files();
  files["experiences/gold.lua"] = R"(campaign "gold" { from = "2026-12-01T09:00", zone = "Europe/Paris", show = { hero = "December" } })";
  files.erase("tests/gold_test.lua");
  Instant now = *parse_instant("2026-12-01T07:59:59Z");
  const Runtime runtime = opened(Runtime::from_files(files, {.clock = [&] { return now; }}));
  CHECK(shown(runtime.decide(gold_member())) == "Welcome");
  CHECK(shown(runtime.decide(gold_member(), *parse_instant("2026-12-01T08:00:00Z"))) == "December");
  now = now + seconds(1);
  CHECK(shown(runtime.decide(gold_member())) == "December");
}

TEST_CASE("files with problems do not open, and every problem has its line") {
  FileMap files = shop_files();
  files["experiences/gold.lua"] = "campaign \"gold\" {\n  audience = function(p) return stok(p.sku) end,\n  show = { herp = \"x\" },\n}";
  auto refused = Runtime::from_files(files);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::validation_failed);
  const std::string text = to_text(refused.error());
  CHECK(text.find("experiences/gold.lua:2") != std::string::npos);
  CHECK(text.find("experiences/gold.lua:3") != std::string::npos);
  CHECK(Runtime::from_folder("/nowhere/at/all").error().code == Code::unreadable_file);
}

TEST_CASE("a folder is read again when asked, all of it or nothing") {
  const Folder folder(shop_files());
  Runtime runtime = opened(Runtime::from_folder(folder.root.string()));
  const std::string before = runtime.snapshot();
  CHECK(shown(runtime.decide(gold_member())) == "Welcome back, Ann");
  folder.write("experiences/gold.lua", "campaign \"gold\" { show = { hero = \"broken {{\" } }");
  CHECK(runtime.reload().error().code == Code::validation_failed);
  CHECK(runtime.snapshot() == before);
  CHECK(shown(runtime.decide(gold_member())) == "Welcome back, Ann");
  folder.write("experiences/gold.lua", "campaign \"gold\" { show = { hero = \"All new\" } }");
  REQUIRE(runtime.reload());
  CHECK(runtime.snapshot() != before);
  CHECK(shown(runtime.decide(gold_member())) == "All new");
  CHECK(runtime.reload(shop_files()).error().code == Code::usage);
}

TEST_CASE("policies call the host's functions") {
  std::vector<std::string> asked;
  const auto stock = [&](const std::vector<Value>& arguments) -> Result<Value> {
    asked.push_back(to_json(Value(Array(arguments))));
    return Value(3);
  };
  const Runtime runtime = opened(Runtime::from_files(shop_with_stock(), {.functions = {{"stock", stock}}}));
  CHECK(shown(runtime.decide(gold_member())) == "3 left");
  CHECK(asked == std::vector<std::string>{R"(["tea"])"});
  CHECK(Runtime::from_files(shop_with_stock()).error().code == Code::validation_failed);  // without it, the name is not defined
}

TEST_CASE("a host's function that fails drops its candidate and harms nothing else") {
  std::vector<std::string> logged;
  RuntimeOptions options{.log = [&](const LogLine& line) { logged.push_back(line.text); }};
  SECTION("with an error") {
    options.functions["stock"] = [](const std::vector<Value>&) -> Result<Value> {
      return refuse(Code::unavailable, "the warehouse is closed");
    };
  }
  SECTION("with an exception") {
    options.functions["stock"] = [](const std::vector<Value>&) -> Result<Value> { throw std::runtime_error("the warehouse is closed"); };
  }
  const Runtime runtime = opened(Runtime::from_files(shop_with_stock(), options));
  CHECK(shown(runtime.decide(gold_member())) == "Welcome");
  CHECK(logged.size() == 1);
  auto decision = runtime.explain(gold_member());
  REQUIRE(decision);
  REQUIRE(decision->trace[0].candidates.size() == 1);
  CHECK(decision->trace[0].candidates[0].reason.find("the warehouse is closed") != std::string::npos);
}

TEST_CASE("a function's name must be free and sayable") {
  const ScriptFunction none = [](const std::vector<Value>&) -> Result<Value> { return Value(); };
  for (const char* name : {"string", "pairs", "campaign", "two words", "end", "", "a.b", "__fuel"}) {
    INFO(name);
    auto refused = Runtime::from_files(shop_files(), {.functions = {{name, none}}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::bad_id);
  }
}

TEST_CASE("what the host knows lies beneath what the request says") {
  const AttributeProvider crm = [](const Request& request) -> Result<Value> {
    if (request.identity.id.empty()) return Value(Object{});
    return Value(Object{{"loyalty.tier", "gold"}, {"name", "Ann of the CRM"}});
  };
  const Runtime runtime = opened(Runtime::from_files(shop_files(), {.attributes = {crm}}));
  CHECK(shown(runtime.decide({.identity = {"crm", "1"}, .surfaces = {hero}})) == "Welcome back, Ann of the CRM");
  CHECK(shown(runtime.decide({.identity = {"crm", "1"}, .attributes = Object{{"name", "Anna"}}, .surfaces = {hero}})) ==
        "Welcome back, Anna");
  CHECK(shown(runtime.decide({.surfaces = {hero}})) == "Welcome");
}

TEST_CASE("a provider that fails refuses the decision") {
  RuntimeOptions options;
  Code expected = Code::unavailable;
  SECTION("with an error") {
    options.attributes = {[](const Request&) -> Result<Value> { return refuse(Code::not_found, "no such profile"); }};
    expected = Code::not_found;
  }
  SECTION("with an exception") {
    options.attributes = {[](const Request&) -> Result<Value> { throw std::runtime_error("down"); }};
  }
  SECTION("with what is no object") {
    options.attributes = {[](const Request&) -> Result<Value> { return Value(7); }};
    expected = Code::bad_result;
  }
  const Runtime runtime = opened(Runtime::from_files(shop_files(), options));
  CHECK(runtime.decide(gold_member()).error().code == expected);
}

TEST_CASE("events go to the host's sink, and tokens come back") {
  std::vector<Event> events;
  const RuntimeOptions options{.clock = [] { return *parse_instant("2026-12-01T09:00:00Z"); },
                               .events = [&](const Event& event) { events.push_back(event); },
                               .secret = "only ours"};
  const Runtime runtime = opened(Runtime::from_files(shop_files(), options));
  auto decision = runtime.decide(gold_member());
  REQUIRE(decision);
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == "decision");
  CHECK(events[0].experience == "gold");
  CHECK(events[0].identity.id == "1");
  CHECK(events[0].surface == hero);
  REQUIRE(runtime.record("display", decision->propositions[0].token, {"crm", "1"}));
  REQUIRE(events.size() == 2);
  CHECK(events[1].kind == "display");
  CHECK(events[1].experience == "gold");
  CHECK(events[1].at == options.clock());
  CHECK(runtime.record("display", "forged").error().code == Code::bad_request);
  CHECK(runtime.record("decision", decision->propositions[0].token).error().code == Code::bad_request);
  CHECK(events.size() == 2);
  const Runtime other = opened(Runtime::from_files(shop_files(), {.events = options.events, .secret = "another"}));
  CHECK(other.record("display", decision->propositions[0].token).error().code == Code::bad_request);
  CHECK(opened(Runtime::from_files(shop_files())).record("display", "x").error().code == Code::usage);
}

TEST_CASE("the default content is no event") {
  int events = 0;
  const Runtime runtime = opened(Runtime::from_files(shop_files(), {.events = [&](const Event&) { ++events; }}));
  CHECK(shown(runtime.decide({.surfaces = {hero}})) == "Welcome");
  CHECK(events == 0);
}

TEST_CASE("a workspace's tests run in the host") {
  const Runtime runtime = opened(Runtime::from_files(shop_files()));
  auto results = runtime.run_fixtures();
  REQUIRE(results);
  REQUIRE(results->size() == 2);
  CHECK((*results)[0].passed);
  CHECK_FALSE((*results)[1].passed);
  CHECK((*results)[1].message.find("tests/gold_test.lua:") != std::string::npos);
  CHECK(runtime.run_fixtures("silver")->size() == 1);
}

TEST_CASE("a workspace's tests run with the host's functions") {
  FileMap files = shop_with_stock();
  files["tests/stock_test.lua"] = R"(test "stock is shown" (function(t)
    t:activate "gold"
    t:profile({ loyalty = { tier = "gold" }, sku = "tea" }):on "hero":contains "5 left"
  end))";
  const Runtime runtime =
      opened(Runtime::from_files(files, {.functions = {{"stock", [](const std::vector<Value>&) -> Result<Value> { return Value(5); }}}}));
  auto results = runtime.run_fixtures();
  REQUIRE(results);
  REQUIRE(results->size() == 1);
  INFO((*results)[0].message);
  CHECK((*results)[0].passed);
}

TEST_CASE("on a store, a draft becomes live by commands, and a stop is at once") {
  std::shared_ptr<Store> store = std::move(*open_store("memory:"));
  Instant now = *parse_instant("2026-12-01T09:00:00Z");
  Runtime runtime = opened(Runtime::from_store(store, "shop", {.clock = [&] { return now; }}));
  auto taken = runtime.take_in(shop_files(), ann);
  REQUIRE(taken);
  REQUIRE(taken->size() == 1);
  CHECK((*taken)[0].what == TakenIn::What::created);
  CHECK(shown(runtime.decide(gold_member())) == "Welcome");
  REQUIRE(runtime.command({.name = CommandName::activate, .experience = "gold", .actor = ann}, "go"));
  CHECK(shown(runtime.decide(gold_member())) == "Welcome back, Ann");
  CHECK(runtime.command({.name = CommandName::activate, .experience = "gold", .actor = ann}, "go")->is_repeat);
  CHECK(runtime.command({.name = CommandName::stop, .experience = "gold", .actor = ann}, "go").error().code == Code::idempotency_key_reuse);
  CHECK(runtime.experience("gold")->string_or("phase", "") == "live");
  CHECK(runtime.receipt("gold")->string_or("experience", "") == "gold");
  CHECK((*runtime.take_in(shop_files(), ann))[0].what == TakenIn::What::unchanged);
  REQUIRE(runtime.command({.name = CommandName::stop, .experience = "gold", .actor = ann}));
  CHECK(shown(runtime.decide(gold_member())) == "Welcome");
  auto refused = runtime.command({.name = CommandName::activate, .experience = "gold", .actor = ann});
  CHECK(refused.error().code == Code::experience_final);
  CHECK(runtime.experiences()->array().size() == 1);

  // Another runtime on the same store sees the same, and their tokens are the same.
  const Runtime second = opened(Runtime::from_store(store, "shop", {.clock = [&] { return now; }}));
  CHECK(second.experience("gold")->string_or("phase", "") == "stopped");
}

TEST_CASE("files have no lifecycle, and a store no files") {
  Runtime files = opened(Runtime::from_files(shop_files()));
  CHECK(files.command({.name = CommandName::stop, .experience = "gold", .actor = ann}).error().code == Code::usage);
  CHECK(files.experiences().error().code == Code::usage);
  CHECK(files.reload().error().code == Code::usage);
  Runtime store = opened(Runtime::from_store(std::move(*open_store("memory:")), "shop"));
  CHECK(store.reload().error().code == Code::usage);
  CHECK(store.run_fixtures().error().code == Code::usage);
  CHECK(store.take_in("/nowhere/at/all", ann).error().code == Code::unreadable_file);
  CHECK(Runtime::from_store(nullptr, "shop").error().code == Code::usage);
}

TEST_CASE("a runtime moves, and goes on") {
  Runtime runtime = opened(Runtime::from_files(shop_files()));
  Runtime moved = std::move(runtime);
  CHECK(shown(moved.decide(gold_member())) == "Welcome back, Ann");
  runtime = opened(Runtime::from_files(shop_files()));
  CHECK(shown(runtime.decide(gold_member())) == "Welcome back, Ann");
}

TEST_CASE("the library is of the version of its headers") {
  CHECK(version() == FOOTLIGHT_VERSION);
  CHECK(version() ==
        std::to_string(FOOTLIGHT_VERSION_MAJOR) + "." + std::to_string(FOOTLIGHT_VERSION_MINOR) + "." +
            std::to_string(FOOTLIGHT_VERSION_PATCH));
}
