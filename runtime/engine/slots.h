// Slots: the attributes of one request, found once and asked by number.
//
// A snapshot numbers the attributes that its experiences use (AttributeTable). For a request each
// number is looked up at most once; a value that is not of its declared type counts as absent.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/attribute_names.h"
#include "model/request.h"
#include "model/workspace.h"

namespace footlight {

// Number 0 is the identity's id: what buckets and lists ask where they name no attribute.
class AttributeTable {
 public:
  static constexpr int identity = 0;

  explicit AttributeTable(const Workspace& workspace);
  int number_of(const std::string& attribute);  // gives it a number if it has none
  void seal();                                  // after the last of them: names() has all
  std::size_t size() const { return rows_.size(); }
  const AttributeType& type(int number) const { return rows_[static_cast<std::size_t>(number)].type; }
  bool is_any(int number) const { return type(number).type == AttributeType::Type::any; }
  const AttributeNames& names() const { return names_; }
  const std::map<std::string, AttributeType>& declared() const { return declared_; }

 private:
  friend class Slots;
  struct Row {
    std::string name;
    AttributeType type;
  };
  const std::map<std::string, AttributeType> declared_;
  std::vector<Row> rows_;
  std::map<std::string, int> numbers_;
  AttributeNames names_;  // declared ones without a number too
};

class Slots {
 public:
  Slots(const AttributeTable& table, const Request& request);
  // The value, or nullptr where the request has none of the declared type.
  const Value* operator[](int number) const;
  // Why a value that was sent counts as absent: it is not of the declared type.
  struct Misfit {
    const Value* value = nullptr;
    const AttributeType* type = nullptr;
  };
  Misfit misfit(int number) const;
  const std::string& name(int number) const { return table_.rows_[static_cast<std::size_t>(number)].name; }

 private:
  const AttributeTable& table_;
  const Request& request_;
  Value identity_;
  mutable std::vector<const Value*> found_;  // `unknown` until asked for
};

}  // namespace footlight
