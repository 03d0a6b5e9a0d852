#include "engine/template_html.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace footlight {
namespace {

using In = HtmlState::In;
using Element = HtmlState::Element;
using Attribute = HtmlState::Attribute;

constexpr std::size_t word_bytes_max = 80;  // longer names are none that we know; values only show their start

constexpr std::array url_attributes = {"href",     "src",    "action",   "formaction", "data",    "poster",  "background",
                                       "cite",     "srcset", "ping",     "xlink:href", "to",      "from",    "values",
                                       "manifest", "icon",   "longdesc", "codebase",   "classid", "archive", "by"};

struct ElementRow {
  std::string_view name;
  Element element;
};
constexpr ElementRow elements[] = {
    {"script", Element::script}, {"style", Element::style}, {"title", Element::title}, {"textarea", Element::textarea},
    {"iframe", Element::frame},  {"frame", Element::frame}, {"embed", Element::frame}, {"object", Element::frame},
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

void remember(HtmlState& state, char c) {
  if (state.word.size() < word_bytes_max) state.word += lower(c);
}

std::string_view raw_text_name(Element element) {
  if (element == Element::script_data) return "script";
  for (const ElementRow& row : elements)
    if (row.element == element && element != Element::frame) return row.name;
  return {};
}

void begin_attribute_value(HtmlState& state, In in, std::size_t offset, std::vector<HtmlMark>& marks) {
  const std::string& name = state.word;
  const bool is_url = std::find(url_attributes.begin(), url_attributes.end(), name) != url_attributes.end();
  const bool is_code = state.element == Element::script || state.element == Element::script_data;
  state.attribute = is_url && is_code ? Attribute::script_url
      : is_url                        ? Attribute::url
      : name == "style"               ? Attribute::style
      : name == "srcdoc"              ? Attribute::document
      : name.starts_with("on")        ? Attribute::event
                                      : Attribute::plain;
  state.is_type = is_code && name == "type";
  state.is_image = state.element != Element::frame && (name == "src" || name == "srcset" || name == "poster");
  state.is_dynamic = false;
  state.word.clear();
  state.in = in;
  if (state.attribute == Attribute::url) marks.push_back({offset, HtmlMark::Kind::url_begins});
}

void end_attribute_value(HtmlState& state, std::size_t offset, std::vector<HtmlMark>& marks) {
  if (state.attribute == Attribute::url && state.is_dynamic)
    marks.push_back({offset, state.is_image ? HtmlMark::Kind::image_url_ends : HtmlMark::Kind::url_ends});
  if (state.is_type) {
    const bool is_data = !state.is_dynamic && state.word.ends_with("json");
    state.element = is_data ? Element::script_data : Element::script;
  }
  state.attribute = Attribute::plain;
  state.is_type = state.is_image = state.is_dynamic = false;
  state.word.clear();
  state.in = In::tag;
}

void end_tag(HtmlState& state) {
  state.word.clear();
  const bool has_raw_text = !state.is_closing && !raw_text_name(state.element).empty();
  state.in = has_raw_text ? In::raw_text : In::text;
  if (!has_raw_text) state.element = Element::other;
  state.is_closing = false;
}

void name_element(HtmlState& state) {
  state.element = Element::other;
  for (const ElementRow& row : elements)
    if (row.name == state.word) state.element = row.element;
  state.word.clear();
}

// One character. Returns false where the state has changed and the character is to be read again.
bool read(HtmlState& state, char c, std::size_t offset, std::vector<HtmlMark>& marks) {
  const auto again = [&](In in) {
    state.in = in;
    return false;
  };
  switch (state.in) {
    case In::unknown: return true;
    case In::text:
      if (c == '<') state.in = In::tag_open;
      return true;
    case In::tag_open:
      if (is_letter(c)) {
        state.word.clear();
        return again(In::tag_name);
      }
      if (c == '/' && !state.is_closing) {
        state.is_closing = true;
        return true;
      }
      if (c == '!' && !state.is_closing) {
        state.word.clear();
        state.in = In::comment_open;
        return true;
      }
      if (c == '?' || state.is_closing) {  // a bogus comment ends at `>`
        state.is_closing = false;
        state.word = "?";
        return again(In::comment);
      }
      return again(In::text);
    case In::tag_name:
      if (is_space(c) || c == '/' || c == '>') {
        name_element(state);
        return again(In::tag);
      }
      remember(state, c);
      return true;
    case In::tag:
      if (c == '>') end_tag(state);
      else if (!is_space(c) && c != '/') {
        state.word.clear();
        state.in = In::attribute_name;
        remember(state, c);  // even `=` begins a name here
      }
      return true;
    case In::attribute_name:
      if (c == '=') state.in = In::attribute_start;
      else if (is_space(c)) state.in = In::attribute_equals;
      else if (c == '>' || c == '/') return again(In::tag);
      else remember(state, c);
      return true;
    case In::attribute_equals:
      if (is_space(c)) return true;
      if (c != '=') return again(In::tag);
      state.in = In::attribute_start;
      return true;
    case In::attribute_start:
      if (is_space(c)) return true;
      if (c == '>') return again(In::tag);
      if (c == '"') begin_attribute_value(state, In::value_double, offset + 1, marks);
      else if (c == '\'') begin_attribute_value(state, In::value_single, offset + 1, marks);
      else {
        begin_attribute_value(state, In::value_bare, offset, marks);
        return false;
      }
      return true;
    case In::value_double:
    case In::value_single:
      if (c == (state.in == In::value_double ? '"' : '\'')) end_attribute_value(state, offset, marks);
      else remember(state, c);
      return true;
    case In::value_bare:
      if (is_space(c) || c == '>') {
        end_attribute_value(state, offset, marks);
        return false;
      }
      remember(state, c);
      return true;
    case In::comment_open:  // behind `<!`
      if (c == '-' && state.word.size() < 2) {
        state.word += c;
        if (state.word == "--") state.in = In::comment;
        return true;
      }
      state.word = "?";
      return again(In::comment);
    case In::comment:  // `word`: `?` of a bogus comment, else the dashes read last
      if (state.word == "?" ? c == '>' : (c == '>' && state.word.size() >= 2)) {
        state.word.clear();
        state.in = In::text;
      } else if (state.word != "?") {
        if (c == '-') state.word = state.word.empty() ? "-" : "--";
        else if (c != '!' || state.word.size() < 2) state.word.clear();
      }
      return true;
    case In::raw_text: {  // `word`: what may become `</script`
      const std::string end = "</" + std::string(raw_text_name(state.element));
      if (state.word == end && (is_space(c) || c == '/' || c == '>')) {
        state.word.clear();
        state.element = Element::other;
        state.is_closing = true;
        return again(In::tag);
      }
      state.word += lower(c);
      while (!state.word.empty() && !end.starts_with(state.word)) state.word.erase(0, 1);
      return true;
    }
  }
  return true;
}

// The fixed beginning of a script's address names the server: `https://cdn.example/…`, `/…`.
bool names_its_server(std::string_view url) {
  if (url.starts_with('/') && !url.starts_with("//") && url.size() > 1 && url[1] != '\\') return true;
  for (const std::string_view scheme : {"https://", "http://", "//"})
    if (url.starts_with(scheme)) return url.substr(scheme.size()).find('/', 1) != std::string_view::npos;
  return false;
}

// Character references, so far as they can hide a scheme.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '&') {
      plain += text[i];
      continue;
    }
    if (text.substr(i + 1).starts_with('#')) {
      const bool is_hex = i + 2 < text.size() && lower(text[i + 2]) == 'x';
      const char* const digits = text.data() + i + (is_hex ? 3 : 2);
      unsigned code = 0;
      const auto read = std::from_chars(digits, text.data() + text.size(), code, is_hex ? 16 : 10);
      if (read.ec == std::errc()) {
        plain += code < 0x80 ? static_cast<char>(code) : '?';
        i = static_cast<std::size_t>(read.ptr - text.data());
        if (i >= text.size() || text[i] != ';') --i;
        continue;
      }
    }
    struct Named {
      std::string_view name;
      char c;
    };
    constexpr Named names[] = {{"&colon;", ':'}, {"&Tab;", '\t'}, {"&NewLine;", '\n'}, {"&amp;", '&'}, {"&sol;", '/'}};
    const auto known =
        std::find_if(std::begin(names), std::end(names), [&](const Named& row) { return text.substr(i).starts_with(row.name); });
    plain += known == std::end(names) ? '&' : known->c;
    if (known != std::end(names)) i += known->name.size() - 1;
  }
  return plain;
}

}  // namespace

std::vector<HtmlMark> advance(HtmlState& state, std::string_view text) {
  std::vector<HtmlMark> marks;
  for (std::size_t i = 0; i < text.size(); ++i)
    while (!read(state, text[i], i, marks)) {}
  return marks;
}

Insertion insert(HtmlState& state, bool is_json_call) {
  switch (state.in) {
    case In::text: return {};
    case In::comment: state.word = state.word == "?" ? "?" : ""; return {};
    case In::unknown:
      return {.refused =
                  "stands behind a block whose branches end in different places of the HTML; close in each "
                  "what it opens"};
    case In::tag_open: return {.refused = "stands where an element's name is expected; write the name out, or `&lt;`"};
    case In::tag_name: return {.refused = "is part of an element's name; write the name out"};
    case In::comment_open: return {.refused = "stands behind `<!`; write the declaration out"};
    case In::tag:
    case In::attribute_name:
    case In::attribute_equals:
      return {.refused =
                  "stands where an attribute's name is expected; write `name=\"…\"` out, and choose with "
                  "`{{#if}}`"};
    case In::attribute_start:
    case In::value_bare: return {.refused = "is an attribute's value without quotes; write quotes around it"};
    case In::raw_text:
      if (state.element == Element::title || state.element == Element::textarea) {
        state.word.clear();
        return {};
      }
      if (state.element == Element::script_data && is_json_call) {
        state.word.clear();
        return {.landing = Landing::json};
      }
      if (state.element == Element::script_data) return {.refused = "stands in a block of JSON; write the value with `json`: `{{json x}}`"};
      if (state.element == Element::style)
        return {.refused =
                    "stands in `<style>`; put values into a `style` attribute, or choose between rules with "
                    "`{{#if}}`"};
      return {.refused =
                  "stands in `<script>`; put values into a `data-…` attribute or into "
                  "`<script type=\"application/json\">` with `json`"};
    case In::value_double:
    case In::value_single: break;
  }
  switch (state.attribute) {
    case Attribute::event: return {.refused = "stands in an `on…` attribute, which is code; put the value into a `data-…` attribute"};
    case Attribute::document: return {.refused = "stands in `srcdoc`, which is a document of its own; use a fragment in the page"};
    case Attribute::script_url:
      if (!state.is_dynamic && !names_its_server(state.word))
        return {.refused = "decides where a script comes from; begin the address with its server: `https://host/…`"};
      break;
    case Attribute::style: state.is_dynamic = true; return {.landing = Landing::style};
    case Attribute::plain:
    case Attribute::url: break;
  }
  state.is_dynamic = true;
  return {};
}

bool join(HtmlState& state, const HtmlState& other) {
  if (state == other) return true;
  if (state.in == In::unknown) return true;  // reported already
  HtmlState a = state, b = other;
  for (HtmlState* side : {&a, &b}) {
    if (side->in == In::attribute_name || side->in == In::attribute_equals) {
      side->in = In::tag;  // `<input {{#if x}}checked{{/if}}>`
      side->word.clear();
    }
    if (side->in == In::text) side->word.clear();
    if (side->in == In::comment && side->word != "?") side->word.clear();
    if (side->in == In::raw_text) side->word.clear();
    if (side->in == In::value_double || side->in == In::value_single || side->in == In::value_bare) side->word.clear();
  }
  const bool is_dynamic = a.is_dynamic || b.is_dynamic;
  a.is_dynamic = b.is_dynamic = is_dynamic;
  const bool is_joined = a == b;
  state = a;
  if (!is_joined) state = HtmlState{.in = In::unknown};
  return is_joined;
}

bool is_dangerous_url(std::string_view attribute_value, bool is_image) {
  std::string scheme;
  std::string rest;
  bool is_leading = true;
  const std::string plain = unescaped(attribute_value);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const char c = plain[i];
    if (c == '\t' || c == '\n' || c == '\r') continue;  // browsers drop them anywhere in a URL
    if (is_leading && static_cast<unsigned char>(c) <= ' ') continue;
    is_leading = false;
    if (c == ':') {
      if (scheme == "javascript" || scheme == "vbscript") return true;
      if (scheme != "data") return false;
      for (const char d : plain.substr(i + 1))
        if (!is_space(d)) rest += lower(d);
      return !(is_image && rest.starts_with("image/"));
    }
    if (c == '/' || c == '?' || c == '#') return false;
    scheme += lower(c);
  }
  return false;
}

bool is_plain_style(std::string_view value) {
  return std::all_of(value.begin(), value.end(),
                     [](char c) {
                       return is_letter(c) || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80 ||
                           std::string_view(" #%.,-_+/:?&=@!~").find(c) != std::string_view::npos;
                     }) &&
      value.find("/*") == std::string_view::npos;
}

}  // namespace footlight
