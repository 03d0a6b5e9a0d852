// Buckets: where in 0 … 9,999 a text falls for a salt. FNV-1a over salt and text, then over the
// decimal digits of that: the same on every machine and in every release.
#pragma once

#include <string_view>

namespace footlight {

int bucket_of(std::string_view salt, std::string_view text);

}  // namespace footlight
