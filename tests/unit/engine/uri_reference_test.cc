// References, resolved as RFC 3986 §5.4 lists them.
#include "engine/uri_reference.h"

#include <catch2/catch.hpp>

using namespace footlight;

TEST_CASE("a reference is resolved against its base") {
  struct Case {
    const char* base;
    const char* reference;
    const char* resolved;
  };
  const char* const base = "http://a/b/c/d;p?q";
  const Case cases[] = {
      {base, "g:h", "g:h"},
      {base, "g", "http://a/b/c/g"},
      {base, "./g", "http://a/b/c/g"},
      {base, "g/", "http://a/b/c/g/"},
      {base, "/g", "http://a/g"},
      {base, "//g", "http://g"},
      {base, "?y", "http://a/b/c/d;p?y"},
      {base, "g?y", "http://a/b/c/g?y"},
      {base, "#s", "http://a/b/c/d;p?q#s"},
      {base, "g?y#s", "http://a/b/c/g?y#s"},
      {base, "", "http://a/b/c/d;p?q"},
      {base, ".", "http://a/b/c/"},
      {base, "..", "http://a/b/"},
      {base, "../g", "http://a/b/g"},
      {base, "../../g", "http://a/g"},
      {base, "../../../g", "http://a/g"},
      {base, "/./g", "http://a/g"},
      {base, "/../g", "http://a/g"},
      {base, "g.", "http://a/b/c/g."},
      {base, "..g", "http://a/b/c/..g"},
      {base, "./g/.", "http://a/b/c/g/"},
      {base, "g/../h", "http://a/b/c/h"},
      {base, "g?y/../x", "http://a/b/c/g?y/../x"},
      {"http://a", "g", "http://a/g"},
      {"urn:x:y", "#s", "urn:x:y#s"},
      {"", "#/a/b", "#/a/b"},
      {"", "g.json#x", "g.json#x"},
      {"g.json", "#x", "g.json#x"},
      {"dir/g.json", "h.json", "dir/h.json"},
  };
  for (const auto& [from, reference, resolved] : cases) {
    INFO(from << " " << reference);
    CHECK(resolve_uri(from, reference) == resolved);
  }
}
