// Surfaces: the URIs an application asks with, and the rules a configuration answers them by.
//
//   type://property[/path][?query][#fragment]#container
//   web://shop.example/home#hero      mobileapp://com.acme.shop/cart#banner     service://search/#ranking
//
// A surface is compared in its canonical form, which `parse_surface` makes:
// - `type` is any `[a-z][a-z0-9+.-]*`, lower-cased. Three of them are web types: `web`, `https`, `http`.
// - `property` is a host in web types: lower-cased, one trailing dot and the default port of `http` and
//   `https` dropped, any other port kept. No user (`user@host`) and no empty label (`a..b`). An
//   international name is compared as it is written; a browser sends the `xn--` form. The property of
//   any other type (a bundle id, a service) keeps its case.
// - `path` keeps its case. No path is the path `/`; beyond that a trailing slash counts (`/home` and
//   `/home/` are two paths), as do doubled slashes; `.` and `..` are not resolved.
// - `query` is what stands between `?` and the first `#`.
// - `container` stands behind the last `#`. With two `#`, what stands between them is the page's own
//   `fragment` (`web://shop.example/#/cart#hero`). No container asks for the page as a whole.
// - Percent-encoding behind the property: letters, digits and `-._~` are decoded, hexadecimal digits are
//   upper-cased; bytes that no URI holds (beyond ASCII, `"<>\^`{|}`) and a `*` or a `%` that stands for
//   itself are encoded. So `/café` equals `/caf%c3%a9`. Blanks and control characters are refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "footlight/error.h"
#include "footlight/value.h"

namespace footlight {

struct SurfaceUri {
  std::string type;
  std::string property;
  std::string path = "/";
  std::string query;      // "" = none
  std::string fragment;   // "" = none
  std::string container;  // "" = the page as a whole

  bool operator==(const SurfaceUri&) const = default;
};

// Reads one surface. Refuses with `bad_surface`, saying what is wrong and how it is written, and a text
// beyond `limits::surface_bytes_max` with `limit_exceeded`.
Result<SurfaceUri> parse_surface(std::string_view text);

// The canonical text; parses to the same surface again.
std::string to_text(const SurfaceUri& surface);

bool is_web_type(std::string_view type);

// A rule of a configuration, in one of three forms. In all of them a query or fragment that the rule
// does not mention is ignored (campaign parameters hide no content); one that it mentions must match.
// The container must match always: a rule without one matches the page as a whole, and only that.

// `wildcard:web://*.shop.example/*#hero`: a surface whose parts hold `*`, each matching any run of
// characters, none included, within its part (property, path, query, fragment, container). In the
// path it crosses `/`; in the property it crosses labels and is part of the port too. A leading `*.`
// stands for one or more whole labels: `*.shop.example` matches `a.b.shop.example`, but neither
// `shop.example` nor `myshop.example`. A `*` as container needs some container. `%2A` is a `*` itself.
struct SurfacePattern {
  SurfaceUri parts;

  bool operator==(const SurfacePattern&) const = default;
};

// How one part of a page is compared. `text` is in the part's canonical form.
struct PartRule {
  enum class How { any, equals, starts_with, ends_with, contains, wildcard };
  How how = How::any;
  std::string text;

  bool operator==(const PartRule&) const = default;
};

// {"domain": {"endsWith": "example.com"}, "path": {"startsWith": "/shop/"}}: all parts must match; a
// part that is "any" or not named always does. Domains are compared without case and, where the rule
// names no port, without the port; `endsWith` matches whole labels (`example.com` matches `example.com`
// and `a.example.com`, never `myexample.com`; `.example.com` leaves out the first), and `wildcard` is
// as in a pattern. Paths, queries and fragments are compared with case.
struct PageRule {
  PartRule domain;
  PartRule path;
  PartRule query;
  PartRule fragment;

  bool operator==(const PageRule&) const = default;
};

// {"page": [rule, ...], "join": "or", "exclude": [rule, ...], "container": "hero"}: the web surfaces
// (of any web type) that match one of `pages`, and none of `excluded`; together at most
// `limits::page_rules_max` rules.
struct SurfacePages {
  std::vector<PageRule> pages;
  std::vector<PageRule> excluded;
  std::string container;

  bool operator==(const SurfacePages&) const = default;
};

struct SurfaceRule {
  std::variant<SurfaceUri, SurfacePattern, SurfacePages> form;

  bool operator==(const SurfaceRule&) const = default;
};

// Reads a rule from a document: a string (a surface, or a pattern behind `wildcard:`) or an object of
// page rules. `place` is the JSON path of `document`; every problem found is appended to `problems`,
// warnings too. Nothing is returned where one of them is an error.
std::optional<SurfaceRule> parse_surface_rule(const Value& document, std::string_view place, Problems& problems);

// The canonical document of a rule; parses to the same rule again.
Value to_value(const SurfaceRule& rule);

// Takes time linear in the lengths of the rule and the surface, whatever they hold.
bool matches(const SurfaceRule& rule, const SurfaceUri& surface);

bool is_exact(const SurfaceRule& rule);

// Breaks a tie of priorities, more specific is larger: 1 for an exact rule, 0 for patterns and pages.
inline int specificity(const SurfaceRule& rule) { return is_exact(rule) ? 1 : 0; }

}  // namespace footlight
