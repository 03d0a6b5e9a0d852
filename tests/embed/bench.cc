// usage: embed_bench [FOLDER]    (./dev bench embed)
// What the C interface costs above C++: the same requests asked of the same kind of runtime through both, in turns, on
// the shared library as hosts have it. Prints medians, the ratio's of rounds; ends with 1 where C costs more than 1.15 of C++.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "footlight/footlight.h"
#include "footlight_c.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr double bound = 1.15;
constexpr int rounds = 301, decisions_a_round = 400;

double nanoseconds_each(const std::function<bool()>& decide) {
  const auto begin = Clock::now();
  for (int i = 0; i < decisions_a_round; ++i)
    if (!decide()) std::exit(2);
  return std::chrono::duration<double, std::nano>(Clock::now() - begin).count() / decisions_a_round;
}

double median(std::vector<double> of) {
  std::nth_element(of.begin(), of.begin() + static_cast<long>(of.size() / 2), of.end());
  return of[of.size() / 2];
}

// Both, in turns, so that what else the machine does meets both.
bool compare(const char* what, const std::function<bool()>& cpp, const std::function<bool()>& c) {
  std::vector<double> in_cpp, in_c, ratios;
  for (int round = 0; round < rounds; ++round) {
    in_cpp.push_back(nanoseconds_each(cpp));
    in_c.push_back(nanoseconds_each(c));
    ratios.push_back(in_c.back() / in_cpp.back());
  }
  const double ratio = median(ratios);
  std::printf("%-34s C++ %7.0f ns   C %7.0f ns   %.3f\n", what, median(in_cpp), median(in_c), ratio);
  return ratio <= bound;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "scripts/examples/start";
  auto runtime = footlight::Runtime::from_folder(folder);
  footlight_runtime* handle = nullptr;
  if (!runtime || footlight_open_folder(folder.c_str(), nullptr, &handle, nullptr) != FOOTLIGHT_OK) {
    std::fprintf(stderr, "%s\n", runtime ? "no runtime in C" : to_text(runtime.error()).c_str());
    return 2;
  }
  const std::string json =
      R"({"identity":{"namespace":"crm","id":"1"},"attributes":{"loyalty":{"tier":"gold"},"person":{"name":"Ann"}},"surfaces":["web://shop.example/#hero"]})";
  const footlight::Request request{
      .identity = {"crm", "1"},
      .attributes = footlight::Object{{"loyalty", footlight::Object{{"tier", "gold"}}}, {"person", footlight::Object{{"name", "Ann"}}}},
      .surfaces = {"web://shop.example/#hero"}};
  footlight_request* asked = footlight_request_new();
  footlight_request_identity(asked, "crm", "1", nullptr);
  footlight_request_json(asked, "loyalty", R"({"tier":"gold"})", FOOTLIGHT_ALL, nullptr);
  footlight_request_json(asked, "person", R"({"name":"Ann"})", FOOTLIGHT_ALL, nullptr);
  footlight_request_surface(asked, "web://shop.example/#hero", nullptr);

  std::size_t bytes = 0;
  bool good = compare(
      "JSON to JSON",
      [&] {
        const auto answer = runtime->decide(json);
        if (answer) bytes += answer->size();
        return answer.ok();
      },
      [&] {
        footlight_text* answer;
        if (footlight_decide_json(handle, json.data(), json.size(), &answer, nullptr) != FOOTLIGHT_OK) return false;
        std::size_t size;
        footlight_text_data(answer, &size);
        bytes += size;
        return footlight_free(answer) == FOOTLIGHT_OK;
      });
  good = compare(
             "a request made before, as structs",
             [&] {
               const auto decision = runtime->decide(request);
               if (decision && !decision->propositions.empty()) bytes += decision->propositions[0].content.size();
               return decision.ok();
             },
             [&] {
               footlight_decision* decision;
               if (footlight_decide(handle, asked, &decision, nullptr) != FOOTLIGHT_OK) return false;
               std::size_t size = 0;
               footlight_decision_get(decision, 0, FOOTLIGHT_CONTENT, &size);
               bytes += size;
               return footlight_free(decision) == FOOTLIGHT_OK;
             }) &&
      good;
  footlight_free(asked);
  footlight_free(handle);
  std::printf("%s, %zu bytes answered; bound %.2f: %s\n", folder.c_str(), bytes, bound, good ? "kept" : "exceeded");
  return good ? 0 : 1;
}
