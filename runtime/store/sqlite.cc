// One file in WAL mode: a single writer connection behind a mutex, which syncs at each commit, and
// a pool of read-only connections, each used by one reader at a time. A journal entry, the blobs it
// brings and the new head are one transaction. The head has a row of its own, so that entries
// missing at the end show, which a chain alone cannot tell.
#include "store/sqlite.h"

#include <sodium.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <mutex>

#include "footlight/value.h"
#include "store/file_lock.h"
#include "store/files.h"
#include "store/journal.h"
#include "store/sqlite_connection.h"

namespace footlight {
namespace {

constexpr std::int64_t application_id = 0x466c5374;  // "FlSt", in the file's header, for `file` and for us

// Row n brings a file from user_version n to n + 1, in one transaction. Rows are never edited once
// released: a change is a new row.
constexpr std::array migrations{
    R"sql(
      CREATE TABLE meta (
        name TEXT PRIMARY KEY, value TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE journal (
        workspace TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL,
        idempotency_key TEXT NOT NULL, body_hash TEXT NOT NULL, record BLOB NOT NULL, answer BLOB NOT NULL,
        blobs TEXT NOT NULL,          -- ids, each followed by a blank
        chain TEXT NOT NULL,
        UNIQUE (workspace, seq)
      ) STRICT;
      CREATE UNIQUE INDEX journal_key ON journal (workspace, idempotency_key) WHERE idempotency_key <> '';
      CREATE TRIGGER journal_is_never_changed BEFORE UPDATE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
      CREATE TRIGGER journal_is_never_shortened BEFORE DELETE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
      CREATE TABLE heads (
        workspace TEXT PRIMARY KEY, seq INTEGER NOT NULL, chain TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE blobs (
        id TEXT PRIMARY KEY, bytes BLOB NOT NULL
      ) STRICT;
      CREATE TABLE settings (
        workspace TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
        PRIMARY KEY (workspace, key)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE tokens (
        hash TEXT PRIMARY KEY, name TEXT NOT NULL, roles TEXT NOT NULL, workspace TEXT NOT NULL,
        created INTEGER NOT NULL, revoked INTEGER NOT NULL CHECK (revoked IN (0, 1))
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX token_in_force ON tokens (name) WHERE revoked = 0;
    )sql",
};
constexpr auto schema_version = static_cast<std::int64_t>(migrations.size());

// secure_delete=FAST: what is replaced is overwritten where that costs no extra write; Debian's
// default pays for it always. journal_size_limit gives the log's space back after a large blob. Entries are read once, from
// the first to the last: a large cache would hold what nobody asks for again.
constexpr const char* writer_settings = R"sql(
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA secure_delete = FAST;
  PRAGMA trusted_schema = OFF;
  PRAGMA journal_size_limit = 16777216;
  PRAGMA cache_size = -256;
)sql";
constexpr const char* reader_settings = "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -256;";

constexpr std::size_t idle_readers_max = 8;  // more are opened when needed and closed after use

#define ENTRY_COLUMNS "seq, workspace, at, actor, idempotency_key, body_hash, record, answer, blobs, chain"
#define TOKEN_COLUMNS "hash, name, roles, workspace, created, revoked"

std::string joined(const std::vector<std::string>& ids) {
  std::string text;
  for (const std::string& id : ids) text += id + " ";
  return text;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> ids;
  for (std::size_t end; (end = text.find(' ')) != text.npos; text.remove_prefix(end + 1)) ids.emplace_back(text.substr(0, end));
  if (!text.empty()) ids.emplace_back(text);  // never written so; kept, so that the chain shows it
  return ids;
}

JournalEntry entry_in(const Query& row) {
  return {.seq = row.integer(0),
          .workspace = row.text(1),
          .at = {row.integer(2)},
          .actor = row.text(3),
          .idempotency_key = row.text(4),
          .body_hash = row.text(5),
          .record = row.text(6),
          .answer = row.text(7),
          .blobs = split(row.text(8)),
          .chain = row.text(9)};
}

Token token_in(const Query& row) {
  return {.hash = row.text(0),
          .name = row.text(1),
          .roles = row.text(2),
          .workspace = row.text(3),
          .created = {row.integer(4)},
          .revoked = row.integer(5) != 0};
}

// The number in the first column of the one row that `sql` answers.
Result<std::int64_t> number(Connection& connection, const char* sql) {
  Query query = connection.query(sql);
  const Result<bool> row = query.next();
  if (!row.ok()) return row.error();
  return query.integer(0);
}

// What the first column of the first row holds, if there is a row.
Result<std::optional<std::string>> found_text(Query query) {
  const Result<bool> row = query.next();
  if (!row.ok()) return row.error();
  return *row ? std::optional(query.text(0)) : std::optional<std::string>();
}

Result<Head> head_in(Connection& connection, std::string_view workspace) {
  Query query = connection.query("SELECT seq, chain FROM heads WHERE workspace = ?", workspace);
  const Result<bool> row = query.next();
  if (!row.ok()) return row.error();
  return *row ? Head{.seq = query.integer(0), .chain = query.text(1)} : Head{};
}

Status put_blob_in(Connection& connection, std::string_view id, std::string_view bytes) {
  return connection.query("INSERT INTO blobs (id, bytes) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", id, Bytes{bytes}).finish();
}

Result<std::string> blob_in(Connection& connection, std::string_view id) {
  Result<std::optional<std::string>> bytes = found_text(connection.query("SELECT bytes FROM blobs WHERE id = ?", id));
  if (!bytes.ok()) return bytes.error();
  if (!*bytes) return no_such_blob(id);
  if (sha256_hex(**bytes) != id) return damaged_blob(connection.path(), id);
  return std::move(**bytes);
}

// Whose file it is and how new. True: ours. False: nothing in it yet. Writes nothing.
Result<bool> is_store(Connection& connection) {
  Transaction transaction(connection, Transaction::Kind::read);  // another process may just be making it
  if (!transaction.begun().ok()) return transaction.begun().error();
  const Result<std::int64_t> id = number(connection, "PRAGMA application_id");
  if (!id.ok()) return id.error();
  const Result<std::int64_t> tables = number(connection, "SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return tables.error();
  const Result<std::int64_t> version = number(connection, "PRAGMA user_version");
  if (!version.ok()) return version.error();
  const std::string name = "store `" + connection.path() + "`: ";
  if (*id == 0 && *tables == 0 && *version == 0) return false;
  if (*id != application_id) return refuse(Code::unreadable_file, name + "it is another program's SQLite database: name another path");
  if (*version > schema_version)
    return refuse(Code::unreadable_file,
                  name + "it has schema " + std::to_string(*version) + ", this version knows " + std::to_string(schema_version) +
                      " at most: use the version that wrote it, or a newer one");
  return true;
}

// Brings the file up to this version's schema; one that is there already is not written to.
Status migrate(Connection& connection) {
  Transaction transaction(connection, Transaction::Kind::write);
  if (!transaction.begun().ok()) return transaction.begun();
  const Result<std::int64_t> version = number(connection, "PRAGMA user_version");
  if (!version.ok()) return version.error();
  if (*version == schema_version) return Done{};
  for (auto next = *version; next < schema_version; ++next)
    if (Status done = connection.run(migrations[static_cast<std::size_t>(next)]); !done.ok()) return done;
  const std::string marks =
      "PRAGMA application_id = " + std::to_string(application_id) + "; PRAGMA user_version = " + std::to_string(schema_version);
  if (Status done = connection.run(marks.c_str()); !done.ok()) return done;
  const std::string id = new_store_id();
  for (const auto& [name, value] :
       {std::pair(store_meta::store_id, std::string_view(id)), std::pair(store_meta::epoch, std::string_view("1")),
        std::pair(store_meta::fenced, std::string_view("0"))})
    if (Status done = connection.query("INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", name, value).finish();
        !done.ok())
      return done;
  return transaction.commit();
}

Result<std::unique_ptr<Connection>> open_writer(const std::string& path) {
  Result<std::unique_ptr<Connection>> opened = Connection::open(path, SQLITE_OPEN_READWRITE);
  if (!opened.ok()) return opened;
  Connection& connection = **opened;
  if (const Result<bool> ours = is_store(connection); !ours.ok()) return ours.error();
  // SQLite opens what it may not write to for reading only, and says so when it is too late.
  if (sqlite3_db_readonly(connection.handle(), "main") == 1) return connection.failure(SQLITE_READONLY);
  const auto mode = found_text(connection.query("PRAGMA journal_mode = WAL"));
  if (!mode.ok()) return mode.error();
  if (*mode != "wal")
    return refuse(Code::store_failed,
                  "store `" + path +
                      "`: its file system cannot share memory between processes, "
                      "which the write-ahead log needs: put it on a local disk");
  if (Status done = connection.run(writer_settings); !done.ok()) return done.error();
  if (Status done = migrate(connection); !done.ok()) return done.error();
  return opened;
}

Result<std::unique_ptr<Connection>> open_reader(const std::string& path) {
  Result<std::unique_ptr<Connection>> opened = Connection::open(path, SQLITE_OPEN_READONLY);
  if (!opened.ok()) return opened;
  if (Status done = (*opened)->run(reader_settings); !done.ok()) return done.error();
  return opened;
}

Status put_setting_in(Connection& connection, std::string_view workspace, std::string_view key, std::string_view value) {
  return connection
      .query(
          "INSERT INTO settings (workspace, key, value) VALUES (?, ?, ?) "
          "ON CONFLICT (workspace, key) DO UPDATE SET value = excluded.value",
          workspace, key, Bytes{value})
      .finish();
}

// Copies what `source` sees now, whole, into the empty file at `path`, and marks the copy fenced.
Status copy_fenced(Connection& source, const std::string& path) {
  Result<std::unique_ptr<Connection>> opened = Connection::open(path, SQLITE_OPEN_READWRITE);
  if (!opened.ok()) return opened.error();
  Connection& copy = **opened;
  sqlite3_backup* backup = sqlite3_backup_init(copy.handle(), "main", source.handle(), "main");
  if (!backup) return copy.failure(sqlite3_errcode(copy.handle()));
  // All pages in one step: in WAL mode that keeps no writer waiting, and no write can restart it.
  sqlite3_backup_step(backup, -1);
  if (const int code = sqlite3_backup_finish(backup); code != SQLITE_OK) return copy.failure(code);
  // Out of WAL mode, so that the copy is one file and can be read from a read-only disk.
  if (const auto mode = found_text(copy.query("PRAGMA journal_mode = DELETE")); !mode.ok()) return mode.error();
  if (Status done = copy.query("DELETE FROM settings WHERE key = ?", store_setting::fence_lifted).finish(); !done.ok()) return done;
  return copy.query("UPDATE meta SET value = '1' WHERE name = ?", store_meta::fenced).finish();
}

class SqliteStore final : public Store {
 public:
  // `lock` and `writer` are null in a store opened read-only.
  SqliteStore(std::string path, std::unique_ptr<FileLock> lock, std::unique_ptr<Connection> writer)
      : path_(std::move(path)), lock_(std::move(lock)), writer_(std::move(writer)) {}

  std::string place() const override { return path_; }

  Result<JournalEntry> append(std::string_view workspace, std::int64_t expected_head_seq, Draft draft) override {
    if (Status fits = check_draft(workspace, draft); !fits.ok()) return fits.error();
    return write<JournalEntry>([&](Connection& connection) -> Result<JournalEntry> {
      const Result<Head> head = head_in(connection, workspace);
      if (!head.ok()) return head.error();
      if (head->seq != expected_head_seq) return head_moved(workspace, expected_head_seq, head->seq);
      if (!draft.idempotency_key.empty()) {
        Query taken = connection.query("SELECT seq FROM journal WHERE workspace = ? AND idempotency_key = ? AND idempotency_key <> ''",
                                       workspace, draft.idempotency_key);
        const Result<bool> row = taken.next();
        if (!row.ok()) return row.error();
        if (*row) return key_taken(workspace, draft.idempotency_key, taken.integer(0));
      }
      JournalEntry entry = entry_behind(*head, workspace, draft);
      for (std::size_t i = 0; i < draft.blobs.size(); ++i)
        if (Status done = put_blob_in(connection, entry.blobs[i], draft.blobs[i]); !done.ok()) return done.error();
      const std::string blobs = joined(entry.blobs);
      if (Status done =
              connection
                  .query("INSERT INTO journal (" ENTRY_COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?)", entry.seq, entry.workspace, entry.at.ms,
                         entry.actor, entry.idempotency_key, entry.body_hash, Bytes{entry.record}, Bytes{entry.answer}, blobs, entry.chain)
                  .finish();
          !done.ok())
        return done.error();
      if (Status done = connection
                            .query("INSERT INTO heads (workspace, seq, chain) VALUES (?, ?, ?) "
                                   "ON CONFLICT (workspace) DO UPDATE SET seq = excluded.seq, chain = excluded.chain",
                                   workspace, entry.seq, entry.chain)
                            .finish();
          !done.ok())
        return done.error();
      if (draft.lifts_fence)
        if (Status done = put_setting_in(connection, workspace, store_setting::fence_lifted, "1"); !done.ok()) return done.error();
      return entry;
    });
  }

  Status read(std::string_view workspace, std::int64_t after_seq, const std::function<bool(const JournalEntry&)>& each) override {
    Reader reader = this->reader();
    if (!reader.ok()) return reader.error();
    // One statement sees one state, however long it takes.
    Query query = reader->query("SELECT " ENTRY_COLUMNS " FROM journal WHERE workspace = ? AND seq > ? ORDER BY seq", workspace, after_seq);
    for (;;) {
      const Result<bool> row = query.next();
      if (!row.ok()) return row.error();
      if (!*row || !each(entry_in(query))) return Done{};
    }
  }

  Result<Head> head(std::string_view workspace) override {
    Reader reader = this->reader();
    if (!reader.ok()) return reader.error();
    return head_in(*reader, workspace);
  }

  Result<std::optional<JournalEntry>> find_key(std::string_view workspace, std::string_view key) override {
    Reader reader = this->reader();
    if (!reader.ok()) return reader.error();
    Query query = reader->query("SELECT " ENTRY_COLUMNS
                                " FROM journal "
                                "WHERE workspace = ? AND idempotency_key = ? AND idempotency_key <> ''",
                                workspace, key);
    const Result<bool> row = query.next();
    if (!row.ok()) return row.error();
    return *row ? std::optional(entry_in(query)) : std::optional<JournalEntry>();
  }

  Result<std::vector<std::string>> workspaces() override {
    Reader reader = this->reader();
    if (!reader.ok()) return reader.error();
    Query query = reader->query("SELECT workspace FROM heads ORDER BY workspace");
    std::vector<std::string> names;
    for (;;) {
      const Result<bool> row = query.next();
      if (!row.ok()) return row.error();
      if (!*row) return names;
      names.push_back(query.text(0));
    }
  }

  Result<VerifyReport> verify(std::string_view workspace) override {
    Reader reader = this->reader();
    if (!reader.ok()) return reader.error();
    Transaction transaction(*reader, Transaction::Kind::read);  // entries, blobs and head of one moment
    if (!transaction.begun().ok()) return transaction.begun().error();
    ChainCheck chain(path_, workspace);
    VerifyReport report;
    Query query = reader->query("SELECT " ENTRY_COLUMNS " FROM journal WHERE workspace = ? ORDER BY seq", workspace);
    for (;;) {
      const Result<bool> row = query.next();
      if (!row.ok()) return damaged_entry(path_, workspace, chain.head().seq + 1, row.error().message);
      if (!*row) break;
      const JournalEntry entry = entry_in(query);
      if (Status good = chain.follow(entry); !good.ok()) return good.error();
      for (const std::string& id : entry.blobs) {
        if (const Result<std::string> blob = blob_in(*reader, id); !blob.ok())
          return damaged_entry(path_, workspace, entry.seq, blob.error().message);
        ++report.blobs;
      }
      ++report.entries;
    }
    const Result<Head> head = head_in(*reader, workspace);
    if (!head.ok()) return head.error();
    if (Status good = chain.end_at(*head); !good.ok()) return good.error();
    // Indexes too: a lost key would let a command take effect twice.
    const auto structure = found_text(reader->query("PRAGMA integrity_check(1)"));
    if (!structure.ok()) return structure.error();
    if (*structure != "ok")
      return refuse(Code::store_corrupt, "store `" + path_ + "`: the file is damaged (" + structure->value_or("") + "): restore a backup");
    report.head = chain.head();
    return report;
  }

  Result<std::string> put_blob(std::string_view bytes) override {
    if (Status fits = check_blob(bytes); !fits.ok()) return fits.error();
    return write<std::string>([&](Connection& connection) -> Result<std::string> {
      std::string id = sha256_hex(bytes);
      if (Status done = put_blob_in(connection, id, bytes); !done.ok()) return done.error();
      return id;
    });
  }

  Result<std::string> get_blob(std::string_view id) override {
    Reader reader = this->reader();
    if (!reader.ok()) return reader.error();
    return blob_in(*reader, id);
  }

  Status drop_blob(std::string_view id) override {
    return write<Done>([&](Connection& connection) { return connection.query("DELETE FROM blobs WHERE id = ?", id).finish(); });
  }

  Result<std::optional<std::string>> setting(std::string_view workspace, std::string_view key) override {
    Reader reader = this->reader();
    if (!reader.ok()) return reader.error();
    return found_text(reader->query("SELECT value FROM settings WHERE workspace = ? AND key = ?", workspace, key));
  }

  Status put_setting(std::string_view workspace, std::string_view key, std::string_view value) override {
    if (Status fits = check_setting(workspace, key, value); !fits.ok()) return fits;
    return write<Done>([&](Connection& connection) { return put_setting_in(connection, workspace, key, value); });
  }

  Result<std::string> put_setting_once(std::string_view workspace, std::string_view key, std::string_view value) override {
    if (Status fits = check_setting(workspace, key, value); !fits.ok()) return fits.error();
    return write<std::string>([&](Connection& connection) -> Result<std::string> {
      if (Status done = connection
                            .query("INSERT INTO settings (workspace, key, value) VALUES (?, ?, ?) "
                                   "ON CONFLICT (workspace, key) DO NOTHING",
                                   workspace, key, Bytes{value})
                            .finish();
          !done.ok())
        return done.error();
      auto stands = found_text(connection.query("SELECT value FROM settings WHERE workspace = ? AND key = ?", workspace, key));
      if (!stands.ok()) return stands.error();
      return stands->value_or("");
    });
  }

  Status add_token(const Token& token) override {
    if (Status fits = check_token(token); !fits.ok()) return fits;
    return write<Done>([&](Connection& connection) -> Status {
      const auto same_hash = found_text(connection.query("SELECT name FROM tokens WHERE hash = ?", token.hash));
      if (!same_hash.ok()) return same_hash.error();
      if (*same_hash) return token_hash_taken();
      const auto same_name = found_text(connection.query("SELECT name FROM tokens WHERE name = ? AND revoked = 0", token.name));
      if (!same_name.ok()) return same_name.error();
      if (*same_name && !token.revoked) return token_name_taken(token.name);
      return connection
          .query("INSERT INTO tokens (" TOKEN_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?)", token.hash, token.name, token.roles, token.workspace,
                 token.created.ms, token.revoked ? 1 : 0)
          .finish();
    });
  }

  Result<std::optional<Token>> find_token(std::string_view hash) override {
    Reader reader = this->reader();
    if (!reader.ok()) return reader.error();
    Query query = reader->query("SELECT " TOKEN_COLUMNS " FROM tokens WHERE hash = ?", hash);
    const Result<bool> row = query.next();
    if (!row.ok()) return row.error();
    return *row ? std::optional(token_in(query)) : std::optional<Token>();
  }

  Result<std::vector<Token>> list_tokens(std::string_view workspace) override {
    Reader reader = this->reader();
    if (!reader.ok()) return reader.error();
    Query query = reader->query("SELECT " TOKEN_COLUMNS
                                " FROM tokens WHERE ?1 = '*' OR workspace IN (?1, '*') "
                                "ORDER BY created, name, hash",
                                workspace);
    std::vector<Token> tokens;
    for (;;) {
      const Result<bool> row = query.next();
      if (!row.ok()) return row.error();
      if (!*row) return tokens;
      tokens.push_back(token_in(query));
    }
  }

  Status revoke_token(std::string_view name) override {
    return write<Done>([&](Connection& connection) -> Status {
      Status done = connection.query("UPDATE tokens SET revoked = 1 WHERE name = ? AND revoked = 0", name).finish();
      if (done.ok() && connection.rows_changed() == 0) return no_such_token(name);
      return done;
    });
  }

  Result<std::optional<std::string>> meta(std::string_view name) override {
    Reader reader = this->reader();
    if (!reader.ok()) return reader.error();
    return found_text(reader->query("SELECT value FROM meta WHERE name = ?", name));
  }

  Status set_meta(std::string_view name, std::string_view value) override {
    if (Status fits = check_meta(name, value); !fits.ok()) return fits;
    return write<Done>([&](Connection& connection) {
      return connection
          .query(
              "INSERT INTO meta (name, value) VALUES (?, ?) "
              "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
              name, value)
          .finish();
    });
  }

  Status backup(const std::string& path) override {
    Reader source = reader();
    if (!source.ok()) return source.error();
    std::error_code ignored;
    if (std::filesystem::symlink_status(path, ignored).type() != std::filesystem::file_type::not_found)
      return refuse(Code::already_exists, "backup `" + path + "`: something is there already: name another path");
    // Written beside its name, which only a finished copy gets. Of two backups to one path, the
    // second finds the first one's unfinished file.
    const std::string unfinished = path + ".unfinished";
    const Result<bool> created = create_private_file(unfinished);
    if (!created.ok()) return created.error();
    if (!*created)
      return refuse(Code::already_exists,
                    "backup `" + path + "`: `" + unfinished + "` of another one is in the way: wait for it, or remove it");
    const Status done = finish_copy(*source, unfinished, path);
    if (!done.ok()) {
      std::remove(unfinished.c_str());
      std::remove((unfinished + "-journal").c_str());
    }
    return done;
  }

 private:
  // A read-only connection, given back to the pool when the reader ends.
  class Reader {
   public:
    Reader(SqliteStore& store, Result<std::unique_ptr<Connection>> connection) : store_(store), connection_(std::move(connection)) {}
    ~Reader() {
      if (connection_.ok()) store_.give_back(std::move(*connection_));
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    bool ok() const { return connection_.ok(); }
    const Error& error() const { return connection_.error(); }
    Connection& operator*() { return **connection_; }
    Connection* operator->() { return connection_->get(); }

   private:
    SqliteStore& store_;
    Result<std::unique_ptr<Connection>> connection_;
  };

  Reader reader() {
    {
      const std::lock_guard lock(idle_mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Connection> connection = std::move(idle_.back());
        idle_.pop_back();
        return Reader(*this, std::move(connection));
      }
    }
    return Reader(*this, open_reader(path_));
  }

  void give_back(std::unique_ptr<Connection> connection) {
    const std::lock_guard lock(idle_mutex_);
    if (idle_.size() < idle_readers_max) idle_.push_back(std::move(connection));
  }

  // Runs `work` in a transaction of the one writer; committed, and so on the disk, when it answers
  // a value, undone when it answers an error.
  template <class T>
  Result<T> write(const std::function<Result<T>(Connection&)>& work) {
    if (!writer_) return refuse(Code::usage, "store `" + path_ + "`: it was opened read-only");
    const std::lock_guard lock(writer_mutex_);
    Transaction transaction(*writer_, Transaction::Kind::write);
    if (!transaction.begun().ok()) return transaction.begun().error();
    Result<T> result = work(*writer_);
    if (!result.ok()) return result;
    if (Status committed = transaction.commit(); !committed.ok()) return committed.error();
    return result;
  }

  static Status finish_copy(Connection& source, const std::string& unfinished, const std::string& path) {
    if (Status done = copy_fenced(source, unfinished); !done.ok()) return done;
    if (Status done = sync_file(unfinished); !done.ok()) return done;
    if (std::rename(unfinished.c_str(), path.c_str()) != 0)
      return refuse(Code::store_failed, "backup `" + path + "`: the finished copy cannot be renamed to it");
    return sync_directory_of(path);
  }

  const std::string path_;
  const std::unique_ptr<FileLock> lock_;  // goes last, when every connection is closed
  std::mutex writer_mutex_;
  const std::unique_ptr<Connection> writer_;
  std::mutex idle_mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, Access access) {
  if (sodium_init() < 0) return refuse(Code::internal, "libsodium cannot start");
  const Result<std::string> resolved = resolve_store_path(path, access);
  if (!resolved.ok()) return resolved.error();
  if (access == Access::read_only) {
    Result<std::unique_ptr<Connection>> reader = open_reader(*resolved);
    if (!reader.ok()) return reader.error();
    const Result<bool> ours = is_store(**reader);
    if (!ours.ok()) return ours.error();
    if (!*ours) return refuse(Code::unreadable_file, "store `" + *resolved + "`: it is empty, so there is nothing to read");
    const Result<std::int64_t> version = number(**reader, "PRAGMA user_version");
    if (!version.ok()) return version.error();
    if (*version < schema_version)
      return refuse(Code::unreadable_file,
                    "store `" + *resolved + "`: it has schema " + std::to_string(*version) + ", this version reads " +
                        std::to_string(schema_version) + ": open it for writing once, which brings it up to date");
    return std::unique_ptr<Store>(new SqliteStore(*resolved, nullptr, nullptr));
  }
  Result<std::unique_ptr<FileLock>> lock = FileLock::take(*resolved + ".lock");
  if (!lock.ok()) return refuse(lock.error().code, "store `" + *resolved + "`: " + lock.error().message);
  const Result<bool> created = create_private_file(*resolved);
  if (!created.ok()) return created.error();
  Result<std::unique_ptr<Connection>> writer = open_writer(*resolved);
  if (!writer.ok()) return writer.error();
  if (Status synced = sync_directory_of(*resolved); !synced.ok()) return synced.error();
  return std::unique_ptr<Store>(new SqliteStore(*resolved, std::move(*lock), std::move(*writer)));
}

}  // namespace footlight
