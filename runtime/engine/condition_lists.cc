// Asks the lists: what the values of one request make true.
#include "engine/condition_lists.h"

#include <algorithm>
#include <bit>

namespace footlight {
namespace {

using Kind = SlotValue::Kind;

// As std::lower_bound of 2 * half - 1, a power of two, without branches: which half it is can never be foretold.
std::size_t first_not_below(const std::uint64_t* sorted, std::size_t half, std::uint64_t value) {
  std::size_t at = 0;
  for (; half > 0; half /= 2) at += half & -static_cast<std::size_t>(sorted[at + half - 1] < value);
  return at;
}

// Takes those rows that fit. Which do is found out first, for all: one by one the CPU would guess at each.
template <class Row>
void each_of(const std::vector<Row>& rows, const auto& fits, const auto& take) {
  for (std::size_t begin = 0; begin < rows.size(); begin += 64) {
    const Row* const some = rows.data() + begin;
    const std::size_t count = std::min<std::size_t>(64, rows.size() - begin);
    std::uint64_t fitting = 0;
    for (std::size_t i = 0; i < count; ++i) fitting |= static_cast<std::uint64_t>(fits(some[i])) << i;
    for (; fitting != 0; fitting &= fitting - 1) take(some[std::countr_zero(fitting)]);
  }
}

}  // namespace

// Looks texts up in two goes: first all are asked of memory, then each is compared. Most are short, and what they make true
// is set without a branch, whether it is the text or not. So the CPU waits for none of them and guesses nothing.
class Conditions::Lists::Finder {
 public:
  Finder(const Lists& lists, bool has_room, std::uint64_t* truths) : lists_(lists), has_room_(has_room), truths_(truths) {}

  // Sets what the text makes true, at the latest in finish().
  void find(const Texts& texts, std::string_view key) {
    ask_for(texts, key, waiting_[count_]);
    if (++count_ == waiting_max) set_waiting();
  }

  void finish() {
    set_waiting();
    // Now that it is known which texts lists have.
    for (const All& all : lists_.few_alls) set(all);
    if (all_count_ > waiting_max) {
      for (const All& all : lists_.alls) set(all);
    } else {
      for (std::size_t i = 0; i < all_count_; ++i)
        for (const All* all = alls_[i];; ++all) {
          set(*all);
          if (all->is_last) break;
        }
    }
    all_count_ = 0;
  }

  // Sets it at once. Whether any test speaks of the text.
  bool found(const Texts& texts, std::string_view key) {
    Asked one;
    ask_for(texts, key, one);
    return set(one);
  }

 private:
  struct Asked {  // without an initialiser: most are never used
    std::uint64_t low, high;
    const char* key;
    std::size_t size;
    const Texts* texts;
    const Entry* entry;  // where it is looked for first
  };
  static constexpr std::size_t waiting_max = 64;

  void ask_for(const Texts& texts, std::string_view key, Asked& one) const {
    const bool is_short = key.size() <= ShortText::max;
    const ShortText text = !is_short ? ShortText{quick_hash(key), 0} : has_room_ ? short_text_within(key) : short_text(key);
    const std::uint64_t hash = is_short ? quick_hash(text, key.size()) : text.low;
    const Entry* const entry = lists_.entries.data() + texts.first + texts.places.first(hash);
    __builtin_prefetch(entry);
    one.low = text.low;
    one.high = text.high;
    one.key = key.data();
    one.size = key.size();
    one.texts = &texts;
    one.entry = entry;
  }

  static bool is_same(const Entry& entry, const Asked& one) {
    return ((entry.short_one.low ^ one.low) | (entry.short_one.high ^ one.high) | (entry.size ^ one.size)) == 0;
  }

  bool set(const Asked& one) {
    const Entry& entry = *one.entry;
    const bool is_it = is_same(entry, one);
    // Rarely more is to be done, as mostly none of these is: what could not be guessed is which of them is asked for.
    if (((entry.has_more & is_it) | (entry.is_passed & !is_it)) != 0) return set_further(one);
    const std::uint64_t all = -static_cast<std::uint64_t>(is_it);
    truths_[entry.range.word] |= entry.range.mask & all;
    truths_[entry.range.word + 1] |= entry.range.next & all;
    return is_it;
  }

  [[gnu::noinline]] bool set_further(const Asked& one) {
    const Entry* const table = lists_.entries.data() + one.texts->first;
    for (std::size_t at = static_cast<std::size_t>(one.entry - table);; at = one.texts->places.next(at)) {
      const Entry& entry = table[at];
      if (entry.size == Entry::unused) return false;
      if (!is_same(entry, one) || (one.size > ShortText::max && !is_same_long(lists_.text.data() + entry.at, one.key, one.size))) continue;
      lists_.apply(entry.range, truths_);
      if (entry.first_all != Entry::none) {
        // Of too many, all there are will be looked at.
        if (all_count_ < waiting_max) alls_[all_count_] = lists_.alls.data() + entry.first_all;
        all_count_ += all_count_ <= waiting_max;
      }
      return true;
    }
  }

  void set_waiting() {
    for (const Asked *one = waiting_, *end = waiting_ + count_; one != end; ++one) set(*one);
    count_ = 0;
  }

  void set(const All& all) const { truths_[all.condition >> 6] |= std::uint64_t{lists_.holds(all.texts, truths_)} << (all.condition & 63); }

  const Lists& lists_;
  const bool has_room_;
  std::uint64_t* const truths_;
  std::size_t count_ = 0, all_count_ = 0;
  Asked waiting_[waiting_max];
  const All* alls_[waiting_max];
};

void Conditions::Lists::set(const RequestSlots& slots, std::uint64_t* truths) const {
  Finder finder(*this, slots.has_room(), truths);
  each_of(
      texts, [&](const Texts& row) { return slots[row.attribute].kind == Kind::string; },
      [&](const Texts& row) { finder.find(row, slots[row.attribute].string()); });
  for (const Texts& row : items)
    if (const SlotValue& value = slots[row.attribute]; value.kind == Kind::list)
      for (const SlotValue& item : slots.items(value))
        if (item.kind == Kind::string) finder.find(row, item.string());
  each_of(
      affixes,
      [&](const Affix& row) {
        const SlotValue& value = slots[row.texts.attribute];
        return static_cast<int>(value.kind == Kind::string) & static_cast<int>(row.size <= value.size);
      },
      [&](const Affix& row) {
        const std::string_view whole = slots[row.texts.attribute].string();
        finder.find(row.texts, {whole.data() + (row.is_suffix ? whole.size() - row.size : 0), row.size});
      });
  for (const Within& row : within)
    if (const SlotValue& value = slots[row.attribute]; value.kind == Kind::string) find_within(row, value.string(), truths);
  for (const Versions& row : versions) {
    const SlotValue& value = slots[row.texts.attribute];
    if (value.kind != Kind::string || finder.found(row.texts, value.string())) continue;
    const auto version = parse_version(value.string());
    if (!version) continue;
    const auto at = std::lower_bound(row.cuts.begin(), row.cuts.end(), *version, is_before);
    const bool is_cut = at != row.cuts.end() && !is_before(*version, *at);
    apply(classes[row.classes + 2 * static_cast<std::size_t>(at - row.cuts.begin()) + is_cut], truths);
  }
  each_of(
      numbers, [&](const Numbers& row) { return slots[row.attribute].kind == Kind::number; },
      [&](const Numbers& row) {
        const std::uint64_t number = in_order(slots[row.attribute].number);
        const std::uint64_t* const sorted = cuts.data() + row.first_cut;
        const std::size_t at = first_not_below(sorted, row.half, number), number_class = 2 * at + (sorted[at] == number);
        const Window& window = windows[row.windows + number_class];
        std::uint64_t* const from = truths + row.word;  // behind the last word there is room for others
        from[0] |= window.masks[0];
        from[1] |= window.masks[1];
        from[2] |= window.masks[2];
        from[3] |= window.masks[3];
        if (row.rest != Numbers::none) apply(classes[row.rest + number_class], truths);
      });
  for (const Boolean& row : booleans) {
    const SlotValue& value = slots[row.attribute];
    const unsigned is_neither = value.kind != Kind::boolean;
    apply(row.ranges[2 * is_neither | (static_cast<unsigned>(value.boolean) & ~is_neither)], truths);
  }
  for (const Present& row : present)
    truths[row.condition >> 6] |= std::uint64_t{slots[row.attribute].kind != Kind::absent} << (row.condition & 63);
  finder.finish();
}

void Conditions::Lists::find_within(const Within& row, std::string_view whole, std::uint64_t* truths) const {
  const std::uint64_t* const bits_of = maybe.data() + row.maybe;
  for (std::uint32_t i = 0; i + gram_size <= whole.size(); i += gram_step) {
    const std::uint32_t gram = gram_at(whole.data() + i);
    const std::uint64_t hash = spread(gram);
    if ((bits_of[hash >> row.maybe_shift] >> (hash >> 40 & 63) & 1) == 0) continue;
    for (std::size_t at = row.places.first(hash); parts[row.first + at].size > 0; at = row.places.next(at)) {
      const Part& part = parts[row.first + at];
      if (part.gram != gram || part.offset > i) continue;
      if (whole.substr(i - part.offset).starts_with(std::string_view(text).substr(part.at, part.size))) apply(part.range, truths);
    }
  }
}

std::size_t Conditions::Lists::bytes() const {
  const auto of = [](const auto& rows) { return rows.capacity() * sizeof(rows[0]); };
  std::size_t sum = of(present) + of(booleans) + of(texts) + of(items) + of(affixes) + of(within) + of(numbers) + of(versions) +
      of(entries) + of(few_alls) + of(alls) + of(parts) + of(maybe) + of(cuts) + of(windows) + of(classes) + of(bits) + text.capacity();
  for (const Versions& row : versions) sum += of(row.cuts);
  return sum;
}

}  // namespace footlight
