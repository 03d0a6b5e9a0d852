// The journey part of an experience document: parsed, checked and brought into canonical form, so
// that journeys can be written, reviewed and kept. The step machine runs from the same form.
//
//   "enter": {"event": NAME} | {"audience": PREDICATE} | {"schedule": SCHEDULE}
//   "exit":  {"event": NAME}                        "again": "never" | "always" | DURATION
//   "steps": [STEP, …], each with one of these members and, where a jump goes to it, a "label":
//     {"wait": DURATION}   {"until": TIME}   {"until": {"time": "09:00", "zone": ZONE}}
//     {"show": {CONFIGURATION: CONTENT}, "for": DURATION}
//     {"await": {"event": NAME}, "timeout": DURATION, "then": [STEP…], "otherwise": [STEP…]}
//     {"condition": [{"when": PREDICATE, "then": [STEP…]}, …], "otherwise": [STEP…]}
//     {"split": [{"weight": 50, "then": [STEP…]}, …], "salt": TEXT}
//     {"fetch": SOURCE, "with": {…}, "ok": [STEP…], "failed": [STEP…]}
//     {"set": {ATTRIBUTE: VALUE}}   {"jump": LABEL}   {"finish": true}, or "finish"
#pragma once

#include "model/reader.h"

namespace footlight {

// Takes the journey's members from `reader`, which reads the experience document.
Value parse_journey(Reader& reader, Problems& problems);

}  // namespace footlight
