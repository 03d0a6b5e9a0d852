#include "store/sqlite_connection.h"

#include <array>

#include "base/limits.h"

namespace footlight {
namespace {

struct Failure {
  int sqlite_code;  // primary
  Code code;
  const char* reason;
  const char* way_out;
};

constexpr std::array failures{
    Failure{SQLITE_FULL, Code::store_failed, "the disk is full", "free some space and try again"},
    Failure{SQLITE_READONLY, Code::store_failed, "the file cannot be written to",
            "check the permissions of the file and its directory, and that the disk is not mounted read-only"},
    Failure{SQLITE_PERM, Code::unreadable_file, "access is not permitted", "check the file's permissions"},
    Failure{SQLITE_AUTH, Code::unreadable_file, "access is not permitted", "check the file's permissions"},
    Failure{SQLITE_BUSY, Code::store_failed, "another program keeps it locked", "end that program and try again"},
    Failure{SQLITE_LOCKED, Code::store_failed, "another program keeps it locked", "end that program and try again"},
    Failure{SQLITE_PROTOCOL, Code::store_failed, "another program keeps it locked", "end that program and try again"},
    Failure{SQLITE_CANTOPEN, Code::unreadable_file, "it cannot be opened", "check that its directory exists, and the permissions of both"},
    Failure{SQLITE_NOTADB, Code::unreadable_file, "it is not a SQLite database", "name another path"},
    Failure{SQLITE_CORRUPT, Code::store_corrupt, "the file is damaged", "restore a backup"},
    Failure{SQLITE_ERROR, Code::store_corrupt, "its tables are not those of a store", "restore a backup"},
    Failure{SQLITE_CONSTRAINT, Code::store_corrupt, "what it holds contradicts itself", "restore a backup"},
    Failure{SQLITE_IOERR, Code::store_failed, "the disk reports an error", "check the disk and try again"},
    Failure{SQLITE_NOMEM, Code::store_failed, "memory ran out", "give the process more memory"},
    Failure{SQLITE_TOOBIG, Code::too_large, "a value is too large for SQLite", "send less"},
};
constexpr Failure other_failure{SQLITE_INTERNAL, Code::store_failed, "SQLite refuses", "see the cause"};

const Failure& failure_row(int code) {
  for (const Failure& row : failures)
    if (row.sqlite_code == (code & 0xff)) return row;
  return other_failure;
}

}  // namespace

Query::Query(Query&& other) noexcept : connection_(other.connection_), statement_(other.statement_), code_(other.code_) {
  other.statement_ = nullptr;
}

Query::~Query() {
  if (!statement_) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Result<bool> Query::next() {
  if (code_ != SQLITE_OK) return connection_->failure(code_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return connection_->failure(code);
}

Status Query::finish() {
  for (;;) {
    const Result<bool> row = next();
    if (!row.ok()) return row.error();
    if (!*row) return Done{};
  }
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Query::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);  // null for an empty value
  const int length = sqlite3_column_bytes(statement_, column);
  return bytes ? std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(length)) : std::string();
}

void Query::bind(int index, std::int64_t number) {
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_int64(statement_, index, number);
}

void Query::bind(int index, std::string_view text) {
  const char* bytes = text.data() ? text.data() : "";  // a null pointer would bind NULL
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_text64(statement_, index, bytes, text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void Query::bind_blob(int index, std::string_view bytes) {
  const char* start = bytes.data() ? bytes.data() : "";
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_blob64(statement_, index, start, bytes.size(), SQLITE_STATIC);
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, int flags) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  // SQLite answers a handle even where it fails, for its message; the connection closes it.
  std::unique_ptr<Connection> connection(new Connection(path, handle));
  if (code != SQLITE_OK) return connection->failure(code);
  sqlite3_busy_timeout(handle, static_cast<int>(limits::store_lock_timeout.ms));
  return connection;
}

Connection::~Connection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

Status Connection::run(const char* statements) {
  const int code = sqlite3_exec(handle_, statements, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(code);
  return Done{};
}

Query Connection::start(const char* sql) {
  if (const auto kept = statements_.find(sql); kept != statements_.end()) return Query(*this, kept->second, SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code == SQLITE_OK) statements_.emplace(sql, statement);
  return Query(*this, statement, code);
}

std::int64_t Connection::rows_changed() const { return sqlite3_changes64(handle_); }

Error Connection::failure(int code) const {
  const Failure& row = failure_row(code);
  const char* cause = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  return refuse(row.code, "store `" + path_ + "`: " + row.reason + " (" + cause + "): " + row.way_out);
}

Transaction::Transaction(Connection& connection, Kind kind)
    : connection_(connection),
      begun_(connection.query(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN").finish()),
      is_open_(begun_.ok()) {}

Transaction::~Transaction() {
  // SQLite has undone it already after a full disk or an I/O error; a second ROLLBACK is then an error.
  if (is_open_ && !sqlite3_get_autocommit(connection_.handle())) sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Status Transaction::commit() {
  Status committed = connection_.query("COMMIT").finish();
  is_open_ = !committed.ok();
  return committed;
}

}  // namespace footlight
