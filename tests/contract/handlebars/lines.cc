// Renders templates by the line: `{"template":…,"data":…,"partials":{…}}` in, `{"out":…}` or
// `{"error":…,"at":"compile"|"render"}` out. The other half of compare.mjs.
#include <iostream>
#include <string>

#include "engine/template.h"

using namespace footlight;

namespace {

Value refused(const Error& error, const char* at) { return Object{{"error", to_text(error)}, {"at", at}}; }

Value answer(const std::string& line) {
  const Result<Value> job = parse_json(line);
  if (!job.ok()) return refused(job.error(), "job");
  Fragments fragments;
  if (const Value* const partials = job->find("partials"))
    for (const auto& [name, text] : partials->object()) fragments[name] = {text.string(), {}};
  const Result<Template> compiled = compile_template(job->string_or("template", ""), TemplateFormat::html, fragments, "template");
  if (!compiled.ok()) return refused(compiled.error(), "compile");
  const Value* const data = job->find("data");
  const Result<std::string> out = render(*compiled, {.profile = data});
  if (!out.ok()) return refused(out.error(), "render");
  return Object{{"out", *out}};
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) std::cout << to_json(answer(line)) << '\n';
}
