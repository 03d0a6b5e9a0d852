// One writer, any number of readers; backups beside them.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "footlight/store.h"
#include "tests/contract/store_contract.h"
#include "tests/unit/store/scratch.h"

using namespace footlight;

namespace {

void refused(const Result<std::unique_ptr<Store>>& store, Code code, const std::string& says) {
  REQUIRE_FALSE(store.ok());
  INFO(store.error().message);
  CHECK(name(store.error().code) == name(code));
  CHECK_THAT(store.error().message, Catch::Contains(says));
}

}  // namespace

TEST_CASE("a store is open for writing once, whatever its path is called") {
  const Scratch scratch;
  const std::string path = scratch.file("store.db");
  std::filesystem::create_symlink(path, scratch.file("link.db"));
  {
    auto store = open_store(path);
    REQUIRE(store.ok());
    const std::string who = "open for writing in process " + std::to_string(getpid());
    refused(open_store(path), Code::store_failed, who);
    refused(open_store(scratch.file("link.db")), Code::store_failed, who);
    refused(open_store((scratch.path() / "." / "store.db").string()), Code::store_failed, who);
    // A refused opening takes nothing from the one who has it.
    CHECK((*store)->append("shop", 0, draft_number(1)).ok());
    refused(open_store(path), Code::store_failed, who);
  }
  CHECK((*open_store(scratch.file("link.db")))->head("shop")->seq == 1);
}

TEST_CASE("a second process is refused while the first lives, and let in when it was killed") {
  const Scratch scratch;
  const std::string path = scratch.file("store.db");
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto store = open_store(path);
    const char said = store.ok() ? 'y' : 'n';
    if (write(ready[1], &said, 1) == 1) pause();
    _exit(1);
  }
  char said = 0;
  REQUIRE(read(ready[0], &said, 1) == 1);
  REQUIRE(said == 'y');
  refused(open_store(path), Code::store_failed, "open for writing in process " + std::to_string(child));
  CHECK(open_store(path, Access::read_only).ok());
  REQUIRE(kill(child, SIGKILL) == 0);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  CHECK(open_store(path).ok());
  close(ready[0]);
  close(ready[1]);
}

TEST_CASE("readers open the file beside its writer, see what it accepts, and write nothing") {
  const Scratch scratch;
  const std::string path = scratch.file("store.db");
  auto writer = open_store(path);
  auto reader = open_store(path, Access::read_only);
  REQUIRE(reader.ok());
  Draft draft = draft_number(1);
  draft.blobs = {"blob"};
  const auto entry = (*writer)->append("shop", 0, draft);
  REQUIRE(entry.ok());
  CHECK(*(*reader)->head("shop") == Head{.seq = 1, .chain = entry->chain});
  CHECK(*(*reader)->get_blob(entry->blobs[0]) == "blob");
  CHECK((*reader)->verify("shop")->entries == 1);

  const auto only_read = [](const auto& result) {
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == Code::usage);
    CHECK_THAT(result.error().message, Catch::Contains("it was opened read-only"));
  };
  only_read((*reader)->append("shop", 1, draft_number(2)));
  only_read((*reader)->put_blob("x"));
  only_read((*reader)->put_setting("shop", "k", "v"));
  only_read((*reader)->put_setting_once("shop", "k", "v"));
  only_read((*reader)->add_token({.hash = "h", .name = "n", .roles = "viewer", .workspace = "*"}));
  only_read((*reader)->revoke_token("n"));
  only_read((*reader)->set_meta("m", "v"));
}

TEST_CASE("everything is there when the file is opened again, and only its owner may read it") {
  const Scratch scratch;
  const std::string path = scratch.file("store.db");
  const Token token{.hash = "h", .name = "n", .roles = "viewer", .workspace = "*", .created = {5}};
  std::string id, blob;
  {
    auto store = open_store(path);
    REQUIRE(store.ok());
    id = (*store)->meta(store_meta::store_id)->value();
    REQUIRE((*store)->append("shop", 0, draft_number(1)).ok());
    REQUIRE((*store)->put_setting("shop", "k", "v").ok());
    REQUIRE((*store)->add_token(token).ok());
    REQUIRE((*store)->set_meta(store_meta::epoch, "3").ok());
    blob = (*store)->put_blob("bytes").value();
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
      struct stat status;
      INFO(suffix);
      REQUIRE(stat((path + suffix).c_str(), &status) == 0);
      CHECK((status.st_mode & 0777) == 0600);
    }
  }
  auto store = open_store(path);
  REQUIRE(store.ok());
  CHECK((*store)->meta(store_meta::store_id)->value() == id);
  CHECK((*store)->meta(store_meta::epoch)->value() == "3");
  CHECK((*store)->verify("shop")->entries == 1);
  CHECK((*store)->setting("shop", "k")->value() == "v");
  CHECK((*store)->find_token("h")->value() == token);
  CHECK(*(*store)->get_blob(blob) == "bytes");
}

TEST_CASE("a backup made while writing is whole, fenced, and does not overwrite") {
  const Scratch scratch;
  auto opened = open_store(scratch.file("store.db"));
  REQUIRE(opened.ok());
  Store& store = **opened;
  for (int n = 1; n <= 50; ++n) REQUIRE(store.append("shop", n - 1, draft_number(n)).ok());

  std::atomic<bool> is_over = false, failed = false;
  std::thread writer([&] {
    for (int n = 51; !is_over; ++n)
      if (!store.append("shop", n - 1, draft_number(n)).ok()) failed = true;
  });
  const std::string copy_path = scratch.file("copy.db");
  const Status done = store.backup(copy_path);
  is_over = true;
  writer.join();
  REQUIRE(done.ok());
  CHECK_FALSE(failed);
  CHECK_FALSE(std::filesystem::exists(copy_path + ".unfinished"));
  CHECK_FALSE(std::filesystem::exists(copy_path + "-wal"));

  auto copy = open_store(copy_path);
  REQUIRE(copy.ok());
  const auto report = (*copy)->verify("shop");
  REQUIRE(report.ok());
  CHECK(report->entries >= 50);
  CHECK((*copy)->meta(store_meta::store_id)->value() == store.meta(store_meta::store_id)->value());
  CHECK((*copy)->meta(store_meta::fenced)->value() == "1");
  CHECK(store.meta(store_meta::fenced)->value() == "0");
  CHECK((*copy)->append("shop", report->head.seq, draft_number(100'000)).ok());

  const Status again = store.backup(copy_path);
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().code == Code::already_exists);
  CHECK_THAT(again.error().message, Catch::Contains(copy_path) && Catch::Contains("name another path"));
  CHECK(store.backup(scratch.file("none/copy.db")).error().code == Code::unreadable_file);
}

TEST_CASE("a reader can make the backup too") {
  const Scratch scratch;
  REQUIRE((*open_store(scratch.file("store.db")))->append("shop", 0, draft_number(1)).ok());
  REQUIRE((*open_store(scratch.file("store.db"), Access::read_only))->backup(scratch.file("copy.db")).ok());
  CHECK((*open_store(scratch.file("copy.db")))->verify("shop")->entries == 1);
}

TEST_CASE("a memory store has no backup, and says what to do instead") {
  const Scratch scratch;
  const Status done = (*open_store("memory:"))->backup(scratch.file("copy.db"));
  REQUIRE_FALSE(done.ok());
  CHECK(done.error().code == Code::usage);
  CHECK_THAT(done.error().message, Catch::Contains("open a file instead"));
}
