// Views: how a script reads the request's attributes without a table being built per call.
//
// `p.loyalty.tier` in a script asks a ViewSource for the path `loyalty.tier`. Only what is read is
// converted. A view cannot be written, and it dies with the call it was lent to: a script that kept
// one gets a script error, never another request's data.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "footlight/value.h"

namespace footlight {

struct ViewSource {
  struct Found {
    const Value* value = nullptr;  // a leaf; read before the next question, null counts as absent
    bool is_object = false;        // a nested view, there even when nothing is known below it
  };

  virtual ~ViewSource() = default;

  // What stands at a dotted path: a leaf, an object, or neither (the script reads nil).
  virtual Found at(std::string_view path) const = 0;
  // The keys present directly below `path` (`` is the root), sorted bytewise, each once. An object
  // of which nothing is known need not be listed.
  virtual std::vector<std::string> keys(std::string_view path) const = 0;
};

// A JSON object as a view. `objects` are the declared object paths (`loyalty`, `a.b`): they read as
// views even where `root` has nothing there. Both must outlive the view.
class ValueView : public ViewSource {
 public:
  explicit ValueView(const Value& root, const std::set<std::string, std::less<>>* objects = nullptr) : root_(root), objects_(objects) {}
  Found at(std::string_view path) const override;
  std::vector<std::string> keys(std::string_view path) const override;

 private:
  const Value& root_;
  const std::set<std::string, std::less<>>* objects_;
};

// `a`, `a.b` for the attribute `a.b.c`: the object paths that a list of dotted names declares.
std::set<std::string, std::less<>> object_paths(const std::vector<std::string>& dotted_names);

}  // namespace footlight
