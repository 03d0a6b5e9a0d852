#include "model/surface.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "model/reader.h"

namespace footlight {
namespace {

constexpr std::string_view kWildcardMark = "wildcard:";
constexpr std::string_view kHowWritten = "a surface is written `type://property/path#container`";

// ---- characters ---------------------------------------------------------------------------------

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
bool is_unreserved(char c) { return is_letter(c) || is_digit(c) || is_one_of(c, "-._~"); }
bool is_blank_or_control(char c) { return (c >= 0 && c <= ' ') || c == 0x7f; }
bool stands_as_it_is(char c) { return c > ' ' && c < 0x7f && !is_one_of(c, "\"<>\\^`{|}"); }

// -1 where `c` is no hexadecimal digit.
int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void append_percent(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

// The canonical percent-encoding of a part, as the header describes it. A pattern's `*` stays.
std::string canonical(std::string_view part, bool is_pattern) {
  std::string out;
  out.reserve(part.size());
  for (std::size_t i = 0; i < part.size(); ++i) {
    const char c = part[i];
    if (c == '%') {
      const int high = i + 1 < part.size() ? hex_value(part[i + 1]) : -1;
      const int low = i + 2 < part.size() ? hex_value(part[i + 2]) : -1;
      if (high < 0 || low < 0) {
        append_percent(out, c);
        continue;
      }
      const auto byte = static_cast<char>(high * 16 + low);
      if (is_unreserved(byte)) out += byte;
      else append_percent(out, byte);
      i += 2;
    } else if (c == '*' ? is_pattern : stands_as_it_is(c)) {
      out += c;
    } else {
      append_percent(out, c);
    }
  }
  return out;
}

// ---- a surface from its text --------------------------------------------------------------------

Error refuse_surface(std::string_view text, std::string_view why) {
  return refuse(Code::bad_surface, "surface `" + std::string(text) + "`: " + std::string(why));
}

bool is_type(std::string_view text) {
  return !text.empty() && is_letter(text.front()) &&
      std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c) || is_one_of(c, "+.-"); });
}

// Where the `:` of a port stands; behind the brackets of an IPv6 address.
std::size_t port_colon(std::string_view property) {
  const std::size_t bracket = property.rfind(']');
  return property.find(':', bracket == std::string_view::npos ? 0 : bracket);
}

bool is_host(std::string_view host, bool is_pattern) {
  if (host.starts_with('[')) {
    return host.size() > 2 && host.ends_with(']') && std::all_of(host.begin() + 1, host.end() - 1, [&](char c) {
             return hex_value(c) >= 0 || is_one_of(c, ":.") || (is_pattern && c == '*');
           });
  }
  return std::all_of(host.begin(), host.end(), [&](char c) { return is_unreserved(c) || is_beyond_ascii(c) || (is_pattern && c == '*'); });
}

bool has_empty_label(std::string_view host) { return host.empty() || host.starts_with('.') || host.find("..") != std::string_view::npos; }

std::string_view default_port(std::string_view type) {
  if (type == "https") return "443";
  if (type == "http") return "80";
  return "";  // `web` does not say which of the two it is
}

// The canonical host, and port where one is named; or what is wrong with it.
Result<std::string> web_property(std::string_view type, std::string_view text, bool is_pattern) {
  const auto bad = [](std::string why) { return refuse(Code::bad_surface, std::move(why)); };
  if (text.find('@') != std::string_view::npos) return bad("a host names no user before an `@`");
  const std::size_t colon = port_colon(text);
  std::string_view host = text.substr(0, colon);
  const std::string_view port = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (host.ends_with('.')) host.remove_suffix(1);
  if (has_empty_label(host)) return bad("the host `" + std::string(text) + "` has an empty label");
  if (!is_host(host, is_pattern)) return bad("`" + std::string(host) + "` is no host");
  const auto is_port_char = [&](char c) { return is_digit(c) || (is_pattern && c == '*'); };
  if (port.size() > 5 || !std::all_of(port.begin(), port.end(), is_port_char)) { return bad("`" + std::string(port) + "` is no port"); }
  std::string out = lower(host);
  if (!port.empty() && port != default_port(type)) out.append(":").append(port);
  return out;
}

Result<SurfaceUri> parse_parts(std::string_view text, bool is_pattern) {
  if (text.size() > limits::surface_bytes_max) {
    return refuse(Code::limit_exceeded,
                  "a surface of " + std::to_string(text.size()) + " bytes is longer than " + std::to_string(limits::surface_bytes_max));
  }
  if (std::any_of(text.begin(), text.end(), is_blank_or_control)) {
    return refuse_surface(text, "a surface holds no blanks and no control characters; a blank is written `%20`");
  }
  const std::size_t type_end = text.find("://");
  if (type_end == std::string_view::npos) return refuse_surface(text, kHowWritten);
  SurfaceUri surface;
  surface.type = lower(text.substr(0, type_end));
  if (surface.type.starts_with(kWildcardMark)) {
    return refuse_surface(text, "`wildcard:` begins a rule of a configuration, not a surface to ask for");
  }
  if (!is_type(surface.type)) { return refuse_surface(text, "`" + surface.type + "` is no type; " + std::string(kHowWritten)); }

  std::string_view rest = text.substr(type_end + 3);
  const std::size_t property_end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view property = rest.substr(0, property_end);
  if (property.empty()) return refuse_surface(text, "the property is missing; " + std::string(kHowWritten));
  if (is_web_type(surface.type)) {
    Result<std::string> host = web_property(surface.type, property, is_pattern);
    if (!host) return refuse_surface(text, host.error().message);
    surface.property = *std::move(host);
  } else {
    surface.property = canonical(property, is_pattern);
  }
  rest.remove_prefix(property_end);

  const std::size_t first_hash = rest.find('#');
  if (first_hash != std::string_view::npos) {
    const std::size_t last_hash = rest.rfind('#');
    surface.container = canonical(rest.substr(last_hash + 1), is_pattern);
    if (last_hash > first_hash) { surface.fragment = canonical(rest.substr(first_hash + 1, last_hash - first_hash - 1), is_pattern); }
    rest = rest.substr(0, first_hash);
  }
  const std::size_t question = rest.find('?');
  if (question != std::string_view::npos) {
    surface.query = canonical(rest.substr(question + 1), is_pattern);
    rest = rest.substr(0, question);
  }
  if (!rest.empty()) surface.path = canonical(rest, is_pattern);
  return surface;
}

// ---- matching -----------------------------------------------------------------------------------

// Where `piece` first occurs, or npos. memmem promises linear time, std::string_view::find does not.
std::size_t find_piece(std::string_view text, std::string_view piece) {
  const void* found = memmem(text.data(), text.size(), piece.data(), piece.size());
  return found ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) : std::string_view::npos;
}

// Whether `text` is `pattern`, whose every `*` stands for any run of characters. Each piece between two
// stars is taken where it first occurs, which never spoils a later match: there is no way back, and
// the whole is linear in both lengths.
bool matches_wildcard(std::string_view pattern, std::string_view text) {
  std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  text.remove_prefix(star);
  pattern.remove_prefix(star + 1);
  while ((star = pattern.find('*')) != std::string_view::npos) {
    const std::size_t found = find_piece(text, pattern.substr(0, star));
    if (found == std::string_view::npos) return false;
    text.remove_prefix(found + star);
    pattern.remove_prefix(star + 1);
  }
  return text.ends_with(pattern);
}

// A leading `*.` stands for whole labels, so something must stand before the dot.
bool matches_property(std::string_view pattern, std::string_view property) {
  if (pattern.starts_with("*.") && property.starts_with('.')) return false;
  return matches_wildcard(pattern, property);
}

bool ends_at_label(std::string_view host, std::string_view suffix) {
  if (!host.ends_with(suffix)) return false;
  return host.size() == suffix.size() || suffix.starts_with('.') || host[host.size() - suffix.size() - 1] == '.';
}

bool matches_part(const PartRule& rule, std::string_view part) {
  switch (rule.how) {
    case PartRule::How::any: return true;
    case PartRule::How::equals: return part == rule.text;
    case PartRule::How::starts_with: return part.starts_with(rule.text);
    case PartRule::How::ends_with: return part.ends_with(rule.text);
    case PartRule::How::contains: return find_piece(part, rule.text) != std::string_view::npos;
    case PartRule::How::wildcard: return matches_wildcard(rule.text, part);
  }
  return false;
}

bool matches_domain(const PartRule& rule, std::string_view property) {
  const bool names_port = port_colon(rule.text) != std::string_view::npos;
  const std::string_view domain = names_port ? property : property.substr(0, port_colon(property));
  switch (rule.how) {
    case PartRule::How::ends_with: return ends_at_label(domain, rule.text);
    case PartRule::How::wildcard: return matches_property(rule.text, domain);
    default: return matches_part(rule, domain);
  }
}

bool matches_page(const PageRule& rule, const SurfaceUri& surface) {
  return matches_domain(rule.domain, surface.property) && matches_part(rule.path, surface.path) &&
      matches_part(rule.query, surface.query) && matches_part(rule.fragment, surface.fragment);
}

bool matches_form(const SurfaceUri& rule, const SurfaceUri& surface) {
  return rule.type == surface.type && rule.property == surface.property && rule.path == surface.path &&
      rule.container == surface.container && (rule.query.empty() || rule.query == surface.query) &&
      (rule.fragment.empty() || rule.fragment == surface.fragment);
}

bool matches_form(const SurfacePattern& rule, const SurfaceUri& surface) {
  const SurfaceUri& parts = rule.parts;
  return parts.type == surface.type && parts.container.empty() == surface.container.empty() &&
      matches_property(parts.property, surface.property) && matches_wildcard(parts.path, surface.path) &&
      matches_wildcard(parts.container, surface.container) && (parts.query.empty() || matches_wildcard(parts.query, surface.query)) &&
      (parts.fragment.empty() || matches_wildcard(parts.fragment, surface.fragment));
}

bool matches_form(const SurfacePages& rule, const SurfaceUri& surface) {
  const auto is_page = [&](const PageRule& page) { return matches_page(page, surface); };
  return is_web_type(surface.type) && rule.container == surface.container && std::any_of(rule.pages.begin(), rule.pages.end(), is_page) &&
      std::none_of(rule.excluded.begin(), rule.excluded.end(), is_page);
}

// ---- rules from documents -----------------------------------------------------------------------

struct HowRow {
  PartRule::How how;
  std::string_view name;
};
constexpr std::array<HowRow, 5> kHowTable = {{
    {PartRule::How::equals, "equals"},
    {PartRule::How::starts_with, "startsWith"},
    {PartRule::How::ends_with, "endsWith"},
    {PartRule::How::contains, "contains"},
    {PartRule::How::wildcard, "wildcard"},
}};

struct PartRow {
  std::string_view name;
  PartRule PageRule::*member;
};
constexpr std::array<PartRow, 4> kPartTable = {{
    {"domain", &PageRule::domain},
    {"path", &PageRule::path},
    {"query", &PageRule::query},
    {"fragment", &PageRule::fragment},
}};

class RuleReader {
 public:
  explicit RuleReader(Problems& problems) : problems_(problems) {}

  SurfaceRule read(const Value& document, const std::string& place) {
    if (document.is_string()) return read_text(document.string(), place);
    if (document.is_object()) return {read_pages(document, place)};
    report(Code::wrong_type, place, type_message("a surface, a `wildcard:` or an object of page rules", document));
    return {};
  }

 private:
  void report(Code code, std::string place, std::string message) { problems_.push_back({code, std::move(place), std::move(message)}); }
  void warn(std::string place, std::string message) {
    problems_.push_back({Code::bad_surface, std::move(place), std::move(message), true});
  }

  SurfaceRule read_text(const std::string& text, const std::string& place) {
    const bool is_pattern = text.starts_with(kWildcardMark);
    const bool has_star = text.find('*') != std::string::npos;
    if (!is_pattern && has_star) {
      report(Code::bad_surface, place,
             "surface `" + text + "`: a `*` itself is written `%2A`; did you mean `" + std::string(kWildcardMark) + text + "`?");
      return {};
    }
    const std::string_view uri = is_pattern ? std::string_view(text).substr(kWildcardMark.size()) : text;
    const Result<SurfaceUri> parts = parse_parts(uri, is_pattern);
    if (!parts) {
      report(parts.error().code, place, parts.error().message);
      return {};
    }
    if (!is_pattern) return {*parts};
    if (!has_star) {
      warn(place, "`" + text + "` holds no `*`; without `wildcard:` it is exact and wins ties");
    } else if (const std::string& host = parts->property; cuts_labels(*parts)) {
      warn(place, "`" + host + "` matches `my" + host.substr(1) + "` too; `*." + host.substr(1) + "` matches whole labels only");
    }
    return {SurfacePattern{*parts}};
  }

  // `*shop.example`, where `*.shop.example` was probably meant.
  static bool cuts_labels(const SurfaceUri& parts) {
    const std::string& host = parts.property;
    return is_web_type(parts.type) && host.size() > 1 && host[0] == '*' && !is_one_of(host[1], ".:*");
  }

  SurfacePages read_pages(const Value& document, const std::string& place) {
    Reader reader(document, place, problems_);
    SurfacePages pages;
    reader.require("page");
    if (const Array* list = reader.array("page")) {
      pages.pages = read_page_rules(*list, reader.path_of("page"));
      if (list->empty()) reader.report(Code::out_of_range, "page", "`page` is empty, so that no page would match");
    }
    if (const Array* list = reader.array("exclude")) { pages.excluded = read_page_rules(*list, reader.path_of("exclude")); }
    reader.word("join", {"or"});
    if (const auto container = reader.text("container")) { pages.container = read_container(*container, reader.path_of("container")); }
    reader.finish();
    const std::size_t count = pages.pages.size() + pages.excluded.size();
    if (count > limits::page_rules_max) {
      report(Code::limit_exceeded, place, "more than " + std::to_string(limits::page_rules_max) + " page rules, `exclude` counted in");
    }
    return pages;
  }

  std::string read_container(std::string_view text, const std::string& place) {
    const std::string quoted = "container `" + std::string(text) + "`";
    if (!is_readable(text, place)) return {};
    if (text.empty()) report(Code::out_of_range, place, "`container` is empty; leave it out for whole pages");
    else if (text.find('#') != std::string_view::npos) report(Code::bad_surface, place, quoted + " is written without `#`");
    else if (text.find('*') != std::string_view::npos)
      report(Code::bad_surface, place, quoted + ": page rules expose one container, `*` names none");
    return canonical(text, false);
  }

  std::vector<PageRule> read_page_rules(const Array& list, const std::string& place) {
    std::vector<PageRule> rules;
    for (std::size_t i = 0; i < list.size() && i <= limits::page_rules_max; ++i) {  // one more than are allowed
      rules.push_back(read_page_rule(list[i], place + "[" + std::to_string(i) + "]"));
    }
    return rules;
  }

  PageRule read_page_rule(const Value& document, const std::string& place) {
    Reader reader(document, place, problems_);
    PageRule rule;
    bool is_empty = true;
    for (const PartRow& row : kPartTable) {
      const Value* part = reader.take(row.name);
      if (!part) continue;
      rule.*(row.member) = read_part(row, *part, reader.path_of(row.name));
      is_empty = false;
    }
    if (is_empty && reader.is_object() && document.object().empty()) {
      report(Code::missing_field, place, "an empty page rule; one for all pages is {\"domain\": \"any\"}");
    }
    reader.finish();
    return rule;
  }

  PartRule read_part(const PartRow& part, const Value& document, const std::string& place) {
    if (document == Value("any")) return {};
    if (document.is_string()) {
      report(Code::wrong_type, place,
             "`" + document.string() + "` is not `any`; did you mean {\"equals\": \"" + document.string() + "\"}?");
      return {};
    }
    if (!document.is_object() || document.object().size() != 1) {
      report(Code::wrong_type, place, "expected \"any\" or an object with one comparison: " + how_names());
      return {};
    }
    Reader reader(document, place, problems_);
    PartRule rule;
    for (const HowRow& row : kHowTable) {
      const auto operand = reader.text(row.name);
      if (operand) rule = {row.how, read_operand(part, row.how, *operand, reader.path_of(row.name))};
    }
    reader.finish();
    return rule;
  }

  static std::string how_names() {
    std::string names;
    for (const HowRow& row : kHowTable) names.append(names.empty() ? "`" : ", `").append(row.name).append("`");
    return names;
  }

  bool is_readable(std::string_view text, const std::string& place) {
    if (text.size() > limits::surface_bytes_max) {
      report(Code::limit_exceeded, place,
             std::to_string(text.size()) + " bytes are more than " + std::to_string(limits::surface_bytes_max));
      return false;
    }
    if (std::any_of(text.begin(), text.end(), is_blank_or_control)) {
      report(Code::bad_surface, place, "`" + std::string(text) + "` holds a blank or a control character; a blank is written `%20`");
      return false;
    }
    return true;
  }

  std::string read_operand(const PartRow& part, PartRule::How how, std::string_view text, const std::string& place) {
    const std::string quoted = "`" + std::string(text) + "`";
    const bool is_pattern = how == PartRule::How::wildcard;
    if (!is_readable(text, place)) return {};
    if (text.empty()) {
      report(Code::out_of_range, place, "an empty text; what matches everything is \"any\"");
      return {};
    }
    if (!is_pattern && text.find('*') != std::string_view::npos) {
      report(Code::bad_surface, place,
             quoted + ": a `*` itself is written `%2A`; did you mean {\"wildcard\": \"" + std::string(text) + "\"}?");
      return {};
    }
    if (part.member == &PageRule::domain) return read_domain(how, text, place);
    if (part.member == &PageRule::path) check_path(how, text, place);
    if (part.member == &PageRule::query && text.find_first_of("?#") == 0) {
      report(Code::bad_surface, place, quoted + ": a query is written without the `?` before it");
    }
    if (part.member == &PageRule::fragment && text.front() == '#') {
      report(Code::bad_surface, place, quoted + ": a fragment is written without the `#` before it");
    }
    return canonical(text, is_pattern);
  }

  void check_path(PartRule::How how, std::string_view text, const std::string& place) {
    const std::string quoted = "`" + std::string(text) + "`";
    if (text.find_first_of("?#") != std::string_view::npos) {
      report(Code::bad_surface, place, quoted + ": a path ends before `?` and `#`; name those `query` and `fragment`");
    }
    const bool is_pattern = how == PartRule::How::wildcard;
    const bool is_from_start = how == PartRule::How::equals || how == PartRule::How::starts_with || is_pattern;
    if (is_from_start && text.front() != '/' && !(is_pattern && text.front() == '*')) {
      report(Code::bad_surface, place, quoted + " matches no path, since every path begins with `/`");
    }
  }

  std::string read_domain(PartRule::How how, std::string_view text, const std::string& place) {
    const std::string quoted = "`" + std::string(text) + "`";
    if (text.find_first_of("/?#@%") != std::string_view::npos) {
      report(Code::bad_surface, place, quoted + ": a domain is a host alone, like `shop.example`");
      return {};
    }
    if (how == PartRule::How::equals || how == PartRule::How::wildcard) {
      Result<std::string> host = web_property("web", text, how == PartRule::How::wildcard);
      if (host) return *std::move(host);
      report(Code::bad_surface, place, quoted + ": " + host.error().message);
      return {};
    }
    // A piece of a host may begin and end anywhere, but nothing else may stand in it.
    std::string piece = lower(text);
    if (how == PartRule::How::ends_with && piece.size() > 1 && piece.ends_with('.')) piece.pop_back();
    const bool is_piece =
        std::all_of(piece.begin(), piece.end(), [](char c) { return is_unreserved(c) || is_beyond_ascii(c) || is_one_of(c, ":[]"); });
    if (!is_piece || piece.find("..") != std::string::npos) { report(Code::bad_surface, place, quoted + " stands in no host"); }
    return piece;
  }

  Problems& problems_;
};

// ---- documents from rules -----------------------------------------------------------------------

Value part_value(const PartRule& rule) {
  for (const HowRow& row : kHowTable) {
    if (row.how == rule.how) return Object{{std::string(row.name), rule.text}};
  }
  return "any";
}

Value page_rules_value(const std::vector<PageRule>& rules) {
  Array list;
  for (const PageRule& rule : rules) {
    Object object;
    for (const PartRow& row : kPartTable) {
      const PartRule& part = rule.*(row.member);
      const bool is_always_named = row.member == &PageRule::domain || row.member == &PageRule::path;
      if (is_always_named || part.how != PartRule::How::any) object.emplace(row.name, part_value(part));
    }
    list.push_back(std::move(object));
  }
  return list;
}

Value form_value(const SurfaceUri& rule) { return to_text(rule); }
Value form_value(const SurfacePattern& rule) { return std::string(kWildcardMark) + to_text(rule.parts); }
Value form_value(const SurfacePages& rule) {
  Object object{{"page", page_rules_value(rule.pages)}};
  if (!rule.excluded.empty()) object.emplace("exclude", page_rules_value(rule.excluded));
  if (!rule.container.empty()) object.emplace("container", rule.container);
  return object;
}

}  // namespace

bool is_web_type(std::string_view type) { return type == "web" || type == "https" || type == "http"; }

Result<SurfaceUri> parse_surface(std::string_view text) { return parse_parts(text, false); }

std::string to_text(const SurfaceUri& surface) {
  std::string text = surface.type + "://" + surface.property + surface.path;
  if (!surface.query.empty()) text += "?" + surface.query;
  if (!surface.fragment.empty()) text += "#" + surface.fragment;
  if (!surface.fragment.empty() || !surface.container.empty()) text += "#" + surface.container;
  return text;
}

std::optional<SurfaceRule> parse_surface_rule(const Value& document, std::string_view place, Problems& problems) {
  Problems found;
  SurfaceRule rule = RuleReader(found).read(document, std::string(place));
  problems.insert(problems.end(), found.begin(), found.end());
  if (has_errors(found)) return std::nullopt;
  return rule;
}

Value to_value(const SurfaceRule& rule) {
  return std::visit([](const auto& form) { return form_value(form); }, rule.form);
}

bool matches(const SurfaceRule& rule, const SurfaceUri& surface) {
  return std::visit([&](const auto& form) { return matches_form(form, surface); }, rule.form);
}

bool is_exact(const SurfaceRule& rule) { return std::holds_alternative<SurfaceUri>(rule.form); }

}  // namespace footlight
