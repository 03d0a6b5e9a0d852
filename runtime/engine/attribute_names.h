// AttributeNames: the names of a snapshot's attributes as a tree, `cart` above `cart.total`, so that a
// request's keys lead to numbers whether they are nested or dotted.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/hash_places.h"
#include "engine/quick_hash.h"

namespace footlight {

class AttributeNames {
 public:
  static constexpr std::uint32_t root = 0, none = UINT32_MAX;
  struct Node {
    std::uint32_t parent = none;
    int number = -1;        // of the attribute; -1: it only holds others
    std::uint8_t fits = 0;  // kinds of values that are of its type whatever they say: a bit for each of SlotValue::Kind
  };
  // Where a key leads, with what the node says.
  struct Step {
    std::uint32_t node = none;
    std::uint32_t plain = none;  // the node too; nodes().size() where there is none, or nodes stand in between
    int number = -1;
    std::uint8_t fits = 0;   // of a node without a number: all
    bool is_dotted = false;  // the key leads over nodes in between
  };

  AttributeNames() { nodes_.push_back({}); }
  void add(std::string_view dotted, int number, std::uint8_t fits);
  void seal();  // after the last `add`; before that nothing is found

  const std::vector<Node>& nodes() const { return nodes_; }
  // Where a key leads within an object that stands at `parent`. ShortText::max bytes can be read from where the key begins.
  const Step& step(std::uint32_t parent, std::string_view key) const {
    return key.size() > ShortText::max ? long_step(parent, key) : short_step(parent, key);
  }
  // Of a key of at most ShortText::max bytes.
  const Step& short_step(std::uint32_t parent, std::string_view key) const {
    const ShortText text = short_text_within(key);
    for (std::size_t at = places_.first(hash_of(quick_hash(text, key.size()), parent));; at = places_.next(at)) {
      const Edge& edge = table_[at];
      // One branch for all that must be the same, and then mostly not a second one.
      if (((edge.text.low ^ text.low) | (edge.text.high ^ text.high) | (edge.parent ^ parent) | (edge.size ^ key.size())) == 0 ||
          edge.step.node == none)
        return edge.step;
    }
  }

 private:
  struct alignas(64) Edge {  // in one line of the cache
    ShortText text;          // where it is short
    std::uint32_t parent = none, at = 0, size = 0;
    Step step;
  };
  static std::uint64_t hash_of(std::uint64_t name, std::uint32_t parent) { return name + parent * std::uint64_t{0xA24BAED4963EE407u}; }
  const Step& long_step(std::uint32_t parent, std::string_view key) const;
  void add_edge(std::uint32_t parent, std::uint32_t node, std::string_view key, bool is_dotted);
  std::uint32_t child(std::uint32_t parent, std::string_view key);

  std::vector<Node> nodes_;
  std::vector<Edge> edges_;  // as added
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t> children_;
  std::set<std::pair<std::uint32_t, std::string>> dotted_;
  HashPlaces places_;
  std::vector<Edge> table_{1};  // in those places
  std::string text_;
};

}  // namespace footlight
