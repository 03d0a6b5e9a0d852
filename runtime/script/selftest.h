// The proof, at start-up and in this very process, that scripts are contained.
#pragma once

#include "footlight/error.h"

namespace footlight {

// Stops an endless loop by fuel and by watchdog, trips memory, refuses bytecode, checks the order of
// `pairs`, comparisons with nil and that nothing forbidden can be named. A program that fails it
// must not serve: the error (code internal) names every check that failed.
Status self_test();

}  // namespace footlight
