// /v1/experiences, /v1/workspace and /v1/audit: authoring.
#include <charconv>

#include "api/api.h"
#include "base/limits.h"
#include "base/text.h"
#include "http/problem.h"
#include "model/reader.h"

namespace footlight {
namespace {

using Handle = Result<HttpResponse> (*)(Api&, Catalog&, const Call&);

// `If-Match: 3` or `"3"`: the number of the newest revision as the caller knows it.
Result<std::optional<int>> expected_revision(const HttpRequest& request) {
  const auto header = request.headers.get("If-Match");
  if (!header || trim(*header) == "*") return std::optional<int>();
  std::string_view text = trim(*header);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  int number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size() || number < 0)
    return refuse(Code::bad_request, "`If-Match` takes the number of a revision, like `3`");
  return std::optional<int>(number);
}

Result<HttpResponse> run(Catalog& catalog, const Call& call, Command command, int status_when_new) {
  const std::string key(call.request.headers.get("Idempotency-Key").value_or(""));
  if (key.size() > limits::idempotency_key_bytes_max)
    return refuse(Code::bad_request, "the idempotency key has more than " + std::to_string(limits::idempotency_key_bytes_max) + " bytes");
  auto expected = expected_revision(call.request);
  if (!expected) return expected.error();
  command.expected_revision = *expected;
  command.actor = actor_of(call.caller);
  command.at = call.request.received;
  command.request_id = call.request.request_id;
  const std::string asked =
      call.request.method + " " + call.request.target + "\n" + std::string(to_text(command.name)) + "\n" + call.request.body;
  auto answer = catalog.apply(std::move(command), key, sha256_hex(asked));
  if (!answer) return answer.error();
  HttpResponse response = json_response(answer->body, answer->is_repeat ? 200 : status_when_new);
  if (answer->is_repeat && !key.empty()) response.headers.add("Idempotent-Replayed", "true");
  return response;
}

// The first of `hero-2`, `hero-3` … that nothing has or ever had.
std::string next_free_id(const Catalog& catalog, const std::string& id, Instant now) {
  for (int n = 2;; ++n) {
    const std::string ending = "-" + std::to_string(n);
    std::string name = id.substr(0, limits::id_bytes_max - ending.size()) + ending;
    const auto known = catalog.experience(name, now);
    if (!known && known.error().code == Code::not_found) return name;
  }
}

Result<HttpResponse> create(Api&, Catalog& catalog, const Call& call) {
  auto body = json_body(call.request);
  if (!body) return body.error();
  if (!body->is_object()) return refuse(Code::bad_request, "the body is the definition of an experience, an object");
  Command command{.name = CommandName::create, .experience = body->string_or("id", ""), .definition = std::move(*body)};
  return run(catalog, call, std::move(command), 201);
}

Result<HttpResponse> edit(Api&, Catalog& catalog, const Call& call) {
  auto body = json_body(call.request);
  if (!body) return body.error();
  if (!body->is_object()) return refuse(Code::bad_request, "the body is the definition of the experience, an object");
  return run(catalog, call, {.name = CommandName::edit, .experience = call.param("id"), .definition = std::move(*body)}, 200);
}

Result<HttpResponse> remove(Api&, Catalog& catalog, const Call& call) {
  return run(catalog, call, {.name = CommandName::delete_, .experience = call.param("id")}, 200);
}

// POST /v1/experiences/{id}/{command}: the commands that take no definition.
Result<HttpResponse> command(Api&, Catalog& catalog, const Call& call) {
  const auto name = command_from(call.param("command"));
  if (!name || *name == CommandName::create || *name == CommandName::edit || *name == CommandName::delete_ ||
      *name == CommandName::epoch_bump) {
    std::vector<std::string> words;
    for (const CommandName known : {CommandName::submit, CommandName::withdraw, CommandName::request_changes, CommandName::approve,
                                    CommandName::activate, CommandName::unschedule, CommandName::stop, CommandName::pause,
                                    CommandName::resume, CommandName::close, CommandName::archive, CommandName::duplicate})
      words.emplace_back(to_text(known));
    return refuse(Code::not_found, "there is no command `" + call.param("command") + "`" + did_you_mean(call.param("command"), words));
  }
  auto body = json_body(call.request);
  if (!body) return body.error();
  Problems problems;
  Reader reader(*body, "$", problems);
  Command command{.name = *name, .experience = call.param("id")};
  command.message = reader.text("message").value_or("");
  if (*name == CommandName::approve) command.expected_hash = reader.text("hash").value_or("");
  if (*name == CommandName::submit) command.activate_on_approval = reader.boolean("activate_on_approval").value_or(false);
  if (*name == CommandName::duplicate) {
    const auto wanted = reader.text("new_id");
    command.new_id = wanted ? *wanted : next_free_id(catalog, command.experience, call.request.received);
  }
  if (*name == CommandName::duplicate || *name == CommandName::activate)
    if (const auto revision = reader.number("revision", 1, 1e9)) {
      command.revision = static_cast<int>(*revision);
      if (*command.revision != *revision) reader.report(Code::out_of_range, "revision", "a revision is a whole number");
    }
  reader.finish();
  if (has_errors(problems)) return refuse(Code::bad_request, std::move(problems), "the body has problems");
  return run(catalog, call, std::move(command), *name == CommandName::duplicate ? 201 : 200);
}

Result<HttpResponse> list(Api&, Catalog& catalog, const Call& call) {
  std::vector<Value> rows = catalog.experiences(call.request.received);
  if (const auto wanted = call.request.parameter("status"))
    std::erase_if(rows, [&](const Value& row) { return !row.string_or("status", "").starts_with(*wanted); });
  return json_response(Object{{"experiences", Array(rows.begin(), rows.end())}});
}

Result<HttpResponse> show(Api&, Catalog& catalog, const Call& call) {
  auto body = catalog.experience(call.param("id"), call.request.received);
  if (!body) return body.error();
  HttpResponse response = json_response(*body);
  response.headers.add("ETag", "\"" + to_json(*body->find("revision")) + "\"");
  return response;
}

Result<HttpResponse> receipt(Api& api, Catalog& catalog, const Call& call) {
  auto body = api.options().clocks ? catalog.receipt(call.param("id"), api.options().clocks())
                                   : catalog.receipt(call.param("id"), call.request.received);
  if (!body) return body.error();
  return json_response(*body);
}

// What submit and activate would refuse, without doing anything.
Result<HttpResponse> check(Api&, Catalog& catalog, const Call& call) {
  auto body = json_body(call.request);
  if (!body) return body.error();
  Array rows;
  const Problems problems = catalog.check(*body, call.request.received);
  for (const Problem& problem : problems)
    rows.push_back(
        Object{{"code", name(problem.code)}, {"place", problem.place}, {"message", problem.message}, {"warning", problem.is_warning}});
  return json_response(Object{{"ok", !has_errors(problems)}, {"problems", std::move(rows)}});
}

Result<HttpResponse> show_workspace(Api&, Catalog& catalog, const Call&) { return json_response(catalog.workspace()); }

// Body: {"workspace": document, "lists": {SHA-256: content}}.
Result<HttpResponse> configure(Api&, Catalog& catalog, const Call& call) {
  auto body = json_body(call.request);
  if (!body) return body.error();
  Problems problems;
  Reader reader(*body, "$", problems);
  const Value* document = reader.require("workspace");
  std::map<std::string, std::string> lists;
  if (const Object* members = reader.object("lists"))
    for (const auto& [hash, content] : *members) {
      if (content.is_string()) lists[hash] = content.string();
      else problems.push_back({Code::wrong_type, "$.lists." + hash, type_message("a string", content)});
    }
  reader.finish();
  if (has_errors(problems)) return refuse(Code::bad_request, std::move(problems), "the body has problems");
  auto answer = catalog.configure(*document, actor_of(call.caller), call.request.received, lists, call.request.request_id);
  if (!answer) return answer.error();
  return json_response(answer->body);
}

Result<HttpResponse> audit(Api&, Catalog& catalog, const Call& call) {
  std::int64_t after = 0, most = 1'000;
  for (auto [key, number] : {std::pair{"after", &after}, {"limit", &most}})
    if (const auto text = call.request.parameter(key)) {
      const auto end = std::from_chars(text->data(), text->data() + text->size(), *number);
      if (end.ec != std::errc() || end.ptr != text->data() + text->size() || *number < 0)
        return refuse(Code::usage, std::string("`") + key + "` is a whole number");
    }
  most = std::min<std::int64_t>(most, limits::audit_rows_max);
  // A row is written at once, since a page of them may be large: it ends before it gets too large to be taken.
  std::string body = "{\"entries\":[";
  std::int64_t count = 0;
  auto read = catalog.audit(after, std::string(call.request.parameter("experience").value_or("")), [&](const Value& row) {
    if (count == most || (count > 0 && body.size() > limits::audit_answer_bytes_max)) return false;
    if (count++ > 0) body += ',';
    body += to_json(row);
    return true;
  });
  if (!read) return read.error();
  return HttpResponse{.content_type = "application/json", .body = body + "],\"head\":" + std::to_string(catalog.head()) + "}"};
}

Result<HttpResponse> verify(Api&, Catalog& catalog, const Call&) {
  auto report = catalog.verify();
  if (!report) return report.error();
  return json_response(Object{{"workspace", catalog.name()},
                              {"entries", report->entries},
                              {"blobs", report->blobs},
                              {"head", Object{{"seq", report->head.seq}, {"chain", report->head.chain}}}});
}

Result<HttpResponse> epoch_bump(Api&, Catalog& catalog, const Call& call) {
  auto body = json_body(call.request);
  if (!body) return body.error();
  Problems problems;
  Reader reader(*body, "$", problems);
  Command command{.name = CommandName::epoch_bump};
  command.message = reader.text("message").value_or("");
  reader.finish();
  if (has_errors(problems)) return refuse(Code::bad_request, std::move(problems), "the body has problems");
  return run(catalog, call, std::move(command), 200);
}

}  // namespace

std::vector<Route> authoring_routes(Api& api) {
  const auto on_catalog = [&api](Handle handle) {
    return [&api, handle](const Call& call) {
      auto catalog = api.catalog_of(call);
      if (!catalog) return problem_response(catalog.error(), call.request);
      auto response = handle(api, **catalog, call);
      return response ? std::move(*response) : problem_response(response.error(), call.request);
    };
  };
  constexpr auto document = limits::document_bytes_max;
  // Which role a command needs is the lifecycle's to say; here it is enough to be somebody who may look.
  return {
      {"GET", "/v1/experiences", "viewer", 0, on_catalog(list), "all experiences with their status",
       "`?status=live` keeps those whose status begins with it."},
      {"POST", "/v1/experiences", "viewer", document, on_catalog(create), "create a draft", "Body: the definition. Answers 201."},
      {"POST", "/v1/check", "viewer", document, on_catalog(check), "what submit would refuse",
       "Body: a definition. Answers {\"ok\",\"problems\"}."},
      {"GET", "/v1/experiences/{id}", "viewer", 0, on_catalog(show), "one experience with its newest definition"},
      {"PUT", "/v1/experiences/{id}", "viewer", document, on_catalog(edit), "edit: a new revision",
       "Body: the definition. `If-Match: N` refuses with revision_conflict unless N is the newest revision."},
      {"DELETE", "/v1/experiences/{id}", "viewer", 0, on_catalog(remove), "delete a draft that was never live"},
      {"GET", "/v1/experiences/{id}/receipt", "viewer", 0, on_catalog(receipt), "how far its newest publish has got",
       "`visible_by`, `gone_by`; by node when it confirmed, or until when its lease lets it serve what was before. `status` is propagated "
       "when each has confirmed or ended."},
      {"POST", "/v1/experiences/{id}/{command}", "viewer", limits::command_bytes_max, on_catalog(command),
       "submit, withdraw, request_changes, approve, activate, unschedule, stop, pause, resume, close, archive, duplicate",
       "Body, all optional: {\"message\"}; submit {\"activate_on_approval\"}; approve {\"hash\"} of what was reviewed; duplicate "
       "{\"new_id\",\"revision\"}, else `ID-2` and so on. `Idempotency-Key` makes a retry safe."},
      {"GET", "/v1/workspace", "viewer", 0, on_catalog(show_workspace), "the workspace's document"},
      {"PUT", "/v1/workspace", "viewer", limits::body_bytes_max, on_catalog(configure), "replace the workspace's document",
       "Body: {\"workspace\", \"lists\": {SHA-256: content}}. Takes effect like a publish; refused where anything live would not compile."},
      {"GET", "/v1/audit", "viewer", 0, on_catalog(audit), "the journal: who did what, when",
       "`?after=SEQ`, `?limit=N`, `?experience=ID`. `from` and `to` are the hashes of the newest revision before and after the change, "
       "`live_from` and `live_to` of what is in force, where that changed."},
      {"GET", "/v1/audit/verify", "admin", 0, on_catalog(verify), "recompute the journal's hash chain",
       "Answers {\"workspace\",\"entries\",\"blobs\",\"head\":{\"seq\",\"chain\"}}; store_corrupt names the first entry that is not what "
       "was written."},
      {"POST", "/v1/epoch_bump", "viewer", limits::command_bytes_max, on_catalog(epoch_bump),
       "after a restore: end everything old and go on", "Body, optional: {\"message\"}."},
  };
}

}  // namespace footlight
