// SQLite's C API with ownership: a connection, its prepared statements, transactions, and one table
// that turns a SQLite code into our code and a way out. Knows nothing of journals.
//
// A connection and all that comes from it belong to one thread at a time. SQL texts are literals:
// a statement is prepared once per connection and kept under its text.
#pragma once

#include <sqlite3.h>

#include <concepts>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "footlight/error.h"

namespace footlight {

class Connection;

// A statement that runs: bound, then stepped row by row. Ends (and is free again) on destruction.
class Query {
 public:
  Query(Query&& other) noexcept;
  ~Query();

  // True: a row is there to be read. False: no more rows, and what the statement writes is written.
  Result<bool> next();
  // Runs a statement that answers no rows, or whose rows nobody needs.
  Status finish();

  std::int64_t integer(int column) const;
  std::string text(int column) const;  // of TEXT and BLOB alike

 private:
  friend class Connection;
  Query(Connection& connection, sqlite3_stmt* statement, int code) : connection_(&connection), statement_(statement), code_(code) {}
  void bind(int index, std::int64_t number);
  void bind(int index, std::string_view text);        // must outlive the query
  void bind_blob(int index, std::string_view bytes);  // must outlive the query

  Connection* connection_;
  sqlite3_stmt* statement_;  // owned by the connection
  int code_;                 // of what went wrong before the first step
};

// Marks a bound parameter as BLOB: `Bytes{record}`.
struct Bytes {
  std::string_view bytes;
};

class Connection {
 public:
  // `flags` as of sqlite3_open_v2. Opening reads nothing yet: a damaged file shows at the first query.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, int flags);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // One or more statements without parameters.
  Status run(const char* statements);

  // A query of `sql` with its parameters in order; what goes wrong here is told by next().
  template <class... Parameters>
  Query query(const char* sql, const Parameters&... parameters) {
    Query query = start(sql);
    int index = 0;
    (bind_one(query, ++index, parameters), ...);
    return query;
  }

  std::int64_t rows_changed() const;  // by the last finished statement
  Error failure(int code) const;      // with place, reason and way out
  const std::string& path() const { return path_; }
  sqlite3* handle() const { return handle_; }

 private:
  friend class Query;
  Connection(std::string path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}
  Query start(const char* sql);

  static void bind_one(Query& query, int index, std::integral auto number) { query.bind(index, static_cast<std::int64_t>(number)); }
  static void bind_one(Query& query, int index, std::string_view text) { query.bind(index, text); }
  static void bind_one(Query& query, int index, Bytes bytes) { query.bind_blob(index, bytes.bytes); }

  std::string path_;
  sqlite3* handle_;
  std::map<std::string_view, sqlite3_stmt*> statements_;
};

// Begins at once (so that it fails at once), is undone on destruction unless committed.
class Transaction {
 public:
  enum class Kind { read, write };
  Transaction(Connection& connection, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  const Status& begun() const { return begun_; }  // ask first
  Status commit();

 private:
  Connection& connection_;
  Status begun_;
  bool is_open_;
};

}  // namespace footlight
