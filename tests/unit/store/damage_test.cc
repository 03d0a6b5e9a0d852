// Files that are not a store, no longer one, or not what was written.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <optional>

#include "base/limits.h"
#include "footlight/store.h"
#include "tests/contract/store_contract.h"
#include "tests/unit/store/scratch.h"

using namespace footlight;

namespace {

// A store of five entries; the third brings a blob.
std::string small_store(const Scratch& scratch, const std::string& name = "store.db") {
  const std::string path = scratch.file(name);
  auto store = open_store(path);
  REQUIRE(store.ok());
  for (int n = 1; n <= 5; ++n) {
    Draft draft = draft_number(n);
    if (n == 3) draft.blobs = {"<p>fragment</p>"};
    REQUIRE((*store)->append("shop", n - 1, draft).ok());
  }
  return path;
}

void write_file(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Without root's licence to write everywhere, for permission bits to mean something.
class AsNobody {
 public:
  AsNobody() : was_root_(geteuid() == 0) {
    if (was_root_) REQUIRE(seteuid(65534) == 0);
  }
  ~AsNobody() {
    if (was_root_ && seteuid(0) != 0) std::abort();
  }

 private:
  bool was_root_;
};

}  // namespace

TEST_CASE("what is not a store is refused with its path and the way out") {
  struct Case {
    const char* what;
    std::function<std::string(const Scratch&)> prepare;  // answers the path
    Access access;
    Code code;
    const char* says;
    bool as_nobody = false;
  };
  const auto write = Access::read_write, read = Access::read_only;
  const std::vector<Case> cases{
      {"a directory", [](const Scratch& s) { return s.path().string(); }, write, Code::unreadable_file,
       "it is a directory: name a file in it"},
      {"a missing directory", [](const Scratch& s) { return s.file("none/store.db"); }, write, Code::unreadable_file,
       "does not exist: make it first"},
      {"a missing file", [](const Scratch& s) { return s.file("none.db"); }, read, Code::unreadable_file, "there is no such file"},
      {"a pipe",
       [](const Scratch& s) {
         REQUIRE(mkfifo(s.file("pipe").c_str(), 0600) == 0);
         return s.file("pipe");
       },
       write, Code::unreadable_file, "it is not a plain file"},
      {"a path through a file",
       [](const Scratch& s) {
         write_file(s.file("a"), "x");
         return s.file("a/store.db");
       },
       write, Code::unreadable_file, "store.db"},
      {"a link to itself",
       [](const Scratch& s) {
         std::filesystem::create_symlink(s.file("loop"), s.file("loop"));
         return s.file("loop");
       },
       write, Code::unreadable_file, "its path cannot be followed"},
      {"a text",
       [](const Scratch& s) {
         write_file(s.file("a.db"), std::string(5000, 'x'));
         return s.file("a.db");
       },
       write, Code::unreadable_file, "it is not a SQLite database"},
      {"a short text",
       [](const Scratch& s) {
         write_file(s.file("a.db"), "hello");
         return s.file("a.db");
       },
       write, Code::unreadable_file, "it is not a SQLite database"},
      {"an empty file",
       [](const Scratch& s) {
         write_file(s.file("a.db"), "");
         return s.file("a.db");
       },
       read, Code::unreadable_file, "it is empty"},
      {"another program's database",
       [](const Scratch& s) {
         run_sql(s.file("a.db"), "CREATE TABLE t (x); PRAGMA user_version = 1");
         return s.file("a.db");
       },
       write, Code::unreadable_file, "another program's SQLite database"},
      {"another program's marked database",
       [](const Scratch& s) {
         run_sql(s.file("a.db"), "PRAGMA application_id = 7");
         return s.file("a.db");
       },
       write, Code::unreadable_file, "another program's SQLite database"},
      {"a newer schema",
       [](const Scratch& s) {
         const auto p = small_store(s);
         run_sql(p, "PRAGMA user_version = 99");
         return p;
       },
       write, Code::unreadable_file, "it has schema 99, this version knows 1 at most: use the version that wrote it"},
      {"a newer schema, to read",
       [](const Scratch& s) {
         const auto p = small_store(s);
         run_sql(p, "PRAGMA user_version = 2");
         return p;
       },
       read, Code::unreadable_file, "it has schema 2"},
      {"an older schema, to read",
       [](const Scratch& s) {
         const auto p = small_store(s);
         run_sql(p, "PRAGMA user_version = 0");
         return p;
       },
       read, Code::unreadable_file, "open it for writing once"},
      {"half of a store",
       [](const Scratch& s) {
         const auto p = small_store(s);
         std::filesystem::resize_file(p, std::filesystem::file_size(p) / 2);
         return p;
       },
       write, Code::store_corrupt, "the file is damaged"},
      {"a store without its last page",
       [](const Scratch& s) {
         const auto p = small_store(s);
         std::filesystem::resize_file(p, std::filesystem::file_size(p) - 4096);
         return p;
       },
       write, Code::store_corrupt, "restore a backup"},
      {"a directory that may not be written to",
       [](const Scratch& s) {
         std::filesystem::permissions(s.path(), std::filesystem::perms(0555));
         return s.file("a.db");
       },
       write, Code::unreadable_file, "its directory must be writable", true},
      {"a file that may not be written to",
       [](const Scratch& s) {
         std::filesystem::permissions(s.path(), std::filesystem::perms(0777));
         const auto p = small_store(s);
         std::filesystem::remove(p + ".lock");
         std::filesystem::permissions(p, std::filesystem::perms(0444));
         return p;
       },
       write, Code::store_failed, "the file cannot be written to", true},
      {"a file that may not be read",
       [](const Scratch& s) {
         std::filesystem::permissions(s.path(), std::filesystem::perms(0777));
         const auto p = small_store(s);
         std::filesystem::permissions(p, std::filesystem::perms(0000));
         return p;
       },
       read, Code::unreadable_file, "the permissions of both", true},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.what) {
      const Scratch scratch;
      const std::string path = c.prepare(scratch);
      std::optional<AsNobody> nobody;
      if (c.as_nobody) nobody.emplace();
      const auto store = open_store(path, c.access);
      REQUIRE_FALSE(store.ok());
      INFO(store.error().message);
      CHECK(name(store.error().code) == name(c.code));
      CHECK_THAT(store.error().message, Catch::Contains(c.says));
      CHECK_THAT(store.error().message, Catch::Contains(path) || Catch::Contains("its directory"));
    }
  }
}

TEST_CASE("a refused file is left as it was") {
  const Scratch scratch;
  const std::string path = scratch.file("other.db");
  run_sql(path, "CREATE TABLE t (x); INSERT INTO t VALUES (1)");
  const std::string before = file_text(path);
  REQUIRE_FALSE(open_store(path).ok());
  CHECK(file_text(path) == before);
}

TEST_CASE("opening a store writes nothing to it") {
  const Scratch scratch;
  const std::string path = small_store(scratch);
  const std::string before = file_text(path);
  REQUIRE(open_store(path).ok());
  REQUIRE(open_store(path, Access::read_only).ok());
  CHECK(file_text(path) == before);
}

TEST_CASE("a store whose tables are gone says so at the first use") {
  const Scratch scratch;
  const std::string path = small_store(scratch);
  run_sql(path, "DROP TABLE heads");
  auto store = open_store(path);
  REQUIRE(store.ok());
  const auto entry = (*store)->append("shop", 5, draft_number(6));
  REQUIRE_FALSE(entry.ok());
  CHECK(entry.error().code == Code::store_corrupt);
  CHECK_THAT(entry.error().message, Catch::Contains("its tables are not those of a store"));
}

TEST_CASE("the file itself keeps the journal append-only") {
  const Scratch scratch;
  const std::string path = small_store(scratch);
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
  for (const char* sql : {"UPDATE journal SET actor = 'x'", "DELETE FROM journal WHERE seq = 5"}) {
    INFO(sql);
    CHECK(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_CONSTRAINT);
    CHECK_THAT(sqlite3_errmsg(handle), Catch::Contains("append-only"));
  }
  sqlite3_close(handle);
}

TEST_CASE("verify names the first entry that is not what was written") {
  struct Case {
    const char* sql;
    const char* says;
  };
  for (const auto& [sql, says] : {
           Case{"UPDATE journal SET at = at + 1 WHERE seq = 2", "entry 2: its chain"},
           Case{"UPDATE journal SET actor = 'mallory' WHERE seq = 3", "entry 3: its chain"},
           Case{"UPDATE journal SET idempotency_key = 'k' WHERE seq = 4", "entry 4: its chain"},
           Case{"UPDATE journal SET body_hash = '' WHERE seq = 1", "entry 1: its chain"},
           Case{"UPDATE journal SET record = X'7b7d' WHERE seq = 5", "entry 5: its chain"},
           Case{"UPDATE journal SET answer = X'7b7d' WHERE seq >= 2", "entry 2: its chain"},
           Case{"UPDATE journal SET blobs = '' WHERE seq = 3", "entry 3: its chain"},
           Case{"UPDATE journal SET blobs = 'x' WHERE seq = 1", "entry 1: its chain"},
           Case{"UPDATE journal SET chain = chain || '0' WHERE seq = 5", "entry 5: its chain"},
           Case{"UPDATE journal SET workspace = 'bank' WHERE seq = 2", "entry 2: it is missing, 3 follows instead"},
           Case{"UPDATE journal SET seq = 9 WHERE seq = 5", "entry 5: it is missing, 9 follows instead"},
           Case{"UPDATE journal SET seq = 0 WHERE seq = 1", "entry 1: it is missing, 0 follows instead"},
           Case{"DELETE FROM journal WHERE seq = 1", "entry 1: it is missing, 2 follows instead"},
           Case{"DELETE FROM journal WHERE seq >= 4", "entry 4: it is missing at the end"},
           Case{"DELETE FROM journal", "entry 1: it is missing at the end"},
           Case{"UPDATE heads SET seq = 4", "entry 5: the head names another end, 4"},
           Case{"UPDATE heads SET chain = 'x'", "entry 5: the head names another end, 5"},
           Case{"DELETE FROM heads", "entry 5: the head names another end, 0"},
           Case{"UPDATE blobs SET bytes = X'00'", "entry 3: store"},
           Case{"DELETE FROM blobs", "entry 3: there is no blob"},
       }) {
    DYNAMIC_SECTION(sql) {
      const Scratch scratch;
      const std::string path = small_store(scratch);
      run_sql(path, std::string("DROP TRIGGER journal_is_never_changed; DROP TRIGGER journal_is_never_shortened;") + sql);
      auto store = open_store(path);
      REQUIRE(store.ok());
      const auto report = (*store)->verify("shop");
      REQUIRE_FALSE(report.ok());
      CHECK(report.error().code == Code::store_corrupt);
      CHECK_THAT(report.error().message, Catch::Contains(path) && Catch::Contains("`shop`") && Catch::Contains(says));
    }
  }
}

TEST_CASE("a head that lost its row does not let the journal begin again") {
  const Scratch scratch;
  const std::string path = small_store(scratch);
  run_sql(path, "DELETE FROM heads");
  auto store = open_store(path);
  const auto entry = (*store)->append("shop", 0, draft_number(6));
  REQUIRE_FALSE(entry.ok());
  CHECK(entry.error().code == Code::store_corrupt);
}

TEST_CASE("a damaged blob is never handed out") {
  const Scratch scratch;
  const std::string path = scratch.file("store.db");
  const std::string id = (*open_store(path))->put_blob("bytes").value();
  run_sql(path, "UPDATE blobs SET bytes = X'00'");
  const auto blob = (*open_store(path))->get_blob(id);
  REQUIRE_FALSE(blob.ok());
  CHECK(blob.error().code == Code::store_corrupt);
}

TEST_CASE("an index that lost a key does not verify") {
  const Scratch scratch;
  const std::string path = small_store(scratch);
  // The rows stay; only the index believes that nothing has a key.
  run_sql(path,
          "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, '<> ''''', '= ''x''') "
          "WHERE name = 'journal_key'");
  run_sql(path, "REINDEX journal_key");
  run_sql(path,
          "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, '= ''x''', '<> ''''') "
          "WHERE name = 'journal_key'");
  const auto report = (*open_store(path))->verify("shop");
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().code == Code::store_corrupt);
  CHECK_THAT(report.error().message, Catch::Contains("journal_key"));
}

TEST_CASE("a flipped byte anywhere is an error or harmless, never another history") {
  const Scratch scratch;
  const std::string path = small_store(scratch);
  std::vector<JournalEntry> written;
  const auto collect = [](std::vector<JournalEntry>& into) {
    return [&](const JournalEntry& entry) {
      into.push_back(entry);
      return true;
    };
  };
  REQUIRE((*open_store(path))->read("shop", 0, collect(written)).ok());
  REQUIRE(written.size() == 5);
  const std::string whole = file_text(path);
  std::mt19937 random(printed_seed());
  const std::string copy = scratch.file("flipped.db");
  int noticed = 0;
  for (int round = 0; round < 400; ++round) {
    const std::size_t place = random() % whole.size();
    const char mask = static_cast<char>(1 << random() % 8);
    INFO("byte " << place << " ^ " << int(mask));
    std::string flipped = whole;
    flipped[place] = static_cast<char>(flipped[place] ^ mask);
    write_file(copy, flipped);
    auto store = open_store(copy, Access::read_only);
    if (!store.ok() || !(*store)->verify("shop").ok()) {
      ++noticed;
      continue;
    }
    std::vector<JournalEntry> entries;
    REQUIRE((*store)->read("shop", 0, collect(entries)).ok());
    CHECK(entries == written);
    CHECK((*store)->head("shop")->chain == written.back().chain);
    CHECK((*store)->get_blob(written[2].blobs[0]).value() == "<p>fragment</p>");
  }
  CHECK(noticed > 0);  // the rest hit unused bytes of pages
}
