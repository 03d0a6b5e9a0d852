// Reads one object of a document field by field and reports everything that is wrong with it:
// missing and unknown fields (with the name that was probably meant), wrong types, values out of
// range. What cannot be read comes back empty, so that reading goes on and finds the next problem.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "footlight/value.h"

namespace footlight {

class Reader {
 public:
  // `value` and `problems` must outlive the reader. `path` is the object's JSON path.
  Reader(const Value& value, std::string path, Problems& problems);

  bool is_object() const { return object_; }
  const std::string& path() const { return path_; }
  std::string path_of(std::string_view key) const;

  // The member, marked as known; nullptr where absent or null. Keys, here and below, must outlive the reader.
  const Value* take(std::string_view key);
  const Value* require(std::string_view key);  // reports missing_field

  // Typed members; empty where absent, and where of another type, which is reported.
  std::optional<std::string> text(std::string_view key);
  std::optional<std::string> required_text(std::string_view key);
  std::optional<double> number(std::string_view key, double least, double most);
  std::optional<bool> boolean(std::string_view key);
  const Array* array(std::string_view key);
  const Object* object(std::string_view key);
  // One of `words`; anything else is reported with the nearest.
  std::optional<std::string> word(std::string_view key, const std::vector<std::string>& words);

  void report(Code code, std::string_view key, std::string message);
  // Call last: every member that was never taken is unknown.
  void finish();

 private:
  const Value& value_;
  bool object_;
  std::string path_;
  Problems& problems_;
  std::vector<std::string_view> known_;  // as taken; few, so that looking through them is quickest
};

// ``expected a string, found a number``, for messages of one shape everywhere.
std::string type_message(std::string_view expected, const Value& found);

// Ids of experiences and elements of any kind: `[a-z0-9][a-z0-9._-]*`, at most limits::id_bytes_max.
bool is_valid_id(std::string_view id);

}  // namespace footlight
