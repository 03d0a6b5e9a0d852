// Decisions that wait to be written down: on the limit and one byte past it.
#include <catch2/catch.hpp>

#include "app/record_queue.h"

using namespace footlight;

namespace {

RecordedDecision decision(std::size_t request, std::size_t answer) {
  return {"shop", Instant{}, std::string(request, 'r'), std::string(answer, 'a')};
}

}  // namespace

TEST_CASE("as many bytes wait to be recorded as the limit says, and not one more") {
  RecordQueue queue;
  CHECK(queue.push(decision(limits::record_waiting_bytes_max / 2, limits::record_waiting_bytes_max / 2 - 2)));
  CHECK_FALSE(queue.push(decision(2, 1)));
  CHECK(queue.push(decision(1, 1)));
  CHECK_FALSE(queue.push(decision(1, 0)));

  std::vector<RecordedDecision> taken;
  CHECK(queue.take(taken));
  CHECK(taken.size() == 2);
  CHECK(queue.push(decision(limits::record_waiting_bytes_max, 0)));
  CHECK(queue.take(taken));
  CHECK_FALSE(queue.push(decision(limits::record_waiting_bytes_max, 1)));
}

TEST_CASE("what waits when recording ends is still taken, and then nothing") {
  RecordQueue queue;
  CHECK(queue.push(decision(1, 1)));
  queue.end();
  std::vector<RecordedDecision> taken;
  CHECK(queue.take(taken));
  CHECK(taken.size() == 1);
  CHECK_FALSE(queue.take(taken));
  CHECK(taken.empty());
}
