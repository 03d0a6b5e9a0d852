// The C interface over the public C++ headers, and nothing else of Footlight: each function is its C++ namesake
// with handles looked up before and an answer or error put under a handle behind.
#include "footlight_c.h"

#include <memory>
#include <mutex>
#include <string>

#include "documents.h"
#include "footlight/footlight.h"
#include "handles.h"

namespace footlight::c {
namespace {

// ---- what stands under handles

struct Options : Kept {
  static constexpr Kind kind = Kind::options;
  std::mutex mutex;
  RuntimeOptions options;
};

struct Opened : Kept {
  static constexpr Kind kind = Kind::runtime;
  explicit Opened(Runtime made) : runtime(std::move(made)) {}
  Runtime runtime;
};

// Decisions hold on to the request as it was when they began; who fills it then gets one of its own.
struct Asked : Kept {
  static constexpr Kind kind = Kind::request;
  std::mutex mutex;
  std::shared_ptr<Request> request = std::make_shared<Request>();
  std::optional<Instant> at;
};

struct Decided : Kept {
  static constexpr Kind kind = Kind::decision;
  explicit Decided(Decision made) : decision(std::move(made)) {}
  const Decision decision;
  std::once_flag written;
  std::string json;  // written when it is first asked for
};

struct Text : Kept {
  static constexpr Kind kind = Kind::text;
  explicit Text(std::string made) : text(std::move(made)) {}
  const std::string text;
};

struct Failure : Kept {
  static constexpr Kind kind = Kind::error;
  explicit Failure(const Error& error) : code(name(error.code)), message(error.message), json(to_json(error_document(error))) {}
  const std::string code, message, json;
};

struct Reply : Kept {
  static constexpr Kind kind = Kind::reply;
  std::mutex mutex;
  Result<Value> answer = Value();
};

// ---- handles to objects and back

template <class T>
class Held {
 public:
  explicit Held(void* handle) : pin_(Handles::instance().pin(handle, T::kind)) {}
  explicit operator bool() const { return pin_.get() != nullptr; }
  T* operator->() const { return static_cast<T*>(pin_.get()); }
  T& operator*() const { return *static_cast<T*>(pin_.get()); }

 private:
  Handles::Pin pin_;
};

Error not_a(const char* what) {
  return refuse(Code::usage, std::string("the handle is not a ") + what + ": it is NULL, was freed, or is of another kind");
}
Error missing(const char* argument) { return refuse(Code::usage, std::string("`") + argument + "` is NULL"); }

// Puts an object under a new handle.
template <class T, class Handle>
Status put(Handle** out, std::unique_ptr<T> object) {
  void* const handle = Handles::instance().add(T::kind, std::move(object));
  if (!handle) return refuse(Code::limit_exceeded, "there is no room for another handle; free those that are not needed");
  *out = static_cast<Handle*>(handle);
  return Done{};
}
Status put_text(footlight_text** out, std::string text) { return put(out, std::make_unique<Text>(std::move(text))); }

footlight_status failed(const Error& error, footlight_error** out) noexcept {
  if (out) {
    try {
      put(out, std::make_unique<Failure>(error)).ok();
    } catch (...) {  // no memory: the status alone tells
    }
  }
  return static_cast<footlight_status>(row(error.code).exit_code);
}

// Runs what a function does and makes a status of it: no exception passes into C.
template <class Work>
footlight_status call(footlight_error** error, Work&& work) noexcept {
  if (error) *error = nullptr;
  try {
    const Status done = work();
    return done ? FOOTLIGHT_OK : failed(done.error(), error);
  } catch (const std::bad_alloc&) { return FOOTLIGHT_BROKEN; } catch (const std::exception& thrown) {
    return failed(Error{Code::internal, thrown.what(), {}}, error);
  } catch (...) { return FOOTLIGHT_BROKEN; }
}

// The same for what gives something under a handle.
template <class Handle, class Work>
footlight_status call_for(Handle** out, footlight_error** error, Work&& work) noexcept {
  if (out) *out = nullptr;
  return call(error, [&]() -> Status {
    if (!out) return refuse(Code::usage, "there is nowhere to put what was asked for: the argument before `error` is NULL");
    return work();
  });
}

std::string_view text_of(const char* text, std::size_t size) {
  if (!text) return {};
  return size == FOOTLIGHT_ALL ? std::string_view(text) : std::string_view(text, size);
}

const char* given(const std::string& text, std::size_t* size) {
  if (size) *size = text.size();
  return text.c_str();
}
const char* nothing(std::size_t* size) {
  if (size) *size = 0;
  return nullptr;
}

Result<FileMap> files_of(const footlight_file* files, std::size_t count) {
  if (!files && count > 0) return missing("files");
  FileMap map;
  for (std::size_t i = 0; i < count; ++i) {
    if (!files[i].path) return missing("path");
    if (!files[i].bytes && files[i].size > 0) return missing("bytes");
    if (!map.emplace(files[i].path, text_of(files[i].bytes, files[i].size)).second)
      return refuse(Code::duplicate_id, std::string("the file `") + files[i].path + "` is given twice");
  }
  return map;
}

// ---- callbacks

// What a function of the host's answers through the reply that is lent to it.
Result<Value> answer_of(footlight_function function, void* context, const std::string& json) {
  footlight_reply* lent = nullptr;
  if (auto done = put(&lent, std::make_unique<Reply>()); !done) return done.error();
  function(context, json.data(), json.size(), lent);
  Result<Value> answer = Value();
  {
    const Held<Reply> reply(lent);
    if (!reply) return refuse(Code::usage, "the function freed its reply");
    const std::lock_guard lock(reply->mutex);
    answer = std::move(reply->answer);
  }
  Handles::instance().free(lent);
  return answer;
}

template <class Change>
footlight_status change_options(footlight_options* options, footlight_error** error, Change&& change) {
  return call(error, [&]() -> Status {
    const Held<Options> held(options);
    if (!held) return not_a("footlight_options");
    const std::lock_guard lock(held->mutex);
    return change(held->options);
  });
}

template <class Change>
footlight_status change_request(footlight_request* request, footlight_error** error, Change&& change) {
  return call(error, [&]() -> Status {
    const Held<Asked> held(request);
    if (!held) return not_a("footlight_request");
    const std::lock_guard lock(held->mutex);
    if (held->request.use_count() > 1) held->request = std::make_shared<Request>(*held->request);
    return change(*held);
  });
}

Status set_member(Value& bag, const char* name, Value value) {
  if (!name) return missing("attribute");
  bag.object()[name] = std::move(value);
  return Done{};
}

template <class Open>
footlight_status open(footlight_options* options, footlight_runtime** runtime, footlight_error** error, Open&& open_with) {
  return call_for(runtime, error, [&]() -> Status {
    RuntimeOptions chosen;
    if (options) {
      const Held<Options> held(options);
      if (!held) return not_a("footlight_options");
      const std::lock_guard lock(held->mutex);
      chosen = held->options;
    }
    Result<Runtime> opened = open_with(std::move(chosen));
    if (!opened) return opened.error();
    return put(runtime, std::make_unique<Opened>(std::move(*opened)));
  });
}

// What most functions of a runtime are: it is there, they give a text.
template <class Ask>
footlight_status ask(footlight_runtime* runtime, footlight_text** out, footlight_error** error, Ask&& question) {
  return call_for(out, error, [&]() -> Status {
    const Held<Opened> opened(runtime);
    if (!opened) return not_a("footlight_runtime");
    Result<std::string> answer = question(opened->runtime);
    if (!answer) return answer.error();
    return put_text(out, std::move(*answer));
  });
}

Result<std::string> as_json(Result<Value> value) {
  if (!value) return value.error();
  return to_json(*value);
}

template <class Decide>
footlight_status decide(footlight_runtime* runtime, footlight_request* request, footlight_decision** decision, footlight_error** error,
                        Decide&& how) {
  return call_for(decision, error, [&]() -> Status {
    const Held<Opened> opened(runtime);
    if (!opened) return not_a("footlight_runtime");
    const Held<Asked> asked(request);
    if (!asked) return not_a("footlight_request");
    std::unique_lock lock(asked->mutex);
    const std::shared_ptr<const Request> as_it_is = asked->request;
    const std::optional<Instant> at = asked->at;
    lock.unlock();
    Result<Decision> made = how(opened->runtime, *as_it_is, at);
    if (!made) return made.error();
    return put(decision, std::make_unique<Decided>(std::move(*made)));
  });
}

const std::string* field_of(const Proposition& shown, footlight_field field) {
  static const std::string formats[] = {std::string(to_text(Format::html)), std::string(to_text(Format::json)),
                                        std::string(to_text(Format::text))};
  switch (field) {
    case FOOTLIGHT_CONTENT: return &shown.content;
    case FOOTLIGHT_SURFACE: return &shown.surface;
    case FOOTLIGHT_ELEMENT: return &shown.element;
    case FOOTLIGHT_EXPERIENCE: return &shown.experience;
    case FOOTLIGHT_ACTION: return &shown.action;
    case FOOTLIGHT_TREATMENT: return &shown.treatment;
    case FOOTLIGHT_CONFIGURATION: return &shown.configuration;
    case FOOTLIGHT_FORMAT: return &formats[static_cast<int>(shown.format)];
    case FOOTLIGHT_TOKEN: return &shown.token;
  }
  return nullptr;
}

template <class T, class Handle>
Handle* made() noexcept {
  Handle* handle = nullptr;
  call_for(&handle, nullptr, [&] { return put(&handle, std::make_unique<T>()); });
  return handle;
}

}  // namespace
}  // namespace footlight::c

// ---- the interface, in the order of the header

using namespace footlight;
using namespace footlight::c;

const char* footlight_version(void) { return FOOTLIGHT_VERSION; }

footlight_status footlight_free(void* handle) { return !handle || Handles::instance().free(handle) ? FOOTLIGHT_OK : FOOTLIGHT_WRONG_CALL; }

const char* footlight_error_code(footlight_error* error) {
  const Held<Failure> held(error);
  return held ? held->code.c_str() : nullptr;
}

const char* footlight_error_message(footlight_error* error) {
  const Held<Failure> held(error);
  return held ? held->message.c_str() : nullptr;
}

const char* footlight_error_json(footlight_error* error, size_t* size) {
  const Held<Failure> held(error);
  return held ? given(held->json, size) : nothing(size);
}

const char* footlight_text_data(footlight_text* text, size_t* size) {
  const Held<Text> held(text);
  return held ? given(held->text, size) : nothing(size);
}

footlight_options* footlight_options_new(void) { return made<Options, footlight_options>(); }

footlight_status footlight_options_clock(footlight_options* options, footlight_clock now, void* context, footlight_error** error) {
  return change_options(options, error, [&](RuntimeOptions& chosen) -> Status {
    if (!now) return missing("now");
    chosen.clock = [now, context] { return Instant{now(context)}; };
    return Done{};
  });
}

footlight_status footlight_options_events(footlight_options* options, footlight_events sink, void* context, footlight_error** error) {
  return change_options(options, error, [&](RuntimeOptions& chosen) -> Status {
    if (!sink) return missing("sink");
    chosen.events = [sink, context](const Event& event) {
      const std::string json = to_json(event_document(event));
      sink(context, json.data(), json.size());
    };
    return Done{};
  });
}

footlight_status footlight_options_log(footlight_options* options, footlight_log sink, void* context, footlight_error** error) {
  return change_options(options, error, [&](RuntimeOptions& chosen) -> Status {
    if (!sink) return missing("sink");
    chosen.log = [sink, context](const LogLine& line) {
      sink(context, static_cast<footlight_level>(line.level), line.text.c_str(), line.text.size());
    };
    return Done{};
  });
}

footlight_status footlight_options_function(footlight_options* options, const char* name, footlight_function function, void* context,
                                            footlight_error** error) {
  return change_options(options, error, [&](RuntimeOptions& chosen) -> Status {
    if (!name) return missing("name");
    if (!function) return missing("function");
    chosen.functions[name] = [function, context](const std::vector<Value>& arguments) {
      return answer_of(function, context, to_json(Value(Array(arguments))));
    };
    return Done{};
  });
}

footlight_status footlight_options_attributes(footlight_options* options, footlight_function provider, void* context,
                                              footlight_error** error) {
  return change_options(options, error, [&](RuntimeOptions& chosen) -> Status {
    if (!provider) return missing("provider");
    chosen.attributes.push_back(
        [provider, context](const Request& request) { return answer_of(provider, context, to_json(request_document(request))); });
    return Done{};
  });
}

footlight_status footlight_options_secret(footlight_options* options, const char* secret, footlight_error** error) {
  return change_options(options, error, [&](RuntimeOptions& chosen) -> Status {
    if (!secret) return missing("secret");
    chosen.secret = secret;
    return Done{};
  });
}

footlight_status footlight_options_policy_deadline(footlight_options* options, int64_t milliseconds, footlight_error** error) {
  return change_options(options, error, [&](RuntimeOptions& chosen) -> Status {
    if (milliseconds <= 0) return refuse(Code::out_of_range, "a deadline is at least one millisecond");
    chosen.policy_deadline = Duration{milliseconds};
    return Done{};
  });
}

footlight_status footlight_options_window(footlight_options* options, int64_t milliseconds, footlight_error** error) {
  return change_options(options, error, [&](RuntimeOptions& chosen) -> Status {
    auto window = Window::of(Duration{milliseconds});
    if (!window) return window.error();
    chosen.window = *window;
    return Done{};
  });
}

footlight_status footlight_reply_json(footlight_reply* reply, const char* json, size_t size) {
  return call(nullptr, [&]() -> Status {
    const Held<Reply> held(reply);
    if (!held) return not_a("footlight_reply");
    auto answer = parse_json(text_of(json, size));
    const bool is_json = answer.ok();
    const std::lock_guard lock(held->mutex);
    held->answer = std::move(answer);
    if (!is_json) return held->answer.error();  // the caller hears of it here, the script when it goes on
    return Done{};
  });
}

footlight_status footlight_reply_error(footlight_reply* reply, const char* message) {
  return call(nullptr, [&]() -> Status {
    const Held<Reply> held(reply);
    if (!held) return not_a("footlight_reply");
    const std::lock_guard lock(held->mutex);
    held->answer = refuse(Code::script_error, message ? message : "the host's function failed");
    return Done{};
  });
}

footlight_status footlight_open_folder(const char* path, footlight_options* options, footlight_runtime** runtime, footlight_error** error) {
  return open(options, runtime, error, [&](RuntimeOptions chosen) -> Result<Runtime> {
    if (!path) return missing("path");
    return Runtime::from_folder(path, std::move(chosen));
  });
}

footlight_status footlight_open_files(const footlight_file* files, size_t count, footlight_options* options, footlight_runtime** runtime,
                                      footlight_error** error) {
  return open(options, runtime, error, [&](RuntimeOptions chosen) -> Result<Runtime> {
    auto map = files_of(files, count);
    if (!map) return map.error();
    return Runtime::from_files(std::move(*map), std::move(chosen));
  });
}

footlight_status footlight_open_store(const char* address, const char* workspace, footlight_options* options, footlight_runtime** runtime,
                                      footlight_error** error) {
  return open(options, runtime, error, [&](RuntimeOptions chosen) -> Result<Runtime> {
    if (!address) return missing("address");
    if (!workspace) return missing("workspace");
    auto store = open_store(address);
    if (!store) return store.error();
    return Runtime::from_store(std::move(*store), workspace, std::move(chosen));
  });
}

footlight_status footlight_follow(const char* server, const char* token, const char* workspace, const char* node, const char* store,
                                  footlight_options* options, footlight_runtime** runtime, footlight_error** error) {
  return open(options, runtime, error, [&](RuntimeOptions chosen) -> Result<Runtime> {
    if (!server) return missing("server");
    if (!token) return missing("token");
    if (!workspace) return missing("workspace");
    FollowOptions whom{.server = server, .token = token, .workspace = workspace, .node = node ? node : ""};
    if (store) {
      auto opened = open_store(store);
      if (!opened) return opened.error();
      whom.store = std::move(*opened);
    }
    return Runtime::follow(std::move(whom), std::move(chosen));
  });
}

footlight_status footlight_following(footlight_runtime* runtime, footlight_text** standing, footlight_error** error) {
  return ask(runtime, standing, error, [](Runtime& opened) -> Result<std::string> {
    auto following = opened.following();
    if (!following) return following.error();
    return to_json(following_document(*following));
  });
}

footlight_status footlight_reload(footlight_runtime* runtime, footlight_error** error) {
  return call(error, [&]() -> Status {
    const Held<Opened> opened(runtime);
    return opened ? opened->runtime.reload() : not_a("footlight_runtime");
  });
}

footlight_status footlight_reload_files(footlight_runtime* runtime, const footlight_file* files, size_t count, footlight_error** error) {
  return call(error, [&]() -> Status {
    const Held<Opened> opened(runtime);
    if (!opened) return not_a("footlight_runtime");
    auto map = files_of(files, count);
    if (!map) return map.error();
    return opened->runtime.reload(std::move(*map));
  });
}

footlight_status footlight_problems(footlight_runtime* runtime, footlight_text** problems, footlight_error** error) {
  return ask(runtime, problems, error,
             [](Runtime& opened) -> Result<std::string> { return to_json(problems_document(opened.problems())); });
}

footlight_status footlight_run_fixtures(footlight_runtime* runtime, const char* filter, footlight_text** results, footlight_error** error) {
  return ask(runtime, results, error, [&](Runtime& opened) -> Result<std::string> {
    auto run = opened.run_fixtures(filter ? filter : "");
    if (!run) return run.error();
    return to_json(fixtures_document(*run));
  });
}

footlight_status footlight_decide_json(footlight_runtime* runtime, const char* request, size_t size, footlight_text** answer,
                                       footlight_error** error) {
  return ask(runtime, answer, error, [&](Runtime& opened) { return opened.decide(text_of(request, size)); });
}

footlight_status footlight_explain_json(footlight_runtime* runtime, const char* request, size_t size, footlight_text** answer,
                                        footlight_error** error) {
  return ask(runtime, answer, error, [&](Runtime& opened) { return opened.explain(text_of(request, size)); });
}

footlight_request* footlight_request_new(void) { return made<Asked, footlight_request>(); }

footlight_status footlight_request_surface(footlight_request* request, const char* uri, footlight_error** error) {
  return change_request(request, error, [&](Asked& asked) -> Status {
    if (!uri) return missing("uri");
    asked.request->surfaces.emplace_back(uri);
    return Done{};
  });
}

footlight_status footlight_request_identity(footlight_request* request, const char* name_space, const char* id, footlight_error** error) {
  return change_request(request, error, [&](Asked& asked) -> Status {
    if (!id) return missing("id");
    asked.request->identity = {name_space ? name_space : "", id};
    return Done{};
  });
}

footlight_status footlight_request_text(footlight_request* request, const char* attribute, const char* value, footlight_error** error) {
  return change_request(request, error, [&](Asked& asked) -> Status {
    if (!value) return missing("value");
    return set_member(asked.request->attributes, attribute, value);
  });
}

footlight_status footlight_request_number(footlight_request* request, const char* attribute, double value, footlight_error** error) {
  return change_request(request, error, [&](Asked& asked) { return set_member(asked.request->attributes, attribute, value); });
}

footlight_status footlight_request_truth(footlight_request* request, const char* attribute, int value, footlight_error** error) {
  return change_request(request, error, [&](Asked& asked) { return set_member(asked.request->attributes, attribute, value != 0); });
}

footlight_status footlight_request_json(footlight_request* request, const char* attribute, const char* json, size_t size,
                                        footlight_error** error) {
  return change_request(request, error, [&](Asked& asked) -> Status {
    auto value = parse_json(text_of(json, size));
    if (!value) return value.error();
    return set_member(asked.request->attributes, attribute, std::move(*value));
  });
}

footlight_status footlight_request_context(footlight_request* request, const char* name, const char* json, size_t size,
                                           footlight_error** error) {
  return change_request(request, error, [&](Asked& asked) -> Status {
    if (!name) return missing("name");
    auto value = parse_json(text_of(json, size));
    if (!value) return value.error();
    return set_member(asked.request->context, name, std::move(*value));
  });
}

footlight_status footlight_request_at(footlight_request* request, int64_t instant, footlight_error** error) {
  return change_request(request, error, [&](Asked& asked) -> Status {
    asked.at = Instant{instant};
    return Done{};
  });
}

footlight_status footlight_decide(footlight_runtime* runtime, footlight_request* request, footlight_decision** decision,
                                  footlight_error** error) {
  return decide(runtime, request, decision, error,
                [](const Runtime& opened, const Request& asked, std::optional<Instant> at) { return opened.decide(asked, at); });
}

footlight_status footlight_explain(footlight_runtime* runtime, footlight_request* request, footlight_decision** decision,
                                   footlight_error** error) {
  return decide(runtime, request, decision, error,
                [](const Runtime& opened, const Request& asked, std::optional<Instant> at) { return opened.explain(asked, at); });
}

size_t footlight_decision_count(footlight_decision* decision) {
  const Held<Decided> held(decision);
  return held ? held->decision.propositions.size() : 0;
}

const char* footlight_decision_get(footlight_decision* decision, size_t item, footlight_field field, size_t* size) {
  const Held<Decided> held(decision);
  if (!held || item >= held->decision.propositions.size()) return nothing(size);
  const std::string* text = field_of(held->decision.propositions[item], field);
  return text ? given(*text, size) : nothing(size);
}

const char* footlight_decision_json(footlight_decision* decision, size_t* size) {
  const Held<Decided> held(decision);
  if (!held) return nothing(size);
  try {
    std::call_once(held->written, [&] { held->json = to_json(held->decision); });
  } catch (...) { return nothing(size); }
  return given(held->json, size);
}

const char* footlight_decision_reason(footlight_decision* decision, size_t* size) {
  const Held<Decided> held(decision);
  return held ? given(held->decision.reason, size) : nothing(size);
}

footlight_status footlight_record(footlight_runtime* runtime, const char* kind, const char* token, const char* name_space, const char* id,
                                  footlight_error** error) {
  return call(error, [&]() -> Status {
    const Held<Opened> opened(runtime);
    if (!opened) return not_a("footlight_runtime");
    if (!kind) return missing("kind");
    if (!token) return missing("token");
    return opened->runtime.record(kind, token, {name_space ? name_space : "", id ? id : ""});
  });
}

footlight_status footlight_command(footlight_runtime* runtime, const char* command, size_t size, footlight_text** answer,
                                   footlight_error** error) {
  return ask(runtime, answer, error, [&](Runtime& opened) -> Result<std::string> {
    auto asked = command_from_document(text_of(command, size));
    if (!asked) return asked.error();
    auto done = opened.command(std::move(asked->command), asked->key);
    if (!done) return done.error();
    return to_json(Value(Object{{"body", std::move(done->body)}, {"is_repeat", done->is_repeat}}));
  });
}

footlight_status footlight_take_in(footlight_runtime* runtime, const char* folder, const char* actor, size_t size, footlight_text** taken,
                                   footlight_error** error) {
  return ask(runtime, taken, error, [&](Runtime& opened) -> Result<std::string> {
    if (!folder) return missing("folder");
    auto who = actor_from_document(text_of(actor, size));
    if (!who) return who.error();
    auto rows = opened.take_in(std::string(folder), *who);
    if (!rows) return rows.error();
    return to_json(taken_document(*rows));
  });
}

footlight_status footlight_take_in_files(footlight_runtime* runtime, const footlight_file* files, size_t count, const char* actor,
                                         size_t size, footlight_text** taken, footlight_error** error) {
  return ask(runtime, taken, error, [&](Runtime& opened) -> Result<std::string> {
    auto map = files_of(files, count);
    if (!map) return map.error();
    auto who = actor_from_document(text_of(actor, size));
    if (!who) return who.error();
    auto rows = opened.take_in(std::move(*map), *who);
    if (!rows) return rows.error();
    return to_json(taken_document(*rows));
  });
}

footlight_status footlight_experience(footlight_runtime* runtime, const char* id, footlight_text** experience, footlight_error** error) {
  return ask(runtime, experience, error, [&](Runtime& opened) -> Result<std::string> {
    if (!id) return missing("id");
    return as_json(opened.experience(id));
  });
}

footlight_status footlight_experiences(footlight_runtime* runtime, footlight_text** experiences, footlight_error** error) {
  return ask(runtime, experiences, error, [](Runtime& opened) { return as_json(opened.experiences()); });
}

footlight_status footlight_receipt(footlight_runtime* runtime, const char* id, footlight_text** receipt, footlight_error** error) {
  return ask(runtime, receipt, error, [&](Runtime& opened) -> Result<std::string> {
    if (!id) return missing("id");
    return as_json(opened.receipt(id));
  });
}
