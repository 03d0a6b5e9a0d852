// PlainReader: requests straight from their bytes into slots, without a document in between.
//
// It takes only what is plain and right: anything else, a mistake above all, is left to
// model/request.h, which reads the same bytes again and says what is wrong with them. So it never
// accepts what that would refuse, and never reads anything differently.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/request_slots.h"

namespace footlight {

// Views into the reader's copy of the bytes: good until it reads again.
struct PlainRequest {
  RequestSlots slots;
  std::string_view space, id;              // of the identity; empty: nobody known
  std::vector<std::string_view> surfaces;  // in the order asked, doubles removed, without escapes
};

// A member beside those of a request, a number: what a workload's line has more than a request.
struct ExtraNumber {
  std::string_view key;
  double value = 0;
};

class PlainReader {
 public:
  PlainReader();
  ~PlainReader();
  PlainReader(PlainReader&&) noexcept;
  PlainReader& operator=(PlainReader&&) noexcept;

  // False: not plain; then `request` means nothing.
  bool read(std::string_view bytes, const AttributeTable& table, PlainRequest& request, std::span<ExtraNumber> extras = {});

  // All of the request that was read last: what parse_request would have made of it.
  Request whole(Instant now);

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

}  // namespace footlight
