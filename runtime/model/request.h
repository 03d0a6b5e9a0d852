// Reading a request document into the struct of footlight/decision.h.
//
//   {"identity": {"namespace": "email", "id": "ann@shop.example"},
//    "attributes": {"loyalty": {"tier": "gold"}, "cart.total": 60},
//    "context": {"channel": "web"}, "surfaces": ["web://shop.example/#hero"]}
// Attributes may be nested or have dotted names; both are the same.
#pragma once

#include "footlight/decision.h"

namespace footlight {

// Reads the document of a request. Every problem is reported (bad_request codes with JSON paths).
Request parse_request(const Value& document, Instant now, Problems& problems);

// The same checks of a request that comes as a struct; `given.now` is not read.
Request checked_request(const Request& given, Instant now, Problems& problems);

// `{"a.b": 1}` as `{"a": {"b": 1}}`, within objects too; lists stay as they are. A name that is given
// twice, or is both a leaf and a holder, is reported, and so is one that leads deeper than JSON goes.
Value unfold(const Value& attributes, const std::string& path, Problems& problems);

}  // namespace footlight
