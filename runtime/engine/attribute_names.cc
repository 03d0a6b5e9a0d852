#include "engine/attribute_names.h"

namespace footlight {

std::uint32_t AttributeNames::child(std::uint32_t parent, std::string_view key) {
  const auto [known, is_new] = children_.try_emplace({parent, std::string(key)}, static_cast<std::uint32_t>(nodes_.size()));
  if (!is_new) return known->second;
  const std::uint32_t node = known->second;
  nodes_.push_back({parent, -1, 0});
  add_edge(parent, node, key, false);
  return node;
}

void AttributeNames::add_edge(std::uint32_t parent, std::uint32_t node, std::string_view key, bool is_dotted) {
  edges_.push_back({key.size() > ShortText::max ? ShortText() : short_text(key),
                    parent,
                    static_cast<std::uint32_t>(text_.size()),
                    static_cast<std::uint32_t>(key.size()),
                    {.node = node, .is_dotted = is_dotted}});
  text_ += key;
}

void AttributeNames::add(std::string_view dotted, int number, std::uint8_t fits) {
  // The nodes on the way, and from each of them the rest of the name as one key.
  std::vector<std::pair<std::uint32_t, std::string_view>> rests;
  std::uint32_t here = root;
  std::string_view rest = dotted;
  for (auto dot = rest.find('.'); dot != rest.npos; dot = rest.find('.')) {
    rests.emplace_back(here, rest);
    here = child(here, rest.substr(0, dot));
    rest.remove_prefix(dot + 1);
  }
  here = child(here, rest);
  if (number >= 0) nodes_[here].number = number, nodes_[here].fits = fits;
  for (const auto& [from, key] : rests) {
    if (dotted_.emplace(from, key).second) add_edge(from, here, key, true);
  }
}

void AttributeNames::seal() {
  std::vector<std::uint64_t> hashes;
  for (Edge& edge : edges_) {
    const Node& node = nodes_[edge.step.node];
    edge.step.plain = edge.step.is_dotted ? static_cast<std::uint32_t>(nodes_.size()) : edge.step.node;
    edge.step.number = node.number;
    edge.step.fits = node.number < 0 ? 0xFF : node.fits;
    hashes.push_back(hash_of(quick_hash(std::string_view(text_).substr(edge.at, edge.size)), edge.parent));
  }
  places_ = HashPlaces(hashes, 4 * hashes.size());
  table_.assign(places_.count(), Edge{.step = {.plain = static_cast<std::uint32_t>(nodes_.size())}});
  for (std::size_t i = 0; i < edges_.size(); ++i) {
    std::size_t at = places_.first(hashes[i]);
    while (table_[at].step.node != none) at = places_.next(at);
    table_[at] = edges_[i];
  }
}

const AttributeNames::Step& AttributeNames::long_step(std::uint32_t parent, std::string_view key) const {
  for (std::size_t at = places_.first(hash_of(quick_hash(key), parent));; at = places_.next(at)) {
    const Edge& edge = table_[at];
    if (edge.step.node == none || (edge.parent == parent && is_same_text(std::string_view(text_).substr(edge.at, edge.size), key)))
      return edge.step;
  }
}

}  // namespace footlight
