// Templates: text with tags, compiled once and rendered many times, by many threads.
//
// Two notations mix freely in one text: Handlebars (`{{name}}`, `{{#each items}}…{{/each}}`), byte
// for byte as npm handlebars 4.7 renders it, and the Journey Optimizer forms (`{%= expr %}`,
// `{%#if expr%}…{%else if expr%}…{%else%}…{%/if%}`, `{% if expr %}…{% elseif expr %}…{% endif %}`,
// `{% let v = expr %}`). Both call one helper library, see `template_helpers`; docs/templates.md has
// the language.
//
// What differs from npm handlebars, always towards refusing early:
// - unknown helpers, unknown fragments and fragments that include each other in a circle are
//   refused when the template is compiled; a fragment's name is written out, never computed;
// - `{{log}}`, decorators, inline partials and partial blocks do not exist; a raw block is `raw`;
// - `{{name}}` without arguments is a field even where a helper of that name exists;
// - members of objects come in the order of their bytes, as everywhere in Footlight;
// - `{{{a}}}{{{b}}}` of 1 and 2 is 12, where npm handlebars 4.7 adds them up to 3.
//
// Where output lands (TemplateFormat::html). `{{x}}` and `{%= x %}` are escaped as handlebars
// escapes: right in text and in quoted attributes. The compiler follows the HTML around each tag
// and treats the places where that is not enough:
// - refused when compiled: tag and attribute names, unquoted attribute values, `on…` and `srcdoc`
//   attributes, `<style>`, `<script>`; in `<script type="…json">` exactly `{{json x}}` is taken;
// - checked when rendered: an attribute that holds a URL (`href`, `src`, …) must not end up as
//   `javascript:`, `vbscript:` or `data:` (but `data:image/` in `src` of images is fine), a value
//   in a `style` attribute must be plain words, numbers and URLs; else the rendering fails.
// `{{{x}}}` is inserted as it is, anywhere: who writes it vouches for the value.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "footlight/error.h"
#include "footlight/time.h"
#include "footlight/value.h"

namespace footlight {

enum class TemplateFormat { html, text };  // text: nothing is escaped

struct Fragment {
  std::string text;
  std::string place;  // of its first line, as in `compile_template`; may be empty
};
using Fragments = std::map<std::string, Fragment, std::less<>>;  // by name: `{{> name}}`

struct TemplateProgram;

// A compiled template: a handle to an immutable program, cheap to copy, safe to share.
class Template {
 public:
  explicit Template(std::shared_ptr<const TemplateProgram> program) : program_(std::move(program)) {}
  const TemplateProgram& program() const { return *program_; }

 private:
  std::shared_ptr<const TemplateProgram> program_;
};

// Compiles. `place` says where the text begins, `file:line` or `file`; problems count on from it.
// Every problem is reported at once: code bad_template, unknown_fragment or limit_exceeded, a place
// `file:line`, a message that quotes the tag. The fragments are compiled in; nothing refers to the
// arguments afterwards.
Result<Template> compile_template(std::string_view text, TemplateFormat format, const Fragments& fragments, std::string_view place);

// The values of one rendering. All pointers may be null and must outlive the call only.
struct RenderInput {
  const Value* profile = nullptr;  // its attributes: `{{name}}`, `this`, `@root`, and `profile`
  const Value* context = nullptr;  // `{{context.x}}`
  const Value* request = nullptr;  // `{{request.x}}`
  const Value* values = nullptr;   // an object whose members are names too: source values
  std::optional<Instant> now;      // what `now` gives; without it `now` fails
};
// A name is looked up in the current context (at the top: the profile's attributes); where that has
// none, it is `profile`, `context`, `request` or a member of `values`, also inside blocks.

// Renders. Missing values render as nothing. Fails with limit_exceeded (limits::template_*) or
// template_failed: a helper was handed something it cannot take; the message begins with the place
// and quotes the tag, and `problems` holds the same as one row.
Result<std::string> render(const Template& compiled, const RenderInput& input);
// The same, appended to `out`; on failure `out` is as before.
Status render_to(std::string& out, const Template& compiled, const RenderInput& input);

// The attribute paths that the template reads off the profile, sorted, without `profile.`: `cart.total`.
// Inside `#each` and plain sections only `@root.…`, and `../…` where it leads out, are known.
std::vector<std::string> used_paths(const Template& compiled);

// A JSON value whose strings are templates. Valid JSON by construction: each string is rendered for
// itself (as text: no HTML escaping) into a string. A string that is one raw tag and nothing else,
// `{{{x}}}` or `{{& x}}`, becomes the JSON value of `x` itself, null where it is missing; `{{x}}` and
// `{%= x %}` always become text. Keys are no templates.
struct JsonTemplateNode;
class JsonTemplate {
 public:
  explicit JsonTemplate(std::shared_ptr<const JsonTemplateNode> root) : root_(std::move(root)) {}
  const JsonTemplateNode& root() const { return *root_; }

 private:
  std::shared_ptr<const JsonTemplateNode> root_;
};

// As compile_template; a problem's place goes on with the string's path and the line within it:
// `experiences/a.lua:7 $.title:1`.
Result<JsonTemplate> compile_json_template(const Value& content, const Fragments& fragments, std::string_view place);
Result<Value> render(const JsonTemplate& compiled, const RenderInput& input);
std::vector<std::string> used_paths(const JsonTemplate& compiled);

// One helper of the library: `{{upperCase name}}`, `{%= upperCase(name) %}`.
struct HelperCall {
  std::span<const Value* const> args;  // never nullptr; what was left out in between is a null value
  std::optional<Instant> now;
  bool for_html = false;
};
struct HelperRow {
  std::string_view name;
  std::string_view usage;  // `formatDate(value, pattern, zone, locale)`: the names serve as
                           // hash arguments: `{{formatDate x "yyyy" zone="Asia/Tokyo"}}`
  std::string_view doc;
  std::string_view since;
  std::string_view example;  // a call and what it gives: `upperCase("abc") -> "ABC"`
  int min_args;
  int max_args;   // -1: any number
  int field_arg;  // the argument that names a field, plain or quoted; -1: none
  Result<Value> (*call)(const HelperCall& call);
};
const std::vector<HelperRow>& template_helpers();  // sorted by name

}  // namespace footlight
