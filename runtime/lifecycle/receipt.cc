// Where a publish has got to: complete when each node has it or may no longer serve.
#include <algorithm>

#include "footlight/lifecycle.h"

namespace footlight {
namespace {

// From when on a node serves nothing older. A node without a lease serves nothing at all.
Instant settled_at(const NodeStanding& node) { return node.confirmed ? std::min(*node.confirmed, node.lease_end) : node.lease_end; }

Value names(const std::vector<std::string>& nodes) {
  Array list;
  for (const std::string& node : nodes) list.emplace_back(node);
  return list;
}

}  // namespace

Receipt receipt_for(const Record& record, std::string accepting_node, std::vector<NodeStanding> others) {
  Receipt receipt{.command = record.command,
                  .experience = record.experience,
                  .version = record.version.value(),
                  .accepted = record.at,
                  .deadline = record.gone_by ? *record.gone_by : record.visible_by.value(),
                  .visible_by = record.visible_by,
                  .gone_by = record.gone_by,
                  .nodes = {}};
  receipt.nodes.push_back({std::move(accepting_node), record.at, receipt.deadline});
  for (NodeStanding& other : others) receipt.nodes.push_back(std::move(other));
  return receipt;
}

Progress progress_at(const Receipt& receipt, Instant now) {
  Progress progress;
  Instant last = receipt.accepted;
  for (const NodeStanding& node : receipt.nodes) {
    const Instant settled = settled_at(node);
    const bool has_it = node.confirmed && *node.confirmed <= now;
    (has_it ? progress.at_it : settled <= now ? progress.dark : progress.behind).push_back(node.node);
    last = std::max(last, settled);
  }
  progress.is_propagated = progress.behind.empty();
  progress.since = progress.is_propagated ? last : receipt.accepted;
  return progress;
}

Value to_value(const Receipt& receipt, Instant now) {
  const Progress progress = progress_at(receipt, now);
  Array nodes;
  for (const NodeStanding& node : receipt.nodes) {
    Object shown{{"node", node.node}};
    if (node.confirmed) shown["confirmed_at"] = to_text(*node.confirmed);
    else shown["lease_end"] = to_text(node.lease_end);
    nodes.emplace_back(std::move(shown));
  }
  Object value{{"command", to_text(receipt.command)},
               {"epoch", receipt.version.epoch},
               {"version", receipt.version.v},
               {"accepted_at", to_text(receipt.accepted)},
               {"deadline", to_text(receipt.deadline)},
               {"status", progress.is_propagated ? "propagated" : "propagating"},
               {"since", to_text(progress.since)},
               {"at_it", names(progress.at_it)},
               {"dark", names(progress.dark)},
               {"behind", names(progress.behind)},
               {"nodes", std::move(nodes)}};
  if (!receipt.experience.empty()) value["experience"] = receipt.experience;
  if (receipt.visible_by) value["visible_by"] = to_text(*receipt.visible_by);
  if (receipt.gone_by) value["gone_by"] = to_text(*receipt.gone_by);
  return value;
}

}  // namespace footlight
