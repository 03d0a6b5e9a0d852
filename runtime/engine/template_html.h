// Where in the HTML a tag stands. The compiler feeds the constant text of a template through this
// tracker, in order, and asks at each tag what may be inserted there.
//
// It follows the HTML tokenizer as far as safety needs: text, comments, tags, attributes, and the
// elements whose text is no markup. A state is a value, compared and copied where a template branches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace footlight {

struct HtmlState {
  enum class In : std::uint8_t {
    text,
    tag_open,
    tag_name,
    tag,
    attribute_name,
    attribute_equals,
    attribute_start,
    value_double,
    value_single,
    value_bare,
    comment_open,
    comment,
    raw_text,
    unknown,
  };
  enum class Element : std::uint8_t { other, script, script_data, style, title, textarea, frame };
  enum class Attribute : std::uint8_t { plain, url, script_url, style, event, document };

  In in = In::text;
  Element element = Element::other;
  Attribute attribute = Attribute::plain;
  bool is_closing = false;  // `</div`
  bool is_type = false;     // the attribute is `type` of a script
  bool is_image = false;    // the attribute is `src`, `srcset` or `poster` of no frame
  bool is_dynamic = false;  // a tag stood in this attribute's value
  std::string word;         // the name or value being read, lower case, cut at a bound

  bool operator==(const HtmlState&) const = default;
};

// A point in the constant text where the renderer has to act.
struct HtmlMark {
  std::size_t offset;
  enum class Kind : std::uint8_t { url_begins, url_ends, image_url_ends } kind;
};

// Reads on; the marks are in the order of their offsets.
std::vector<HtmlMark> advance(HtmlState& state, std::string_view text);

enum class Landing : std::uint8_t { escaped, style, json };  // how a value must be written
struct Insertion {
  Landing landing = Landing::escaped;
  std::string refused;  // why nothing may stand here; empty: something may
};
// What an escaped tag may write here; the state is then behind it.
Insertion insert(HtmlState& state, bool is_json_call);

// One state for two ways to the same point. False where they differ in more than can be joined; the
// state is then `unknown`, where nothing escaped may stand.
bool join(HtmlState& state, const HtmlState& other);

// Whether a URL, as it stands in an attribute's value, runs code when followed.
bool is_dangerous_url(std::string_view attribute_value, bool is_image);
// Whether a value may stand in a `style` attribute.
bool is_plain_style(std::string_view value);

}  // namespace footlight
