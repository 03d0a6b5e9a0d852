// simdjson finds where tokens begin and checks UTF-8 and quotes (its first stage); the walk over the
// tokens is ours, since it checks the grammar of everything, used or not, and types as it goes.
#include "engine/request_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include "base/limits.h"

namespace footlight {
namespace {

using simdjson::internal::dom_parser_implementation;

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool ends_a_scalar(char c) { return c == ',' || c == '}' || c == ']' || is_blank(c); }

// What the reporting reader takes is a little more than this; what lies between is left to it.
constexpr int depth_max = 32;
constexpr std::size_t unknown_names_max = 64;

constexpr double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// A name met in this request: a value, an object as written, or an object that dotted names imply.
enum class Met : std::uint8_t { nothing, value, object, implied };

}  // namespace

struct PlainReader::Work {
  std::unique_ptr<dom_parser_implementation> stage;
  std::size_t capacity = 0;
  std::vector<char> buffer;  // the request and simdjson's padding
  std::string unescaped;     // never grows while a request is read: views point into it
  std::vector<Met> met;      // by node of the names, and behind them what is never plain
  struct Unknown {
    std::uint64_t path;
    Met met;
  };
  Unknown unknown[unknown_names_max];
  std::size_t unknown_count = 0;

  const char* bytes = nullptr;
  const std::uint32_t* token = nullptr;  // the next one; behind the last stands the end of the bytes, a blank
  bool has_escapes = false;
  std::size_t leaves = 0;
  std::uint64_t objects = 0;  // in lists: each has names of its own
  const AttributeTable* table = nullptr;
  RequestSlots* slots = nullptr;

  bool prepare(std::string_view text) {
    if (text.empty() || text.size() > limits::request_bytes_max) return false;
    if (text.size() + simdjson::SIMDJSON_PADDING > buffer.size()) buffer.resize(2 * text.size() + simdjson::SIMDJSON_PADDING + 1024);
    if (text.size() > capacity || !stage) {
      capacity = std::max<std::size_t>(2 * text.size(), 4096);
      if (simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, depth_max, stage) != simdjson::SUCCESS)
        return false;
    }
    // simdjson reads the caller's bytes, and none behind them; the walk, which looks further than a token ends, reads a copy. The
    // copy comes second: whoever is first waits for memory, and a copy has nothing else to do meanwhile.
    if (stage->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), simdjson::stage1_mode::regular) != simdjson::SUCCESS)
      return false;
    stage->structural_indexes[stage->n_structural_indexes] = static_cast<std::uint32_t>(text.size());
    std::memcpy(buffer.data(), text.data(), text.size());
    std::memset(buffer.data() + text.size(), ' ', simdjson::SIMDJSON_PADDING);
    bytes = buffer.data();
    token = stage->structural_indexes.get();
    has_escapes = std::memchr(bytes, '\\', text.size()) != nullptr;
    if (has_escapes) {
      unescaped.clear();
      unescaped.reserve(text.size() + simdjson::SIMDJSON_PADDING);  // room behind it, as in the buffer
    }
    unknown_count = 0;
    leaves = 0;
    objects = 0;
    return true;
  }

  char next() const { return bytes[*token]; }
  bool take(char c) {
    if (bytes[*token] != c) return false;
    ++token;
    return true;
  }

  // The inside of the string that begins here, escapes as written.
  bool raw_string(std::string_view& text) {
    if (next() != '"') return false;
    const std::uint32_t begin = *token++;
    std::uint32_t end = *token - 1;
    while (end > begin && is_blank(bytes[end])) --end;
    if (end == begin || bytes[end] != '"') return false;
    text = {bytes + begin + 1, end - begin - 1};
    return true;
  }
  // A name or another string that is not taken with escapes.
  bool plain_string(std::string_view& text) { return raw_string(text) && (!has_escapes || text.find('\\') == text.npos); }

  bool string(std::string_view& text) {
    if (!raw_string(text)) return false;
    if (has_escapes && text.find('\\') != text.npos && !unescape(text, unescaped)) return false;
    return text.size() <= limits::attribute_string_bytes_max;
  }

  // Appends to `out`, and leaves `text` a view of what was appended.
  static bool unescape(std::string_view& text, std::string& out) {
    const std::size_t begin = out.size();
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\') {
        out += text[i];
        continue;
      }
      if (++i == text.size()) return false;
      switch (text[i]) {
        case '"':
        case '\\':
        case '/': out += text[i]; break;
        case 'b': out += '\b'; break;
        case 'f': out += '\f'; break;
        case 'n': out += '\n'; break;
        case 'r': out += '\r'; break;
        case 't': out += '\t'; break;
        case 'u': {
          std::uint32_t point = 0;
          if (!hex4(text, i + 1, point)) return false;
          i += 4;
          if (point >= 0xDC00 && point < 0xE000) return false;
          if (point >= 0xD800 && point < 0xDC00) {
            std::uint32_t low = 0;
            if (i + 2 >= text.size() || text[i + 1] != '\\' || text[i + 2] != 'u' || !hex4(text, i + 3, low) || low < 0xDC00 ||
                low >= 0xE000)
              return false;
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
            i += 6;
          }
          const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
          if (point < 0x80) {
            put(point);
          } else if (point < 0x800) {
            put(0xC0 | point >> 6), put(0x80 | (point & 63));
          } else if (point < 0x10000) {
            put(0xE0 | point >> 12), put(0x80 | (point >> 6 & 63)), put(0x80 | (point & 63));
          } else {
            put(0xF0 | point >> 18), put(0x80 | (point >> 12 & 63)), put(0x80 | (point >> 6 & 63)), put(0x80 | (point & 63));
          }
          break;
        }
        default: return false;
      }
    }
    text = std::string_view(out).substr(begin);
    return true;
  }

  static bool hex4(std::string_view text, std::size_t at, std::uint32_t& point) {
    if (at + 4 > text.size()) return false;
    const auto end = std::from_chars(text.data() + at, text.data() + at + 4, point, 16);
    return end.ec == std::errc() && end.ptr == text.data() + at + 4;
  }

  // The value of the digits that stand at the beginning of eight bytes, and how many they are: without a branch, for the
  // lengths of numbers vary from one to the next.
  static std::uint64_t digits_of(const char* at, unsigned& count) {
    const std::uint64_t bits = quick::load<std::uint64_t>(at) ^ zeros, others = no_digits(bits);
    count = others == 0 ? 8 : static_cast<unsigned>(std::countr_zero(others)) / 8;
    return count == 0 ? 0 : value_of(bits << (64 - 8 * count));  // zeros in front
  }
  static constexpr std::uint64_t zeros = 0x3030303030303030u;  // as text; without them digits are what they mean
  static std::uint64_t no_digits(std::uint64_t bits) { return (bits | (bits + 0x7676767676767676u)) & 0x8080808080808080u; }
  static std::uint64_t value_of(std::uint64_t digits) {
    digits = (digits * 10 + (digits >> 8)) & 0x00FF00FF00FF00FFu;
    digits = (digits * 100 + (digits >> 16)) & 0x0000FFFF0000FFFFu;
    return (digits * 10'000 + (digits >> 32)) & 0xFFFFFFFFu;
  }

  bool number(double& value) {
    if (!number_at(bytes + *token, value)) return false;
    ++token;
    return true;
  }

  // The number that begins there, up to what can end one. Most have less than sixteen digits in front of a point, and less than
  // eight behind it: of fifteen in all a double holds each.
  static bool number_at(const char* const begin, double& value) {
    const bool is_negative = *begin == '-';
    const char* const first = begin + is_negative;
    unsigned count = 0, fraction = 0;
    std::uint64_t mantissa = digits_of(first, count);
    if (count == 8) {
      unsigned more = 0;
      const std::uint64_t behind = digits_of(first + count, more);
      mantissa = mantissa * static_cast<std::uint64_t>(powers_of_ten[more]) + behind;
      count += more;
    }
    const char* at = first + count;
    if (count == 16 || *at == 'e' || *at == 'E') return long_number_at(begin, value);
    if (count == 0 || (*first == '0' && count > 1)) return false;
    if (*at == '.') {
      const std::uint64_t behind = digits_of(++at, fraction);
      at += fraction;
      if (fraction == 8 || count + fraction > 15 || *at == 'e' || *at == 'E') return long_number_at(begin, value);
      if (fraction == 0) return false;
      mantissa = mantissa * static_cast<std::uint64_t>(powers_of_ten[fraction]) + behind;
    }
    if (!ends_a_scalar(*at)) return false;
    value = signed_as(is_negative && mantissa != 0, static_cast<double>(mantissa) / powers_of_ten[fraction]);
    return true;
  }

  static bool long_number_at(const char* const begin, double& value) {
    const char* at = begin;
    const bool is_negative = *at == '-';
    at += is_negative;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    std::uint64_t mantissa = 0;
    const char* const first = at;
    while (is_digit(*at)) mantissa = mantissa * 10 + static_cast<std::uint64_t>(*at++ - '0');
    std::ptrdiff_t digits = at - first;
    if (digits == 0 || (*first == '0' && digits > 1)) return false;
    std::ptrdiff_t fraction = 0;
    bool is_plain = true;
    if (*at == '.') {
      const char* const point = ++at;
      while (is_digit(*at)) mantissa = mantissa * 10 + static_cast<std::uint64_t>(*at++ - '0');
      fraction = at - point;
      if (fraction == 0) return false;
      digits += fraction;
    }
    if (*at == 'e' || *at == 'E') {
      is_plain = false;
      ++at;
      if (*at == '+' || *at == '-') ++at;
      const char* const power = at;
      while (is_digit(*at)) ++at;
      if (at == power) return false;
    }
    if (!ends_a_scalar(*at)) return false;
    // Exact: a mantissa that a double holds, divided once.
    if (is_plain && digits <= 19 && mantissa <= (std::uint64_t{1} << 53) && fraction <= 22) {
      value = signed_as(is_negative && mantissa != 0, static_cast<double>(mantissa) / powers_of_ten[fraction]);
      return true;
    }
    const auto end = std::from_chars(begin, at, value);
    return end.ec == std::errc() && end.ptr == at;
  }
  // Without a branch. There is no negative zero.
  static double signed_as(bool is_negative, double value) {
    return std::bit_cast<double>(std::bit_cast<std::uint64_t>(value) ^ static_cast<std::uint64_t>(is_negative) << 63);
  }

  bool word(std::string_view text) {
    const char* at = bytes + *token;
    if (std::memcmp(at, text.data(), text.size()) != 0 || !ends_a_scalar(at[text.size()])) return false;
    ++token;
    return true;
  }

  // Whether the name may be met here, given what else was. Whatever might be a name given twice is not plain.
  static bool meet(Met& known, Met now) {
    if (known == Met::nothing) {
      known = now;
      return true;
    }
    return known == Met::implied && now == Met::implied;
  }
  bool meet_unknown(std::uint64_t path, Met now) {
    for (std::size_t i = 0; i < unknown_count; ++i)
      if (unknown[i].path == path) return meet(unknown[i].met, now);
    if (unknown_count == unknown_names_max) return false;
    unknown[unknown_count++] = {path, now};
    return true;
  }

  // As members() the next ones, as long as they are as most are: a name that is known, a colon, a scalar or a list of texts,
  // with no blank and nothing escaped. What comes then is left to members(), with its name; true: nothing does.
  //
  // All places are those of tokens, so that one member need not wait for the one before. A value is written where it stays:
  // one that is put together elsewhere and copied from there makes the CPU wait for its parts. Where nothing at all is escaped,
  // nothing is looked for in each text.
  bool plain_members(std::uint32_t parent) { return has_escapes ? plain_members<true>(parent) : plain_members<false>(parent); }
  template <bool looks_for_escapes>
  bool plain_members(std::uint32_t parent) {
    const AttributeNames& names = table->names();
    const char* const text = bytes;
    SlotValue* const values = &slots->at(-1) + 1;
    Met* const known = met.data();
    const std::uint32_t* at = token;
    std::size_t left = limits::attributes_max - std::min(limits::attributes_max, leaves);
    bool is_end = false;
    for (; left > 0 && !is_end; --left) {
      const std::uint32_t name_at = at[0];
      if (text[name_at] != '"') break;
      const std::uint32_t colon_at = at[1], name_size = colon_at - name_at - 2;
      if (text[colon_at] != ':' || text[colon_at - 1] != '"') break;
      const std::string_view name(text + name_at + 1, name_size);
      const AttributeNames::Step& step = names.step(parent, name);
      if (known[step.plain] != Met::nothing) break;
      if (looks_for_escapes && name.find('\\') != name.npos) break;

      const std::uint32_t value_at = at[2];
      const std::uint32_t* behind = at + 3;  // what follows the value
      const char* const begin = text + value_at;
      SlotValue& value = values[step.number];
      std::uint8_t fits;
      if (*begin == '"') {
        if (!plain_text<looks_for_escapes>(value_at, *behind, value)) break;
        fits = bit_of(SlotValue::Kind::string);
      } else if (*begin <= '9') {
        double n;
        if (!plain_number(begin, *behind - value_at, n) && !number_at(begin, n)) break;
        value = SlotValue::of(n);
        fits = bit_of(SlotValue::Kind::number);
      } else if (*begin == '[') {
        if (!plain_texts<looks_for_escapes>(behind, left, value)) break;
        fits = bit_of_texts;
      } else {
        const bool is_true = *begin == 't';
        if (*behind - value_at != (is_true ? 4 : 5) || std::memcmp(is_true ? begin : begin + 1, is_true ? "true" : "alse", 4) != 0 ||
            (!is_true && *begin != 'f'))
          break;
        value = SlotValue::of(is_true);
        fits = bit_of(SlotValue::Kind::boolean);
      }
      is_end = text[*behind] == '}';
      if (!is_end && text[*behind] != ',') break;
      at = behind + 1;
      if (value.kind == SlotValue::Kind::list) left -= value.size;
      known[step.plain] = Met::value;
      if ((step.fits & fits) == 0) settle(step.number);
    }
    leaves = limits::attributes_max - left;
    token = at;
    return is_end;
  }

  // The text between two tokens, where nothing is escaped in it.
  template <bool looks_for_escapes>
  bool plain_text(std::uint32_t from, std::uint32_t behind, SlotValue& value) const {
    const std::uint32_t size = behind - from - 2;
    if (bytes[behind - 1] != '"' || size > limits::attribute_string_bytes_max) return false;
    value = SlotValue::of(std::string_view(bytes + from + 1, size));
    return !looks_for_escapes || value.string().find('\\') == std::string_view::npos;
  }

  // Such texts, less than `left`, in a list whose first item `at` points to; it is moved behind the list.
  template <bool looks_for_escapes>
  bool plain_texts(const std::uint32_t*& at, std::size_t left, SlotValue& value) {
    std::vector<SlotValue>& items = slots->items();
    const std::size_t first = items.size();
    const std::uint32_t* next = at;
    char behind = bytes[*next];
    if (behind == ']') {
      ++next;
    } else {
      do {
        items.emplace_back();
        const bool is_plain =
            bytes[*next] == '"' && plain_text<looks_for_escapes>(*next, next[1], items.back()) && items.size() - first < left;
        behind = bytes[next[1]];
        if (!is_plain || (behind != ',' && behind != ']')) {
          items.resize(first);
          return false;
        }
        next += 2;
      } while (behind == ',');
    }
    at = next;
    value = SlotValue{.kind = SlotValue::Kind::list,
                      .size = static_cast<std::uint32_t>(items.size() - first),
                      .first = static_cast<std::uint32_t>(first)};
    return true;
  }

  // Of so many bytes, no more than eight of them behind a sign: digits, a point among them or not.
  [[gnu::always_inline]] static bool plain_number(const char* at, std::uint32_t size, double& value) {
    const bool is_negative = *at == '-';
    at += is_negative;
    size -= is_negative;
    if (size - 1 > 7) return false;
    std::uint64_t digits = (quick::load<std::uint64_t>(at) ^ zeros) << (64 - 8 * size);
    const std::uint64_t others = no_digits(digits);
    if (others == 0) {
      if (*at == '0' && size > 1) return false;
      value = signed_as(is_negative && digits != 0, static_cast<double>(value_of(digits)));
      return true;
    }
    const unsigned point = static_cast<unsigned>(std::countr_zero(others)) & ~7u;  // how many bits stand before it
    if ((others & (others - 1)) != 0 || (digits >> point & 0xFF) != ('.' ^ '0') || point == 56) return false;
    const unsigned fraction = 7 - point / 8, whole = size - 1 - fraction;
    if (whole == 0 || (*at == '0' && whole > 1)) return false;
    // The digits before the point move into its place.
    const std::uint64_t before = (std::uint64_t{1} << point) - 1;
    digits = (digits & before) << 8 | (digits & ~(before << 8 | 0xFF));
    value = signed_as(is_negative && digits != 0, static_cast<double>(value_of(digits)) / powers_of_ten[fraction]);
    return true;
  }

  // Members of an object of attributes that stands at a known node; the brace is taken.
  bool members(std::uint32_t parent, int depth) {
    if (depth > depth_max) return false;
    if (take('}')) return true;
    const AttributeNames& names = table->names();
    do {
      if (plain_members(parent)) return true;
      std::string_view key;
      if (!plain_string(key) || !take(':')) return false;
      const AttributeNames::Step& step = names.step(parent, key);
      if (step.node == AttributeNames::none) {
        if (!unknown_member(parent, key, depth)) return false;
        continue;
      }
      const AttributeNames::Node& node = names.nodes()[step.node];
      if (step.is_dotted && !imply(node.parent, parent, depth)) return false;
      const bool is_object = next() == '{';
      if (!meet(met[step.node], is_object ? Met::object : Met::value)) return false;
      if (is_object) {
        ++token;
        if (node.number >= 0) hold(node.number);
        if (!members(step.node, depth + 1)) return false;
      } else if (node.number >= 0) {
        if (!value(slots->at(node.number), depth) || !settle(node.number)) return false;
      } else if (SlotValue ignored; !value(ignored, depth, false)) {
        return false;
      }
    } while (take(','));
    return take('}');
  }

  // The objects that a dotted name leads through, from `node` up to (not with) `until`.
  bool imply(std::uint32_t node, std::uint32_t until, int depth) {
    for (; node != until; node = table->names().nodes()[node].parent) {
      if (++depth > depth_max || !meet(met[node], Met::implied)) return false;
      if (const int number = table->names().nodes()[node].number; number >= 0) hold(number);
    }
    return true;
  }

  // An attribute that is itself an object.
  void hold(int number) {
    SlotValue& slot = slots->at(number);
    slot = SlotValue{.kind = SlotValue::Kind::other};
    if (!accepts(table->type(number), slot, *slots)) slot = {};
  }

  // Absent where it is not of the declared type. A list of lists is not looked into here.
  bool settle(int number) {
    SlotValue& slot = slots->at(number);
    if (slot.kind == SlotValue::Kind::absent || table->is_any(number)) return true;
    const AttributeType& type = table->type(number);
    if (slot.kind == SlotValue::Kind::list && !type.of.empty() && type.of[0].type == AttributeType::Type::list) return false;
    if (!accepts(type, slot, *slots)) slot = {};
    return true;
  }

  bool unknown_member(std::uint32_t parent, std::string_view key, int depth) {
    const AttributeNames& names = table->names();
    // As far as the dotted name is known, then as a path of hashes.
    std::uint64_t path = path_of(parent);
    std::size_t dot;
    std::uint32_t here = parent;
    while ((dot = key.find('.')) != key.npos) {
      if (++depth > depth_max) return false;
      const std::string_view part = key.substr(0, dot);
      if (here != AttributeNames::none) here = names.step(here, part).node;
      if (here != AttributeNames::none) {
        if (!meet(met[here], Met::implied)) return false;
        if (const int number = names.nodes()[here].number; number >= 0) hold(number);
        path = path_of(here);
      } else {
        path = within(path, part);
        if (!meet_unknown(path, Met::implied)) return false;
      }
      key.remove_prefix(dot + 1);
    }
    // `a.b` where only `a.b.c` has a number: rare, and the other reader's.
    if (here != AttributeNames::none && here != parent && names.step(here, key).node != AttributeNames::none) return false;
    return unknown_value(within(path, key), depth);
  }
  static std::uint64_t path_of(std::uint32_t node) { return mixed(node + 1, 0xC2B2AE3D27D4EB4Fu); }
  static std::uint64_t within(std::uint64_t path, std::string_view key) { return mixed(path ^ 0x9FB21C651E98DF25u, quick_hash(key)); }

  // A value whose name nobody asks for: its grammar counts, and that its names are not given twice.
  bool unknown_value(std::uint64_t path, int depth) {
    const bool is_object = next() == '{';
    return meet_unknown(path, is_object ? Met::object : Met::value) && skip(path, depth);
  }

  bool skip(std::uint64_t path, int depth) {
    if (depth > depth_max) return false;
    if (next() == '{') {
      ++token;
      if (take('}')) return true;
      do {
        std::string_view key;
        if (!plain_string(key) || !take(':')) return false;
        std::uint64_t inner = path;
        for (std::size_t dot; (dot = key.find('.')) != key.npos; key.remove_prefix(dot + 1)) {
          inner = within(inner, key.substr(0, dot));
          if (++depth > depth_max || !meet_unknown(inner, Met::implied)) return false;
        }
        if (!unknown_value(within(inner, key), depth + 1)) return false;
      } while (take(','));
      return take('}');
    }
    SlotValue ignored;
    return value(ignored, depth, false);
  }

  // Anything but an object. Items of lists are kept where `is_kept`.
  bool value(SlotValue& slot, int depth, bool is_kept = true) {
    if (++leaves > limits::attributes_max) return false;
    switch (next()) {
      case '"': {
        std::string_view text;
        if (!string(text)) return false;
        slot = SlotValue::of(text);
        return true;
      }
      case 't': slot = SlotValue::of(true); return word("true");
      case 'f': slot = SlotValue::of(false); return word("false");
      case 'n': slot = {}; return word("null");
      case '[': return list(slot, depth + 1, is_kept);
      default: {
        double n = 0;
        if (!number(n)) return false;
        slot = SlotValue::of(n);
        return true;
      }
    }
  }

  bool list(SlotValue& slot, int depth, bool is_kept) {
    if (depth > depth_max) return false;
    ++token;
    SlotValue made{.kind = SlotValue::Kind::list, .first = static_cast<std::uint32_t>(slots->items().size())};
    if (!take(']')) {
      do {
        SlotValue item;
        if (next() == '{') {
          // Each object in a list has names of its own.
          if (!skip(mixed(++objects, 0x165667B19E3779F9u), depth + 1)) return false;
          item.kind = SlotValue::Kind::other;
        } else {
          const bool is_list = next() == '[';
          if (!value(item, depth, false)) return false;
          if (is_list || item.kind == SlotValue::Kind::absent) item = SlotValue{.kind = SlotValue::Kind::other};
        }
        if (is_kept) slots->items().push_back(item);
        ++made.size;
      } while (take(','));
      if (!take(']')) return false;
    }
    slot = made;
    return true;
  }

  bool identity(PlainRequest& request) {
    if (!take('{')) return false;
    do {
      std::string_view key, text;
      if (!plain_string(key) || !take(':') || !string(text) || text.empty()) return false;
      std::string_view* const field = key == "id" ? &request.id : key == "namespace" ? &request.space : nullptr;
      if (!field || !field->empty()) return false;
      *field = text;
    } while (take(','));
    return take('}') && !request.id.empty();
  }

  bool surfaces(PlainRequest& request) {
    if (!take('[')) return false;
    std::size_t count = 0;
    do {
      std::string_view surface;
      if (++count > limits::request_surfaces_max || !plain_string(surface)) return false;
      if (std::find(request.surfaces.begin(), request.surfaces.end(), surface) == request.surfaces.end())
        request.surfaces.push_back(surface);
    } while (take(','));
    return take(']');
  }

  // What was read before, once more, as documents. Its grammar is known to be right.
  Value document(bool& has_dotted_names) {
    switch (next()) {
      case '"': {
        std::string_view text;
        raw_string(text);
        std::string whole;
        if (!has_escapes || text.find('\\') == text.npos) return Value(text);
        unescape(text, whole);
        return Value(std::move(whole));
      }
      case 't': ++token; return Value(true);
      case 'f': ++token; return Value(false);
      case 'n': ++token; return Value();
      case '[': {
        ++token;
        Array items;
        if (take(']')) return Value(std::move(items));
        do items.push_back(document(has_dotted_names));
        while (take(','));
        take(']');
        return Value(std::move(items));
      }
      case '{': {
        ++token;
        Object::Members members;
        if (take('}')) return Value(Object());
        do {
          std::string_view key;
          raw_string(key);
          take(':');
          has_dotted_names |= key.find('.') != key.npos;
          members.emplace_back(std::string(key), document(has_dotted_names));
        } while (take(','));
        take('}');
        return Value(Object(std::move(members)));
      }
      default: {
        double n = 0;
        number(n);
        return Value(n);
      }
    }
  }

  Value bag() {
    bool has_dotted_names = false;
    Value members = document(has_dotted_names);
    if (!has_dotted_names) return members;
    Problems problems;  // none: names that clash are not plain
    return unfold(members, "$", problems);
  }

  Request whole(Instant now) {
    Request request{.now = now};
    token = stage->structural_indexes.get();
    take('{');
    do {
      std::string_view key;
      raw_string(key);
      take(':');
      bool ignored = false;
      if (key == "attributes") {
        request.attributes = bag();
      } else if (key == "context") {
        request.context = bag();
      } else if (key == "surfaces") {
        const Value surfaces_asked = document(ignored);
        for (const Value& surface : surfaces_asked.array())
          if (std::find(request.surfaces.begin(), request.surfaces.end(), surface.string()) == request.surfaces.end())
            request.surfaces.push_back(surface.string());
      } else if (key == "identity") {
        const Value identity = document(ignored);
        request.identity = {identity.string_or("namespace", ""), identity.string_or("id", "")};
      } else {
        document(ignored);
      }
    } while (take(','));
    return request;
  }

  bool read(PlainRequest& request, std::span<ExtraNumber> extras) {
    bool has_identity = false, has_attributes = false, has_context = false, has_surfaces = false;
    std::uint64_t extras_met = 0;
    if (!take('{')) return false;
    do {
      std::string_view key;
      if (!plain_string(key) || !take(':')) return false;
      if (key == "attributes" && !has_attributes) {
        has_attributes = true;
        leaves = 0;
        if (!take('{') || !members(AttributeNames::root, 1)) return false;
      } else if (key == "surfaces" && !has_surfaces) {
        has_surfaces = true;
        if (!surfaces(request)) return false;
      } else if (key == "identity" && !has_identity) {
        has_identity = true;
        if (!identity(request)) return false;
      } else if (key == "context" && !has_context) {
        has_context = true;
        leaves = 0;
        if (next() != '{' || !skip(mixed(++objects, 0x27D4EB2F165667C5u), 1)) return false;
      } else {
        std::size_t extra = 0;
        while (extra < extras.size() && extras[extra].key != key) ++extra;
        if (extra == extras.size() || (extras_met >> extra & 1) != 0 || !number(extras[extra].value)) return false;
        extras_met |= std::uint64_t{1} << extra;
      }
    } while (take(','));
    return take('}') && token == stage->structural_indexes.get() + stage->n_structural_indexes && has_surfaces;
  }
};

PlainReader::PlainReader() : work_(std::make_unique<Work>()) {}
PlainReader::~PlainReader() = default;
PlainReader::PlainReader(PlainReader&&) noexcept = default;
PlainReader& PlainReader::operator=(PlainReader&&) noexcept = default;

Request PlainReader::whole(Instant now) { return work_->whole(now); }

bool PlainReader::read(std::string_view bytes, const AttributeTable& table, PlainRequest& request, std::span<ExtraNumber> extras) {
  Work& work = *work_;
  request.slots.reset(table);
  request.space = request.id = {};
  request.surfaces.clear();
  if (!work.prepare(bytes)) return false;
  work.table = &table;
  work.slots = &request.slots;
  work.met.assign(table.names().nodes().size(), Met::nothing);
  work.met.push_back(Met::value);
  if (!work.read(request, extras)) return false;
  request.slots.set_has_room();
  if (!request.id.empty()) request.slots.at(AttributeTable::identity) = SlotValue::of(request.id);
  return true;
}

}  // namespace footlight
