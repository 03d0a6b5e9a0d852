#include "testkit/generate.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "footlight/time.h"

namespace footlight {
namespace {

using Type = AttributeType::Type;

constexpr int people = 1'000;          // as many identities there are
constexpr double number_span = 1'000;  // where no bound is declared

const std::vector<std::string> words = {"a",   "b", "gold", "Ann", "O'Neil", "é",   "日本",
                                        "A B", "0", "true", "<b>", "\"q\"",  "a,b", "x-1.2.3"};

Value pick(Random& random, const std::vector<Value>& values) { return values[random.below(values.size())]; }

double clamped(const AttributeType& type, double number) {
  if (type.min) number = std::max(number, *type.min);
  if (type.max) number = std::min(number, *type.max);
  return number;
}

Value number_of(Random& random, const AttributeType& type, const std::vector<Value>* marks) {
  const double low = type.min ? *type.min : type.max ? *type.max - number_span : -number_span;
  const double high = type.max ? *type.max : low + 2 * number_span;
  if (marks && !random.one_in(3)) {
    // On a landmark, a step past it to either side, or a hair.
    static constexpr double steps[] = {0, 0, -1, 1, -0.01, 0.01};
    if (const Value mark = pick(random, *marks); mark.is_number()) return clamped(type, mark.number() + steps[random.below(6)]);
  }
  switch (random.below(4)) {
    case 0: return clamped(type, 0);
    case 1: return random.one_in(2) ? low : high;
    case 2:
      return clamped(type, std::floor(low + static_cast<double>(random.below(static_cast<std::uint64_t>(std::min(high - low, 1e9)) + 1))));
    default: {
      const double part = static_cast<double>(random.below(1'000'001)) / 1'000'000;
      return clamped(type, std::round((low + (high - low) * part) * 100) / 100);
    }
  }
}

Value date_of(Random& random, const std::vector<Value>* marks) {
  if (marks && !random.one_in(3)) return pick(random, *marks);
  const Instant day = Instant{1'577'836'800'000} + days(static_cast<int>(random.below(4'383)));  // 2020 to 2031
  return to_text(day).substr(0, 10);
}

Value text_of(Random& random, const std::vector<Value>* marks) {
  if (marks && !random.one_in(3)) {
    if (const Value mark = pick(random, *marks); mark.is_string()) {
      if (random.one_in(4)) return upper(mark.string());
      return random.one_in(4) ? Value(mark.string() + words[random.below(words.size())]) : mark;
    }
  }
  std::string text;
  for (std::uint64_t i = random.below(3); i > 0; --i) text += words[random.below(words.size())];
  return text;
}

Value value_of(Random& random, const AttributeType& type, const std::vector<Value>* marks) {
  if (marks && marks->empty()) marks = nullptr;
  switch (type.type) {
    case Type::number: return number_of(random, type, marks);
    case Type::text: return text_of(random, marks);
    case Type::boolean: return random.one_in(2);
    case Type::enumeration: return type.values.empty() ? Value() : Value(type.values[random.below(type.values.size())]);
    case Type::date: return date_of(random, marks);
    case Type::list: {
      Array list;
      for (std::uint64_t i = random.below(5); i > 0; --i) {
        Value item = marks && random.one_in(2) ? pick(random, *marks)
                                               : value_of(random, type.of.empty() ? AttributeType{.type = Type::text} : type.of[0], marks);
        if (type.of.empty() || type.of[0].accepts(item)) list.push_back(std::move(item));
      }
      return list;
    }
    case Type::any: break;
  }
  if (marks && !random.one_in(3)) return pick(random, *marks);
  static const AttributeType kinds[] = {{.type = Type::number}, {.type = Type::text}, {.type = Type::boolean}};
  return value_of(random, kinds[random.below(3)], nullptr);
}

// ---- simpler values, the boldest first. Every one has less of something that cannot fall for ever.

void simpler_numbers(const AttributeType& type, double number, std::vector<Value>& out) {
  const auto try_one = [&](double candidate) {
    candidate = clamped(type, candidate);
    // Nearer to zero; or as near, and with fewer digits.
    const bool is_rounder = std::floor(candidate) == candidate && std::floor(number) != number;
    const bool is_simpler =
        std::abs(candidate) < std::abs(number) || (candidate == -number && number < 0) || (is_rounder && std::abs(candidate - number) < 1);
    if (candidate != number && is_simpler && std::find(out.begin(), out.end(), Value(candidate)) == out.end()) out.emplace_back(candidate);
  };
  try_one(0);
  if (number < 0) try_one(-number);
  if (std::floor(number) != number) {
    try_one(std::trunc(number));
    try_one(std::ceil(number));
    try_one(std::round(number * 10) / 10);
  }
  // Towards the nearest bound of the type or zero, by halves: a search for the edge.
  const double goal = clamped(type, 0);
  for (double step = (number - goal) / 2; std::abs(step) >= 1; step /= 2) try_one(std::trunc(number - step));
  if (std::floor(number) == number && std::abs(number) >= 1) try_one(number > 0 ? number - 1 : number + 1);
}

void simpler_texts(const std::string& text, std::vector<Value>& out) {
  if (text.empty()) return;
  out.emplace_back("");
  // By characters, so that it stays UTF-8.
  std::vector<std::string> characters;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80 && !characters.empty()) characters.back() += c;
    else characters.emplace_back(1, c);
  }
  if (characters.size() > 1) {
    std::string half;
    for (std::size_t i = 0; i < characters.size() / 2; ++i) half += characters[i];
    out.emplace_back(half);
    for (std::size_t without = characters.size(); without-- > 0 && characters.size() <= 16;) {
      std::string rest;
      for (std::size_t i = 0; i < characters.size(); ++i)
        if (i != without) rest += characters[i];
      if (std::find(out.begin(), out.end(), Value(rest)) == out.end()) out.emplace_back(std::move(rest));
    }
  } else if (text != "a") {
    out.emplace_back("a");
  }
}

std::vector<Value> simpler_values(const AttributeType& type, const Value& value) {
  std::vector<Value> out;
  if (value.is_number()) simpler_numbers(type, value.number(), out);
  else if (value.is_boolean()) {
    if (value.boolean()) out.emplace_back(false);
  } else if (value.is_array()) {
    const Array& list = value.array();
    if (!list.empty()) out.emplace_back(Array{});
    for (std::size_t without = list.size(); without-- > 0;) {
      Array rest;
      for (std::size_t i = 0; i < list.size(); ++i)
        if (i != without) rest.push_back(list[i]);
      if (!rest.empty()) out.emplace_back(std::move(rest));
    }
    const AttributeType item = type.of.empty() ? AttributeType{} : type.of[0];
    for (std::size_t i = 0; i < list.size(); ++i)
      for (Value& smaller : simpler_values(item, list[i])) {
        Array with = list;
        with[i] = std::move(smaller);
        out.emplace_back(std::move(with));
      }
  } else if (value.is_string() && type.type == Type::enumeration) {
    for (const std::string& earlier : type.values) {
      if (earlier == value.string()) break;
      out.emplace_back(earlier);
    }
  } else if (value.is_string() && type.type != Type::date) {
    simpler_texts(value.string(), out);
  }
  std::erase_if(out, [&](const Value& candidate) { return !type.accepts(candidate); });
  return out;
}

std::string lua_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') out += "\\n";
    else if (static_cast<unsigned char>(c) < 0x20) {
      // Three digits: what follows may be one itself.
      const std::string code = std::to_string(static_cast<unsigned char>(c));
      out += "\\" + std::string(3 - code.size(), '0') + code;
    } else out += c;
  }
  return out + "\"";
}

std::string lua_value(const Value& value) {
  if (value.is_string()) return lua_text(value.string());
  if (value.is_array()) {
    if (value.array().empty()) return "{}";
    std::string out = "{";
    for (const Value& item : value.array()) out += (out.size() > 1 ? ", " : " ") + lua_value(item);
    return out + " }";
  }
  if (value.is_object()) {
    if (value.object().empty()) return "{}";
    std::string out = "{";
    for (const auto& [key, member] : value.object()) out += (out.size() > 1 ? ", [" : " [") + lua_text(key) + "] = " + lua_value(member);
    return out + " }";
  }
  return value.is_null() ? "nil" : to_json(value);
}

}  // namespace

std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

std::uint64_t seed_for(std::uint64_t seed, std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325u ^ seed;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return Random(hash ^ (seed << 32)).next();
}

void add_landmarks(const Predicate& condition, Landmarks& landmarks) {
  for (const Predicate& part : condition.args) add_landmarks(part, landmarks);
  if (condition.attribute.empty() || condition.op == Predicate::Op::semver) return;
  std::vector<Value>& known = landmarks[condition.attribute];
  const auto add = [&](const Value& value) {
    if (!value.is_null() && !value.is_object() && std::find(known.begin(), known.end(), value) == known.end()) known.push_back(value);
  };
  if (!condition.operand.is_array()) return add(condition.operand);
  for (const Value& one : condition.operand.array()) add(one);
}

MadeProfile ProfileMaker::make(Random& random) const {
  MadeProfile profile;
  for (const auto& [name, type] : types_) {
    // Drawn in any case, so that what is fixed does not change the rest.
    const bool is_absent = random.one_in(6) && !required_.contains(name);
    const auto marks = landmarks_.find(name);
    Value value = value_of(random, type, marks == landmarks_.end() ? nullptr : &marks->second);
    // Landmarks are of other types sometimes, and what is made of them is none of this one's values.
    if (!type.accepts(value)) value = value_of(random, type, nullptr);
    if (!is_absent && !value.is_null() && type.accepts(value)) profile.attributes[name] = std::move(value);
  }
  for (const auto& [name, value] : fixed_) profile.attributes[name] = value;
  profile.person = 1 + static_cast<int>(random.below(people));
  return profile;
}

std::vector<MadeProfile> ProfileMaker::simpler(const MadeProfile& profile) const {
  std::vector<MadeProfile> out;
  std::vector<std::string> free;
  for (const auto& [name, value] : profile.attributes)
    if (!fixed_.contains(name)) free.push_back(name);
  // Half of the attributes at once, then each.
  std::vector<std::string> droppable;
  for (const std::string& name : free)
    if (!required_.contains(name)) droppable.push_back(name);
  if (droppable.size() > 2)
    for (const bool is_second : {false, true}) {
      MadeProfile smaller = profile;
      for (std::size_t i = 0; i < droppable.size(); ++i)
        if ((i >= droppable.size() / 2) == is_second) smaller.attributes.erase(droppable[i]);
      out.push_back(std::move(smaller));
    }
  for (const std::string& name : droppable) {
    MadeProfile smaller = profile;
    smaller.attributes.erase(name);
    out.push_back(std::move(smaller));
  }
  if (profile.person > 1)
    for (int person = 1; person < profile.person && person <= 8; ++person) {
      MadeProfile smaller = profile;
      smaller.person = person;
      out.push_back(std::move(smaller));
    }
  for (const std::string& name : free) {
    const auto type = types_.find(name);
    for (Value& value : simpler_values(type == types_.end() ? AttributeType{} : type->second, profile.attributes.at(name))) {
      MadeProfile smaller = profile;
      smaller.attributes[name] = std::move(value);
      out.push_back(std::move(smaller));
    }
  }
  return out;
}

std::string profile_as_lua(const MadeProfile& profile) {
  return "t:profile(" + lua_value(Value(profile.attributes)) + ", \"tester:" + std::to_string(profile.person) + "\")";
}

}  // namespace footlight
