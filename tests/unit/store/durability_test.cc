// What was acknowledged is there, whatever ends the process or fails under it.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "footlight/store.h"
#include "footlight/value.h"
#include "tests/contract/store_contract.h"
#include "tests/unit/store/scratch.h"
#include "tests/unit/store/sim_disk.h"

using namespace footlight;

namespace {

Draft draft_with_blob(int n) {
  Draft draft = draft_number(n);
  draft.blobs = {"blob of " + std::to_string(n) + std::string(static_cast<std::size_t>(n % 7) * 1500, '.')};
  return draft;
}

// The child's whole life: appends behind the head, and says each seq once it was accepted.
[[noreturn]] void append_until_killed(const std::string& path, int out) {
  auto store = open_store(path);
  if (!store.ok()) _exit(2);
  std::int64_t head = (*store)->head("shop")->seq;
  for (;;) {
    const auto entry = (*store)->append("shop", head, draft_with_blob(static_cast<int>(head + 1)));
    if (!entry.ok()) _exit(3);
    head = entry->seq;
    if (write(out, &head, sizeof head) != sizeof head) _exit(4);
  }
}

std::vector<std::string> chains_of(Store& store) {
  std::vector<std::string> chains;
  const Status read = store.read("shop", 0, [&](const JournalEntry& entry) {
    chains.push_back(entry.chain);
    return true;
  });
  REQUIRE(read.ok());
  return chains;
}

// Reads until `wanted` are in, or all there is (-1). Answers the last.
std::int64_t read_seqs(int in, long wanted) {
  std::int64_t seq = 0, last = 0;
  for (long n = 0; n != wanted && read(in, &seq, sizeof seq) == sizeof seq; ++n) last = seq;
  return last;
}

}  // namespace

TEST_CASE("fifty processes are killed while they append, and nothing they acknowledged is lost") {
  const Scratch scratch;
  const std::string path = scratch.file("store.db");
  std::mt19937 random(printed_seed());
  for (int round = 0; round < 50; ++round) {
    int pipes[2];
    REQUIRE(pipe(pipes) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      close(pipes[0]);
      append_until_killed(path, pipes[1]);
    }
    close(pipes[1]);
    const long wanted = static_cast<long>(random() % 20);
    std::int64_t acknowledged = read_seqs(pipes[0], wanted);
    REQUIRE(kill(child, SIGKILL) == 0);
    acknowledged = std::max(acknowledged, read_seqs(pipes[0], -1));
    close(pipes[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    INFO("round " << round << ", acknowledged up to " << acknowledged);
    REQUIRE(WIFSIGNALED(status));  // else it ended by itself, with what it could not do

    auto store = open_store(path);
    REQUIRE(store.ok());
    const auto report = (*store)->verify("shop");
    REQUIRE(report.ok());
    REQUIRE(report->head.seq >= acknowledged);
    REQUIRE(report->blobs == report->entries);
    int n = 0;
    REQUIRE((*store)
                ->read("shop", 0,
                       [&](const JournalEntry& entry) {
                         const Draft draft = draft_with_blob(++n);
                         if (entry.record != draft.record || entry.blobs[0] != sha256_hex(draft.blobs[0])) FAIL("entry " << n);
                         return true;
                       })
                .ok());
    REQUIRE(n == report->head.seq);
  }
}

TEST_CASE("a reader opens what a killed writer left, without a writer's help") {
  const Scratch scratch;
  const std::string path = scratch.file("store.db");
  int pipes[2];
  REQUIRE(pipe(pipes) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) append_until_killed(path, pipes[1]);
  close(pipes[1]);
  std::int64_t acknowledged = read_seqs(pipes[0], 5);
  REQUIRE(kill(child, SIGKILL) == 0);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  acknowledged = std::max(acknowledged, read_seqs(pipes[0], -1));
  close(pipes[0]);
  CHECK(std::filesystem::file_size(path + "-wal") > 0);
  auto store = open_store(path, Access::read_only);
  REQUIRE(store.ok());
  CHECK((*store)->verify("shop")->head.seq >= acknowledged);
}

TEST_CASE("a disk that fails at any write or sync costs no acknowledged entry") {
  struct Case {
    const char* what;
    int code;
    long lasts;
  };
  constexpr int appends = 6;
  const Case c = GENERATE(Case{"full for a moment", SQLITE_FULL, 1}, Case{"full from then on", SQLITE_FULL, 1'000'000},
                          Case{"broken for a moment", SQLITE_IOERR_WRITE, 1}, Case{"broken from then on", SQLITE_IOERR_WRITE, 1'000'000});
  DYNAMIC_SECTION(c.what) {
    SimDisk disk;
    bool failed_somewhere = true;
    int failures = 0;
    for (long operation = 0; failed_somewhere; ++operation) {
      REQUIRE(operation < 1'000);
      INFO("operation " << operation);
      const Scratch scratch;
      const std::string path = scratch.file("store.db");
      std::vector<std::string> acknowledged;  // chains
      const auto head = [&] { return static_cast<std::int64_t>(acknowledged.size()); };
      failed_somewhere = false;
      {
        auto store = open_store(path);
        REQUIRE(store.ok());
        disk.fail(operation, c.lasts, c.code);
        for (int n = 1; n <= appends; ++n) {
          const auto entry = (*store)->append("shop", head(), draft_with_blob(n));
          if (entry.ok()) {
            acknowledged.push_back(entry->chain);
          } else {
            INFO(entry.error().message);
            CHECK(name(entry.error().code) == name(Code::store_failed));
            CHECK_THAT(entry.error().message, Catch::Contains(path) && Catch::Contains("the disk"));
            failed_somewhere = true;
            ++failures;
          }
          CHECK((*store)->head("shop")->seq == head());  // the store goes on answering what is true
        }
        disk.work();
        const auto entry = (*store)->append("shop", head(), draft_with_blob(99));
        REQUIRE(entry.ok());  // and accepting, once the disk does
        acknowledged.push_back(entry->chain);
      }
      auto store = open_store(path);
      REQUIRE(store.ok());
      REQUIRE((*store)->verify("shop").ok());
      CHECK(chains_of(**store) == acknowledged);
    }
    CHECK(failures >= appends);
  }
}

TEST_CASE("a disk that fails while a store is made leaves one that can be opened later") {
  SimDisk disk;
  bool failed = true;
  int failures = 0;
  for (long operation = 0; failed; ++operation) {
    REQUIRE(operation < 1'000);
    INFO("operation " << operation);
    const Scratch scratch;
    disk.fail(operation, 1, SQLITE_FULL);
    const auto store = open_store(scratch.file("store.db"));
    failed = !store.ok();
    if (!failed) break;
    ++failures;
    CHECK(name(store.error().code) == name(Code::store_failed));
    disk.work();
    auto later = open_store(scratch.file("store.db"));
    REQUIRE(later.ok());
    CHECK((*later)->meta(store_meta::epoch)->value() == "1");
    CHECK((*later)->append("shop", 0, draft_with_blob(1)).ok());
  }
  CHECK(failures > 0);
}

TEST_CASE("a disk that fails while a backup is written leaves no copy behind") {
  SimDisk disk;
  const Scratch scratch;
  auto store = open_store(scratch.file("store.db"));
  REQUIRE(store.ok());
  REQUIRE((*store)->append("shop", 0, draft_with_blob(6)).ok());
  const std::string copy = scratch.file("copy.db");
  int failures = 0;
  for (long operation = 0;; ++operation) {
    REQUIRE(operation < 1'000);
    INFO("operation " << operation);
    disk.fail(operation, 1, SQLITE_FULL);
    const Status done = (*store)->backup(copy);
    if (done.ok()) break;
    ++failures;
    CHECK(name(done.error().code) == name(Code::store_failed));
    CHECK_FALSE(std::filesystem::exists(copy));
    CHECK_FALSE(std::filesystem::exists(copy + ".unfinished"));
  }
  CHECK(failures > 0);
  disk.work();
  CHECK((*open_store(copy))->verify("shop")->entries == 1);
}

TEST_CASE("nothing is on its way to the disk when an append returns") {
  SimDisk disk;
  const Scratch scratch;
  disk.watch(scratch.path().string());
  auto store = open_store(scratch.file("store.db"));
  REQUIRE(store.ok());
  for (int n = 1; n <= 20; ++n) {
    bool wrote = false;
    disk.before_operation = [&] { wrote = true; };
    REQUIRE((*store)->append("shop", n - 1, draft_with_blob(n)).ok());
    CHECK(wrote);
    CHECK(disk.all_synced());
  }
  disk.before_operation = [] {};
}

TEST_CASE("a power cut at any moment leaves every acknowledged entry and at most the one under way") {
  SimDisk disk;
  const Scratch scratch;
  const std::string path = scratch.file("store.db");
  std::mt19937 random(printed_seed());
  disk.watch(scratch.path().string());
  auto store = open_store(path);
  REQUIRE(store.ok());
  std::vector<std::string> chains;
  int cuts = 0;
  for (int n = 1; n <= 60; ++n) {
    Draft draft = draft_with_blob(n);
    if (n % 3 == 0) draft.record.assign(200'000 + static_cast<std::size_t>(n), 'r');  // so that checkpoints happen
    std::vector<std::map<std::string, std::string>> left;
    disk.before_operation = [&] {
      if (random() % (n % 3 == 0 ? 40 : 4) == 0) left.push_back(disk.after_power_cut(random));
    };
    const auto entry = (*store)->append("shop", n - 1, draft);
    REQUIRE(entry.ok());
    disk.before_operation = [] {};
    left.push_back(disk.after_power_cut(random));  // just after the acknowledgement
    chains.push_back(entry->chain);

    for (std::size_t cut = 0; cut < left.size(); ++cut) {
      INFO("entry " << n << ", cut " << cut);
      const Scratch after;
      for (const auto& [file, bytes] : left[cut])
        if (!bytes.empty()) std::ofstream(after.path() / std::filesystem::path(file).filename(), std::ios::binary) << bytes;
      auto revived = open_store(after.file("store.db"));
      REQUIRE(revived.ok());
      REQUIRE((*revived)->verify("shop").ok());
      const std::vector<std::string> found = chains_of(**revived);
      const bool is_acknowledged = cut + 1 == left.size();
      REQUIRE(found.size() <= chains.size());
      REQUIRE(found.size() >= chains.size() - (is_acknowledged ? 0 : 1));
      REQUIRE(std::equal(found.begin(), found.end(), chains.begin()));
      ++cuts;
    }
  }
  CHECK(cuts > 100);
}
