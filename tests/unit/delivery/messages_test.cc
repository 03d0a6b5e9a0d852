// The messages as JSON: what was said is what is read, and what cannot be meant is refused with its place.
#include <catch2/catch.hpp>

#include "base/limits.h"
#include "footlight/delivery.h"

using namespace footlight;

namespace {

const LeaseRequest asked{.node = "n1", .nonce = "abc", .store = "s", .head = {2, 7, "c7"}, .settled = {2, 6, "c6"}, .needs_catalog = true};

std::string refusal_of_request(const std::string& change) {
  Value value = to_value(asked);
  const Value changes = *parse_json(change);
  for (const auto& [key, to] : changes.object()) value.object()[key] = to;
  const auto read = lease_request_from(value);
  return read.ok() ? "read" : to_text(read.error());
}

}  // namespace

TEST_CASE("messages survive their journey") {
  const auto request = lease_request_from(*parse_json(to_json(to_value(asked))));
  REQUIRE(request.ok());
  CHECK(*request == asked);
  const LeaseRequest first{.node = "n1", .nonce = "abc", .needs_catalog = true};
  CHECK(*lease_request_from(to_value(first)) == first);

  const LeaseAnswer answer{.nonce = "abc",
                           .store = "s",
                           .version = {2, 7, "c7"},
                           .lease = seconds(112),
                           .window = *Window::of(minutes(2)),
                           .has_catalog = true,
                           .catalog = Object{{"x", 1}}};
  const auto back = lease_answer_from(*parse_json(to_json(to_value(answer))));
  REQUIRE(back.ok());
  CHECK(to_value(*back) == to_value(answer));
  CHECK(back->window.length() == minutes(2));
  CHECK(back->has_catalog);
}

TEST_CASE("what cannot be meant is refused with its place") {
  CHECK(refusal_of_request("{}") == "read");
  CHECK_THAT(refusal_of_request(R"({"node": ""})"), Catch::Contains("$.node"));
  CHECK_THAT(refusal_of_request(R"({"head": {"epoch": 1.5, "v": -1, "chain": "x"}})"),
             Catch::Contains("$.head.epoch") && Catch::Contains("$.head.v"));
  CHECK_THAT(refusal_of_request(R"({"head": {"epoch": 1, "v": 3, "chain": ""}})"), Catch::Contains("$.head.chain"));
  CHECK_THAT(refusal_of_request(R"({"settled": {"epoch": 2, "v": 8, "chain": "x"}})"), Catch::Contains("$.settled"));
  CHECK_THAT(refusal_of_request(R"({"heads": 1})"), Catch::Contains("$.heads"));
  CHECK(refusal_of_request("{\"nonce\": \"" + std::string(limits::delivery_nonce_bytes_max, 'n') + "\"}") == "read");
  CHECK_THAT(refusal_of_request("{\"nonce\": \"" + std::string(limits::delivery_nonce_bytes_max + 1, 'n') + "\"}"),
             Catch::Contains("$.nonce"));
  CHECK(lease_request_from(Value(3)).error().code == Code::bad_request);

  Value answer = to_value(LeaseAnswer{.nonce = "a", .store = "s", .version = {1, 1, "c"}, .lease = seconds(840), .window = Window()});
  CHECK(lease_answer_from(answer).ok());
  answer.object()["window_ms"] = 900'001;
  CHECK(lease_answer_from(answer).error().code == Code::out_of_range);  // nothing raises the window
}
