// The cases of tests/http/malformed; its README says how they are written.
#pragma once

#include <string>
#include <vector>

namespace footlight {

struct MalformedCase {
  std::string file, what;
  int status = 0;
  std::string bytes;
};

std::vector<MalformedCase> malformed_corpus();

}  // namespace footlight
