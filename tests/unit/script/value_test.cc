// Values in and out of Lua, and views.
#include "bindings/lua/module.h"
#include "vm_support.h"

using namespace footlight;
using test::Host;

TEST_CASE("values come back as they went in") {
  Host host;
  for (const char* json :
       {"true", "1.5", "\"a\\u0000b\"", "[]", "{}", "[1,[2,[]],{}]", R"({"a":{"b":[true,"x"]},"c":-0.5})", "[null,1,null]", "[[null]]"}) {
    INFO(json);
    CHECK(host.value("return ...", {*parse_json(json)}) == *parse_json(json));
  }
  // An absent member and a null one are the same to a script.
  CHECK(host.value("return ...", {*parse_json(R"({"a":null,"b":1})")}) == *parse_json(R"({"b":1})"));
}

TEST_CASE("an empty table is an object, unless it is made an array") {
  Host host;
  CHECK(to_json(host.value("return {}")) == "{}");
  CHECK(to_json(host.value("return array {}")) == "[]");
  CHECK(to_json(host.value("return array()")) == "[]");
  CHECK(to_json(host.value("local t = array {} t[1] = 'x' return t")) == "[\"x\"]");
  CHECK(to_json(host.value("local t = ... t[1] = nil return t", {*parse_json("[1]")})) == "[]");
  CHECK(to_json(host.value("return {a = null, b = {null, 2}}")) == R"({"a":null,"b":[null,2]})");
  CHECK(host.value("return type(null) .. tostring(null)") == Value("nullnull"));
  CHECK(host.value("return null == null and null ~= nil") == Value(true));
}

TEST_CASE("what JSON cannot hold is refused, with its place in the value") {
  Host host;
  struct Case {
    const char* script;
    const char* says;
  };
  for (const auto& [script, says] : {
           Case{"return {a = {1, x = 2}}", "`a` has both texts and numbers as keys"},
           Case{"return {1, nil, 3}", "is a list with holes: it has 2 elements, the last at 3"},
           Case{"return {[0] = 1}", "a number as key that is no position"},
           Case{"return {[1.5] = 1}", "a number as key that is no position"},
           Case{"return {[true] = 1}", "has a boolean as key"},
           Case{"return {items = {{n = 0/0}}}", "`items[1].n` is not a finite number"},
           Case{"return math.huge", "the value is not a finite number"},
           Case{"return {f = print}", "`f` is a function"},
           Case{"return {s = '\\255'}", "`s` is text that is not UTF-8"},
           Case{"return {['\\255'] = 1}", "not UTF-8"},
           Case{"local t = array {} t.a = 1 return t", "is an `array` with texts as keys"},
           Case{"local t = {} t.t = t return t", "nested deeper than 64 levels"},
           Case{"return string", "only lent for reading"},
       }) {
    INFO(script);
    const ScriptOutcome outcome = host.run(script);
    REQUIRE(outcome.error);
    CHECK(outcome.error->code == Code::bad_result);
    CHECK_THAT(outcome.error->message, Catch::Contains(says));
  }
}

TEST_CASE("results end at their limits in depth, number and size") {
  Host host;
  const auto nested = [](int levels) { return "local t = 1 for i = 1, " + std::to_string(levels) + " do t = {t} end return t"; };
  CHECK(host.run(nested(limits::json_depth_max)).ok());
  CHECK(host.run(nested(limits::json_depth_max + 1)).error);

  const auto list = [](std::size_t nodes) { return "local t = {} for i = 1, " + std::to_string(nodes - 1) + " do t[i] = i end return t"; };
  const Budget budget{.fuel = limits::fuel_policy};
  CHECK(host.run(list(limits::script_value_nodes_max), {}, budget).ok());
  const ScriptOutcome longer = host.run(list(limits::script_value_nodes_max + 1), {}, budget);
  REQUIRE(longer.error);
  CHECK(longer.error->code == Code::limit_exceeded);
  // A few tables that stand for very many.
  CHECK(host.run("local t = {} for i = 1, 40 do t = {t, t} end return t").error->code == Code::limit_exceeded);

  const std::string text = "local s, t = ('x'):rep(65536), {} for i = 1, 16 do t[i] = s end ";
  CHECK(host.run(text + "return t").ok());
  CHECK(host.run(text + "t[17] = 'x' return t").error->code == Code::limit_exceeded);
}

TEST_CASE("a view reads what is asked for, and an absent object as an empty one") {
  Host host;
  const Value profile = *parse_json(R"({"loyalty":{"tier":"gold","since":2019},"viewed":["a","b"],"name":"Ann","gone":null})");
  const auto objects = object_paths({"loyalty.tier", "cart.total", "deep.er.x"});
  CHECK(objects == std::set<std::string, std::less<>>{"cart", "deep", "deep.er", "loyalty"});
  const ValueView view(profile, &objects);
  const auto value = [&](const std::string& script) { return host.value("local p = ... " + script, {&view}); };
  CHECK(value("return p.loyalty.tier == 'gold' and p.loyalty.since > 2018") == Value(true));
  CHECK(value("return p.cart.total").is_null());
  CHECK(value("return p.deep.er.x").is_null());
  CHECK(value("return p.gone").is_null());
  CHECK(value("return p.unknown").is_null());
  CHECK(value("return p['loyalty.tier']").is_null());
  CHECK(value("return p[1]").is_null());
  CHECK(value("return p.loyalty == p.loyalty") == Value(true));
  CHECK(value("return p.viewed") == *parse_json(R"(["a","b"])"));
  CHECK(value("p.viewed[1] = 'z' return p.viewed[1]") == Value("a"));
  CHECK(value("local n = 0 for i, v in ipairs(p.viewed) do n = n + i end return n + #p.viewed") == Value(5));
  CHECK(value("return type(p) .. type(p.cart) .. tostring(p)") == Value("tabletabletable"));
  CHECK(value("local s = '' for k, v in pairs(p) do s = s .. k .. ':' .. type(v) .. ' ' end return s") ==
        Value("loyalty:table name:string viewed:table "));
  CHECK(value("local s = '' for k, v in pairs(p.cart) do s = s .. k end return s") == Value(""));
  CHECK(value("return p.cart.total > 50") == Value(false));
  CHECK(value("return not (p.cart.total > 50) and not (p.cart.total <= 50)") == Value(true));

  struct Case {
    const char* script;
    const char* says;
  };
  for (const auto& [script, says] : {
           Case{"p.name = 'Bob'", "cannot set `name`: this value is only lent for reading"},
           Case{"p.loyalty.tier = 'none'", "cannot set `tier`"},
           Case{"table.insert(p, 1)", "only lent for reading"},
           Case{"return ipairs(p)", "needs a list"},
           Case{"return #p", "this value is an object"},
           Case{"return p.loyalty", "only lent for reading"},
           Case{"return p.nothing.more", "attempt to index field 'nothing' (a nil value)"},
           Case{"return p .. 'x'", "attempt to concatenate"},
           Case{"return p()", "attempt to call"},
           Case{"return p < p", "attempt to compare two table values"},
       }) {
    INFO(script);
    const ScriptOutcome outcome = host.run("local p = ... " + std::string(script), {&view});
    REQUIRE(outcome.error);
    CHECK_THAT(outcome.error->message, Catch::Contains(says));
  }
}

TEST_CASE("a view dies with its call") {
  Host host;
  const Value first = *parse_json(R"({"a":{"b":1}})");
  const ValueView view(first);
  // `keep` is an upvalue of the chunk's closure: what the front end would have the host re-make.
  const ScriptOutcome outcome = host.vm.call(host.load("local keep return function(p) local before = keep keep = p.a if before then "
                                                       "return before.b end return 'kept' end"),
                                             {}, {}, Functions::collect);
  REQUIRE(outcome.functions.size() == 1);
  const FunctionRef function = outcome.functions[0].ref;
  CHECK(host.vm.call(function, {&view}, {}).value == Value("kept"));
  const ScriptOutcome later = host.vm.call(function, {&view}, {});
  REQUIRE(later.error);
  CHECK(later.error->code == Code::script_error);
  CHECK_THAT(later.error->message, Catch::Contains("lent to a call that has ended"));
}

TEST_CASE("a view of the outer call lives through an inner one") {
  Host host;
  const Value profile = *parse_json(R"({"a":{"b":1}})");
  const ValueView view(profile);
  const Environment globals{{"call", HostFunction([&](HostCall& call) -> Result<Value> {
                               const ScriptOutcome inner = call.vm().call(call.function(0)->ref, {&view}, {});
                               if (inner.error) return *inner.error;
                               return inner.value;
                             })}};
  CHECK(host.run("local p = ... local a = p.a local n = call(function(q) return q.a.b + a.b end) return n + a.b", {&view}, {}, globals)
            .value == Value(3));
}

TEST_CASE("what an inner call read first of an outer one's view is still the outer one's") {
  Host host;
  const Value profile = *parse_json(R"({"a":{"b":{"c":1}},"d":{"e":2}})");
  const ValueView view(profile);
  const Environment globals{{"call", HostFunction([&](HostCall& call) -> Result<Value> {
                               const ScriptOutcome inner = call.vm().call(call.function(0)->ref, {&view}, {});
                               if (inner.error) return *inner.error;
                               return inner.value;
                             })}};
  const auto run = [&](const std::string& source) { return host.run(source, {&view}, {}, globals); };
  CHECK(run("local p = ... local n = call(function(q) return p.a.b.c + q.a.b.c end) return n + p.a.b.c + p.d.e").value == Value(5));
  // The inner call's own views end with it, in the middle of the others.
  const ScriptOutcome kept =
      run("local p = ... local own call(function(q) local x = p.a.b own = q.a local y = p.d return 1 end) "
          "return p.a.b.c + p.d.e + own.b.c");
  REQUIRE(kept.error);
  CHECK_THAT(kept.error->message, Catch::Contains("lent to a call that has ended"));
  CHECK(run("local p = ... call(function(q) local x = p.a.b local z = q.a.b local y = p.d return 1 end) return p.a.b.c + p.d.e").value ==
        Value(3));
}

TEST_CASE("a view for which there is no memory leaves nothing behind") {
  Host host;
  const Value profile = *parse_json(R"({"a":{"b":{"c":1}},"text":"abc"})");
  const ValueView view(profile);
  const FunctionRef reads = host.load("local p = ... return p.a.b.c == 1 and p.text == 'abc'");
  int refused = 0, done = 0;
  for (std::size_t memory = 0; memory < 6'000; memory += 8) {
    const ScriptOutcome outcome = host.vm.call(reads, {&view}, {.memory = memory});
    outcome.ok() ? ++done : ++refused;
    if (!outcome.ok()) CHECK(outcome.error->code == Code::memory_exceeded);
    CHECK(host.vm.call(reads, {&view}, {}).value == Value(true));
  }
  CHECK(done > 0);
  CHECK(refused > 0);
}

TEST_CASE("many functions read one view at the same price, and no list of another's") {
  Host host;
  const Value profile = *parse_json(R"({"a":{"b":"text","list":[1,2]},"flag":false})");
  const ValueView view(profile);
  const FunctionRef reads = host.load(
      "local p = ... p.a.list[1] = 9 return p.a.b == 'text' and p.a.list[1] == 1 and p.flag == false and "
      "p.none == nil");
  const FunctionRef writes = host.load("local p = ... p.a.b = 1 return true");
  const long fuel = host.vm.call(reads, {&view}, {}).fuel_used;
  const std::vector<VmPredicate> functions{{reads}, {reads}, {writes}, {reads}};
  using enum Held;
  CHECK(host.vm.call_each(functions, {&view}, {.fuel = fuel}) == std::vector<Held>{yes, yes, failed, yes});
  const std::vector<VmPredicate> twice{{reads}, {reads}};
  const long little = host.vm.call(host.load("local p = ... return p.a.b"), {&view}, {}).fuel_used;
  CHECK(little < fuel);
  CHECK(host.vm.call_each(twice, {&view}, {.fuel = 0}) == std::vector<Held>{failed, failed});
}

TEST_CASE("a list is paid for each time, for it is copied; a text is a field of a table from its first reading on") {
  Host host;
  const Value profile(Object{{"text", std::string(16'000, 'x')}, {"list", Array(1'000, Value(1))}});
  const ValueView view(profile);
  const std::string reads = "local p = ... local n = 0 for _ = 1, 9 do n = n + #p.text end return n == 9 * 16000";
  const ScriptOutcome text = host.run(reads, {&view});
  CHECK(text.value == Value(true));
  CHECK(text.fuel_used < 20);
  CHECK(host.run(reads, {&view}).fuel_used == text.fuel_used);
  CHECK(host.run("local p = ... return #p.list", {&view}).fuel_used > 900);
  CHECK(host.run("local p = ... while true do local x = p.list end", {&view}).error->code == Code::fuel_exhausted);
}
