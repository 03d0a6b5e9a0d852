// Splitting, trimming, and guessing what was meant.
#include "base/text.h"

#include <catch2/catch.hpp>

using namespace footlight;

TEST_CASE("texts are split, trimmed and joined") {
  CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(split("", ',') == std::vector<std::string_view>{""});
  CHECK(split("a,", ',') == std::vector<std::string_view>{"a", ""});
  CHECK(trim(" \t a b\r\n") == "a b");
  CHECK(trim(" \n") == "");
  CHECK(join({"a", "b", "c"}, ", ") == "a, b, c");
  CHECK(join({}, ", ").empty());
  CHECK(join({"a", "a"}, "-") == "a-a");
  CHECK(lower("FriÄ9") == "friÄ9");
  CHECK(upper("friä9") == "FRIä9");
}

TEST_CASE("the nearest name is a slip of the finger away") {
  const std::vector<std::string> names = {"days", "hours", "rule", "lasts", "priority"};
  struct Case {
    const char* wanted;
    const char* meant;
  };
  for (const auto& [wanted, meant] :
       {Case{"hour", "hours"}, Case{"huors", "hours"}, Case{"Hours", "hours"}, Case{"day", "days"}, Case{"last", "lasts"},
        Case{"prioirty", "priority"}, Case{"prioritity", "priority"}, Case{"roles", ""}, Case{"rules", "rule"}, Case{"", ""}, Case{"x", ""},
        Case{"weekly", ""}, Case{"minutes", ""}}) {
    INFO(wanted);
    CHECK(nearest(wanted, names) == meant);
  }
  CHECK(nearest("cat", {"bat", "hat"}) == "bat");
  CHECK(nearest("ab", {"ba"}) == "ba");
  CHECK(nearest("a", {"b", ""}).empty());
  CHECK(nearest(std::string(64, 'a'), {std::string(63, 'a')}) == std::string(63, 'a'));
  CHECK(nearest(std::string(65, 'a'), {std::string(64, 'a')}).empty());
  CHECK(did_you_mean("hour", names) == "; did you mean `hours`?");
  CHECK(did_you_mean("weekly", names).empty());
}

TEST_CASE("a clipped text is as long as allowed, and no character is cut in two") {
  CHECK(clipped("abc", 3) == "abc");
  CHECK(clipped("abcd", 4) == "abcd");
  CHECK(clipped("abcdefgh", 7) == "abcd…");
  CHECK(clipped("", 0) == "");
  CHECK(clipped("éééé", 7) == "éé…");  // four bytes are left, two for each
  CHECK(clipped("xéééé", 7) == "xé…");
  CHECK(clipped("😀😀😀", 8) == "😀…");
  CHECK(clipped("😀😀😀", 6) == "…");
}

TEST_CASE("markup says what the text says, wherever it stands") {
  CHECK(markup("a < b && \"c\" > d") == "a &lt; b &amp;&amp; &quot;c&quot; &gt; d");
  CHECK(markup("&amp;") == "&amp;amp;");
  CHECK(markup("é\t1\r\n2") == "é\t1\r\n2");
  CHECK(markup(std::string_view("a\0b\x1F", 4)) == "a\uFFFDb\uFFFD");
  CHECK(markup("") == "");
}
