// What a refused actor reads: the thing, why not, and the way out.
#pragma once

#include <string>

#include "lifecycle/guards.h"

namespace footlight {

// The sentence for a cell of the table that refuses with `code`.
Error refusal(Code code, const Attempt& attempt);

// ``forbidden``: which role may, and which the actor has.
Error wrong_role(const Attempt& attempt);
Error store_fenced();
Error only_for_journeys(const Attempt& attempt);
// The id of something deleted.
Error gone(const Experience& deleted);
// An id that something has.
Error taken(const Experience& owner);
// not_approved, with how many approvals are missing and how to get them.
Error approvals_missing(const Attempt& attempt, const ApprovalNeeds& needs);
// `2 approvals of admin or `ann` (tag `price`)`
std::string in_words(const ApprovalNeed& need);

// `was stopped 2026-12-05T14:02:11Z by ann`, `was ended by its schedule at …`
std::string how_it_ended(const Ending& ending);
// `gold-hero` in backticks.
std::string quoted(std::string_view text);
// `3 approvals`, `1 approval`
std::string counted(std::size_t count, std::string_view noun);

}  // namespace footlight
