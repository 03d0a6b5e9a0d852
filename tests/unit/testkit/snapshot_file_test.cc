// Snapshot files: what is written is read again, whatever the content; and differences as people read them.
#include <catch2/catch.hpp>

#include "testkit/generate.h"
#include "testkit/snapshot_file.h"
#include "testkit/text_diff.h"

using namespace footlight;

TEST_CASE("any content comes back") {
  const std::string pieces[] = {"\n", "== x", "| ", "#", "", " ", "\r", "a", "é", ": ", "\t", std::string(1, '\0')};
  Random random(5);
  for (int i = 0; i < 2'000; ++i) {
    SnapshotTexts texts;
    for (int n = 0; n < 3; ++n) {
      std::string content;
      for (auto left = random.below(8); left > 0; --left) content += pieces[random.below(12)];
      texts.emplace_back("name " + std::to_string(n), content);
    }
    const std::string text = print_snapshots(texts, "tests/a_test.lua");
    INFO(text);
    const auto read = parse_snapshots(text, "tests/a_test.snap");
    REQUIRE(read);
    REQUIRE(*read == texts);
  }
}

TEST_CASE("a broken snapshot file names its line") {
  CHECK_THAT(parse_snapshots("| x\n", "a.snap").error().message, Catch::StartsWith("a.snap:1: content without"));
  CHECK_THAT(parse_snapshots("== a\n| x\n== a\n", "a.snap").error().message, Catch::StartsWith("a.snap:3: there are two snapshots `a`"));
  CHECK_THAT(parse_snapshots("== a\n: 1\n", "a.snap").error().message, Catch::StartsWith("a.snap:2: behind `: `"));
  CHECK_THAT(parse_snapshots("<<<<<<< HEAD\n", "a.snap").error().message, Catch::StartsWith("a.snap:1: a line of a snapshot begins"));
}

TEST_CASE("differences show what is near them") {
  CHECK(line_difference("a\nb\nc", "a\nb\nc").empty());
  CHECK(line_difference("1\n2\n3\n4\n5\n6\n7", "1\n2\n3\n4\nfive\n6\n7") == "  …\n  3\n  4\n- 5\n+ five\n  6\n  7");
  CHECK(line_difference("a\nb\nc\nd", "b\nc\nx\nd") == "- a\n  b\n  c\n+ x\n  d");
  std::string left, right;
  for (int i = 0; i < 3'000; ++i) left += "l" + std::to_string(i) + "\n", right += "r" + std::to_string(i) + "\n";
  CHECK(line_difference(left, right).size() > 30'000);
}
