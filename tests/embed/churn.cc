// usage: embed_churn COUNT
// Opens, asks and closes that many runtimes, half through C++ and half through C, and looks whether memory
// comes back: the resident size may not go on growing, and LeakSanitizer has its say at the end.
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "footlight/footlight.h"
#include "footlight_c.h"

namespace {

const char workspace[] = "workspace \"shop\" { surfaces = { hero = html { \"web://shop.example/#hero\", default = \"Welcome\" } } }";
const char experience[] = "campaign \"gold\" { show = { hero = function(p) return greeting() end } }";
const char request[] = R"({"surfaces": ["web://shop.example/#hero"]})";

bool shows_hello(std::string_view answer) { return answer.find("\"hello\"") != std::string_view::npos; }

bool in_cpp() {
  auto runtime = footlight::Runtime::from_files(
      {{"workspace.lua", workspace}, {"experiences/gold.lua", experience}},
      {.functions = {{"greeting", [](const std::vector<footlight::Value>&) -> footlight::Result<footlight::Value> {
                        return footlight::Value("hello");
                      }}}});
  if (!runtime) return false;
  const auto answer = runtime->decide(request);
  return answer && shows_hello(*answer);
}

void greeting(void*, const char*, size_t, footlight_reply* reply) { footlight_reply_json(reply, "\"hello\"", FOOTLIGHT_ALL); }

bool in_c() {
  footlight_options* options = footlight_options_new();
  footlight_options_function(options, "greeting", greeting, nullptr, nullptr);
  const footlight_file files[] = {{"workspace.lua", workspace, FOOTLIGHT_ALL}, {"experiences/gold.lua", experience, FOOTLIGHT_ALL}};
  footlight_runtime* runtime;
  footlight_text* answer = nullptr;
  footlight_error* error;
  bool good = footlight_open_files(files, 2, options, &runtime, nullptr) == FOOTLIGHT_OK &&
      footlight_decide_json(runtime, request, FOOTLIGHT_ALL, &answer, nullptr) == FOOTLIGHT_OK &&
      shows_hello(footlight_text_data(answer, nullptr)) && footlight_free(answer) == FOOTLIGHT_OK;
  // What fails must not leak either.
  good = good && footlight_decide_json(runtime, "{", 1, &answer, &error) == FOOTLIGHT_WRONG_CALL && footlight_free(error) == FOOTLIGHT_OK;
  good = good && footlight_decide_json(runtime, request, FOOTLIGHT_ALL, &answer, nullptr) == FOOTLIGHT_OK &&
      footlight_free(answer) == FOOTLIGHT_OK;
  return footlight_free(runtime) == FOOTLIGHT_OK && footlight_free(options) == FOOTLIGHT_OK && good;
}

long resident_kb() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmRSS:") {
      long kb = 0;
      status >> kb;
      return kb;
    }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const long count = argc == 2 ? std::atol(argv[1]) : 0;
  if (count < 2) return std::fprintf(stderr, "usage: embed_churn COUNT\n"), 2;
  long half_way = 0;
  for (long i = 0; i < count; ++i) {
    if (!(i % 2 ? in_c() : in_cpp())) return std::fprintf(stderr, "runtime %ld does not answer\n", i), 1;
    if (i == count / 2) half_way = resident_kb();
  }
  const long end = resident_kb();
  std::printf("%ld runtimes: %ld kB resident half way, %ld kB at the end\n", count, half_way, end);
#if !defined(__SANITIZE_ADDRESS__)  // which keeps what was freed for a while
  if (end > half_way + half_way / 10 + 4096) return std::fprintf(stderr, "memory goes on growing\n"), 1;
#endif
  return 0;
}
