// URI references as RFC 3986 resolves them, for the `$id` and `$ref` of schemas. Text in, text out.
#pragma once

#include <string>
#include <string_view>

namespace footlight {

// `reference` seen from `base` (RFC 3986 §5.2.2). An empty base leaves the reference as it is, but for
// the dots in its path.
std::string resolve_uri(std::string_view base, std::string_view reference);

}  // namespace footlight
