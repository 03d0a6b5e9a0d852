// How the tests of the Lua host run a script: from source, through the front end, as the product does.
#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "script/chunk.h"
#include "script/vm.h"

namespace footlight::test {

struct Host {
  Vm vm = std::move(*Vm::create());

  FunctionRef load(const std::string& source, const Environment& globals = {}, Mode mode = Mode::policy) {
    const Result<Chunk> chunk = read_chunk(source, "test.lua", mode);
    if (!chunk.ok()) FAIL(to_text(chunk.error()));
    const Result<FunctionRef> function = vm.load(chunk->lua, "test.lua", globals);
    if (!function.ok()) FAIL(to_text(function.error()));
    return *function;
  }

  // The chunk itself is called; arguments are its `...`.
  ScriptOutcome run(const std::string& source, const Arguments& arguments = {}, const Budget& budget = {},
                    const Environment& globals = {}) {
    const FunctionRef function = load(source, globals);
    ScriptOutcome outcome = vm.call(function, arguments, budget);
    vm.release(function);
    return outcome;
  }

  Value value(const std::string& source, const Arguments& arguments = {}, const Budget& budget = {}) {
    ScriptOutcome outcome = run(source, arguments, budget);
    if (outcome.error) FAIL(source << ": " << outcome.error->message);
    return outcome.value;
  }

  std::string error(const std::string& source, const Budget& budget = {}) {
    const ScriptOutcome outcome = run(source, {}, budget);
    if (!outcome.error) FAIL(source << " gave " << to_json(outcome.value));
    return outcome.error->message;
  }
};

// A chunk of the contract around a body that counts only where it says so: for what the front end would
// never write.
inline std::string unmetered(const std::string& body) {
  return "local __fuel,__stop,__in,__lt,__le,__gt,__ge,__fn=... return function(...) "
         "__fuel=__fuel-1 if __fuel<0 then __stop() end " +
      body + " end";
}

}  // namespace footlight::test
