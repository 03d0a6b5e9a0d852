#include "script/chunk.h"

#include <algorithm>

#include "base/limits.h"
#include "script/emit.h"
#include "script/fit.h"
#include "script/parser.h"
#include "script/scope.h"
#include "script/source.h"

namespace footlight {
namespace {

Error refused(Problems problems, const std::string& name) {
  // Each pass reports in its own order, and not above the limit by more than one.
  const auto line = [](const Problem& p) { return std::stoi(p.place.substr(p.place.rfind(':') + 1)); };
  std::stable_sort(problems.begin(), problems.end(), [&](const Problem& a, const Problem& b) { return line(a) < line(b); });
  if (problems.size() > limits::script_problems_max) problems.resize(limits::script_problems_max);
  const Code code = problems.front().code;
  const std::string count = problems.size() == 1 ? "a problem" : std::to_string(problems.size()) + " problems";
  return refuse(code, std::move(problems), "`" + name + "` has " + count);
}

}  // namespace

Result<Chunk> read_chunk(std::string_view text, std::string name, Mode mode) {
  if (text.size() > limits::script_bytes_max)
    return refuse(Code::too_large,
                  {{Code::too_large, name + ":1",
                    "the chunk has " + std::to_string(text.size()) + " bytes, at most " + std::to_string(limits::script_bytes_max) +
                        " are read; split it"}},
                  "`" + name + "` is too large");
  const Source source(text, name);
  Problems problems;
  Chunk chunk;
  chunk.ast = parse(source, problems);
  if (!problems.empty()) return refused(std::move(problems), name);
  const auto globals = resolve(chunk.ast, source, problems);
  check_fit(chunk.ast, source, problems);
  if (!problems.empty()) return refused(std::move(problems), name);

  for (const ast::Expr* e : globals) chunk.globals.push_back({std::get<ast::Name>(e->node).text, e->at.line, e->at.column});
  chunk.functions = describe_functions(chunk.ast);
  chunk.lua = emit(chunk.ast, mode);
  chunk.name = std::move(name);
  chunk.mode = mode;
  return chunk;
}

}  // namespace footlight
