// Tables that a policy captured and cannot change: `local rates = { gold = 15 }`, only ever read by its members.
//
// A function that captured a table is made anew for each call, since it could leave something in it. Where the text shows
// that no part of it can be changed or handed to anybody, the function is kept, which costs a call a fifth.
#pragma once

#include <set>
#include <string>

#include "script/chunk.h"

namespace footlight {

// Names of captured variables each of which holds such a table wherever the chunk uses that name.
std::set<std::string> sealed_tables(const Chunk& chunk);

}  // namespace footlight
