// The request: who asks, from where, for which surfaces, and at what instant.
//
//   {"identity": {"namespace": "email", "id": "ann@shop.example"},
//    "attributes": {"loyalty": {"tier": "gold"}, "cart.total": 60},
//    "context": {"channel": "web"}, "surfaces": ["web://shop.example/#hero"]}
// Attributes may be nested or have dotted names; both are the same.
#pragma once

#include <string>
#include <vector>

#include "footlight/time.h"
#include "footlight/value.h"

namespace footlight {

struct Identity {
  std::string space;        // the document's `namespace`
  std::string id;           // empty: nobody known; buckets hold for nobody then
};

struct Request {
  Identity identity;
  Value attributes = Object{};           // nested, dotted names unfolded
  Value context = Object{};
  std::vector<std::string> surfaces;     // in the order asked, doubles removed
  Instant now;                           // stamped at the edge
};

// Reads the document of a request. Every problem is reported (bad_request codes with JSON paths).
Request parse_request(const Value& document, Instant now, Problems& problems);

// `{"a.b": 1}` as `{"a": {"b": 1}}`, within objects too; lists stay as they are. A name that is given
// twice, or is both a leaf and a holder, is reported, and so is one that leads deeper than JSON goes.
Value unfold(const Value& attributes, const std::string& path, Problems& problems);

}  // namespace footlight
