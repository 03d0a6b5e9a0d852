// The messages and the saved state as JSON, in one place for every host.
#include "base/limits.h"
#include "footlight/delivery.h"
#include "model/reader.h"

namespace footlight {
namespace {

constexpr double whole_max = 9'007'199'254'740'991;  // 2^53 - 1: what a JSON number holds exactly

std::int64_t whole(Reader& reader, std::string_view key, double least = 0) {
  if (!reader.require(key)) return 0;
  const double number = reader.number(key, least, whole_max).value_or(0);
  if (number != static_cast<double>(static_cast<std::int64_t>(number))) reader.report(Code::wrong_type, key, "expected a whole number");
  return static_cast<std::int64_t>(number);
}

std::string short_text(Reader& reader, std::string_view key, std::size_t bytes_max, bool may_be_empty) {
  const std::string text = reader.required_text(key).value_or("");
  if (text.size() > bytes_max || (text.empty() && !may_be_empty))
    reader.report(Code::out_of_range, key,
                  "expected " + std::string(may_be_empty ? "at most " : "1 to ") + std::to_string(bytes_max) + " bytes");
  return text;
}

CatalogVersion version_from(Reader& parent, std::string_view key, Problems& problems) {
  const Value* value = parent.require(key);
  if (!value) return {};
  Reader reader(*value, parent.path_of(key), problems);
  CatalogVersion version{whole(reader, "epoch", 1), whole(reader, "v"), short_text(reader, "chain", 64, true)};
  if (version.chain.empty() != (version.v == 0))
    reader.report(Code::out_of_range, "chain", "the chain is there from version 1 on, and only then");
  reader.finish();
  return version;
}

Value to_value(const Reading& reading) { return Object{{"boot_ms", reading.boot.ms}, {"wall_ms", reading.wall.ms}}; }

Value without_hash(const SavedNode& saved) {
  Object value{
      {"boot_id", saved.boot_id}, {"store", saved.store}, {"version", to_value(saved.version)}, {"catalog_hash", saved.catalog_hash}};
  if (saved.lease)
    value["lease"] =
        Object{{"sent", to_value(saved.lease->sent)}, {"term_ms", saved.lease->term.ms}, {"window_ms", saved.lease->window.length().ms}};
  return value;
}

}  // namespace

Value to_value(const CatalogVersion& version) { return Object{{"epoch", version.epoch}, {"v", version.v}, {"chain", version.chain}}; }

Value to_value(const LeaseRequest& request) {
  Object value{{"node", request.node}, {"nonce", request.nonce}, {"head", to_value(request.head)}, {"settled", to_value(request.settled)}};
  if (!request.store.empty()) value["store"] = request.store;
  if (request.needs_catalog) value["needs_catalog"] = true;
  return value;
}

Result<LeaseRequest> lease_request_from(const Value& value) {
  Problems problems;
  Reader reader(value, "$", problems);
  LeaseRequest request{.node = short_text(reader, "node", limits::id_bytes_max, false),
                       .nonce = short_text(reader, "nonce", limits::delivery_nonce_bytes_max, false),
                       .store = reader.text("store").value_or(""),
                       .head = version_from(reader, "head", problems),
                       .settled = version_from(reader, "settled", problems),
                       .needs_catalog = reader.boolean("needs_catalog").value_or(false)};
  if (is_before(request.head, request.settled)) reader.report(Code::out_of_range, "settled", "it is not after the head");
  reader.finish();
  if (has_errors(problems)) return refuse(Code::bad_request, std::move(problems), "the lease request cannot be read");
  return request;
}

Value to_value(const LeaseAnswer& answer) {
  Object value{{"nonce", answer.nonce},
               {"store", answer.store},
               {"version", to_value(answer.version)},
               {"lease_ms", answer.lease.ms},
               {"window_ms", answer.window.length().ms}};
  if (answer.has_catalog) value["catalog"] = answer.catalog;
  return value;
}

Result<LeaseAnswer> lease_answer_from(const Value& value) {
  Problems problems;
  Reader reader(value, "$", problems);
  LeaseAnswer answer{.nonce = short_text(reader, "nonce", limits::delivery_nonce_bytes_max, false),
                     .store = short_text(reader, "store", limits::id_bytes_max, false),
                     .version = version_from(reader, "version", problems),
                     .lease = {whole(reader, "lease_ms")},
                     .window = {}};
  auto window = Window::of({whole(reader, "window_ms")});
  if (const Value* catalog = reader.take("catalog")) {
    answer.has_catalog = true;
    answer.catalog = *catalog;
  }
  reader.finish();
  if (has_errors(problems)) return refuse(Code::bad_request, std::move(problems), "the lease answer cannot be read");
  if (!window) return window.error();
  answer.window = *window;
  return answer;
}

Value to_value(const SavedNode& saved) {
  Value value = without_hash(saved);
  value.object()["hash"] = hash_of(without_hash(saved));
  return value;
}

Result<SavedNode> saved_node_from(const Value& value) {
  const auto damaged = [] {
    return refuse(Code::store_corrupt, "the node's saved state is damaged; it begins anew and holds no lease until it was answered");
  };
  Problems problems;
  Reader reader(value, "$", problems);
  SavedNode saved{.boot_id = reader.required_text("boot_id").value_or(""),
                  .store = reader.required_text("store").value_or(""),
                  .version = version_from(reader, "version", problems),
                  .lease = std::nullopt,
                  .catalog_hash = reader.required_text("catalog_hash").value_or("")};
  const std::string hash = reader.required_text("hash").value_or("");
  if (const Value* lease_value = reader.take("lease")) {
    Reader lease(*lease_value, "$.lease", problems);
    Reading sent;
    if (const Value* sent_value = lease.require("sent")) {
      Reader reading(*sent_value, "$.lease.sent", problems);
      sent = {{whole(reading, "boot_ms")}, {whole(reading, "wall_ms", -whole_max)}};
      reading.finish();
    }
    const Duration term{whole(lease, "term_ms")};
    const auto window = Window::of({whole(lease, "window_ms")});
    lease.finish();
    if (!window || term > budget_of(*window).lease) return damaged();
    saved.lease = Lease{sent, term, *window};
  }
  reader.finish();
  if (has_errors(problems) || hash != hash_of(without_hash(saved))) return damaged();
  return saved;
}

}  // namespace footlight
