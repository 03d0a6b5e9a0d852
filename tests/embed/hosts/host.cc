// A host in C++: a workspace on a store of its own making, a function for its policies, tests, the lifecycle.
#include <footlight/footlight.h>

#include <cstdio>
#include <map>
#include <memory>

namespace {

using namespace footlight;

int failed(const Error& error) {
  std::fputs(to_text(error).c_str(), stderr);
  return 1;
}

// A store of the host's: one that counts what is appended, and leaves the rest to the one in memory.
class CountingStore : public Store {
 public:
  explicit CountingStore(std::unique_ptr<Store> store) : store_(std::move(store)) {}
  int appended = 0;

  std::string place() const override { return store_->place(); }
  Result<JournalEntry> append(std::string_view workspace, std::int64_t head, Draft draft) override {
    ++appended;
    return store_->append(workspace, head, std::move(draft));
  }
  Status read(std::string_view workspace, std::int64_t after, const std::function<bool(const JournalEntry&)>& each) override {
    return store_->read(workspace, after, each);
  }
  Result<Head> head(std::string_view workspace) override { return store_->head(workspace); }
  Result<std::optional<JournalEntry>> find_key(std::string_view workspace, std::string_view key) override {
    return store_->find_key(workspace, key);
  }
  Result<std::vector<std::string>> workspaces() override { return store_->workspaces(); }
  Result<VerifyReport> verify(std::string_view workspace) override { return store_->verify(workspace); }
  Result<std::string> put_blob(std::string_view bytes) override { return store_->put_blob(bytes); }
  Result<std::string> get_blob(std::string_view id) override { return store_->get_blob(id); }
  Result<std::optional<std::string>> setting(std::string_view workspace, std::string_view key) override {
    return store_->setting(workspace, key);
  }
  Status put_setting(std::string_view workspace, std::string_view key, std::string_view value) override {
    return store_->put_setting(workspace, key, value);
  }
  Result<std::string> put_setting_once(std::string_view workspace, std::string_view key, std::string_view value) override {
    return store_->put_setting_once(workspace, key, value);
  }
  Status add_token(const Token& token) override { return store_->add_token(token); }
  Result<std::optional<Token>> find_token(std::string_view hash) override { return store_->find_token(hash); }
  Result<std::vector<Token>> list_tokens(std::string_view workspace) override { return store_->list_tokens(workspace); }
  Status revoke_token(std::string_view name) override { return store_->revoke_token(name); }
  Result<std::optional<std::string>> meta(std::string_view name) override { return store_->meta(name); }
  Status set_meta(std::string_view name, std::string_view value) override { return store_->set_meta(name, value); }
  Status backup(const std::string& path) override { return store_->backup(path); }

 private:
  std::unique_ptr<Store> store_;
};

}  // namespace

int main() {
  const FileMap files = {{"workspace.lua", R"(workspace "kiosk" {
                            attributes = { sku = text {} },
                            surfaces = { screen = text { "kiosk://lobby/#screen", default = "Welcome" } },
                          })"},
                         {"experiences/offer.lua", R"(campaign "offer" {
                            show = { screen = function(p) return p.sku .. ": " .. stock(p.sku) .. " left" end },
                          })"},
                         {"tests/offer_test.lua", R"(test "the offer tells the stock" (function(t)
                            t:activate "offer"
                            t:profile({ sku = "tea" }):on "screen":contains "tea: 3 left"
                          end))"}};
  int events = 0;
  const RuntimeOptions options{.clock = [] { return *parse_instant("2026-12-01T09:00:00Z"); },
                               .events = [&](const Event&) { ++events; },
                               .log = [](const LogLine& line) { std::printf("log: %s\n", line.text.c_str()); },
                               .functions = {{"stock", [](const std::vector<Value>& arguments) -> Result<Value> {
                                                if (arguments.size() != 1 || arguments[0] != Value("tea"))
                                                  return refuse(Code::not_found, "no such sku");
                                                return Value(3);
                                              }}}};
  auto tested = Runtime::from_files(files, options);
  if (!tested) return failed(tested.error());
  auto results = tested->run_fixtures();
  if (!results) return failed(results.error());
  for (const FixtureResult& result : *results)
    std::printf("%s %s %s\n", result.passed ? "ok" : "FAILED", result.name.c_str(), result.message.c_str());

  auto memory = open_store("memory:");
  if (!memory) return failed(memory.error());
  const auto store = std::make_shared<CountingStore>(std::move(*memory));
  auto runtime = Runtime::from_store(store, "kiosk", options);
  if (!runtime) return failed(runtime.error());
  const Actor ann{"ann", {Role::author, Role::publisher}};
  if (auto taken = runtime->take_in(files, ann); !taken) return failed(taken.error());
  if (auto live = runtime->command({.name = CommandName::activate, .experience = "offer", .actor = ann}); !live)
    return failed(live.error());
  auto decision = runtime->decide({.attributes = Object{{"sku", "tea"}}, .surfaces = {"kiosk://lobby/#screen"}});
  if (!decision) return failed(decision.error());
  std::printf("%s\n%d events, %d entries in the journal, version %s\n", decision->propositions.at(0).content.c_str(), events,
              store->appended, std::string(version()).c_str());
  return version() == FOOTLIGHT_VERSION ? 0 : 1;
}
