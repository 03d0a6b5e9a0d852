// Buckets: where in 0 … 9,999 a text falls for a salt. FNV-1a over salt and text, then over the
// decimal digits of that: the same on every machine and in every release.
#pragma once

#include <cstdint>
#include <string_view>

namespace footlight {

int bucket_of(std::string_view salt, std::string_view text);

// The same in two steps: what the salt comes to, and the bucket of a text behind it.
std::uint32_t bucket_salt(std::string_view salt);
int bucket_after(std::uint32_t salt, std::string_view text);

}  // namespace footlight
