// The judge: knows what the deployment promised, from what was answered and at which true time, and
// says so when something breaks a promise. It shares no arithmetic with the protocol: what a node may
// serve it derives from true time and from its own book of who was told what.
//
// Each finding begins with the name of the invariant (docs/simulation.md lists them).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "sim/operation.h"

namespace footlight::sim {

// What a node, or the control side, put on the wire.
struct Served {
  struct Item {
    std::string experience, content;
    int revision = 0;
  };
  bool is_fallback = false;  // nothing but defaults, reason `no_lease`
  bool was_cut = false;      // the write deadline came before the last byte
  std::vector<Item> items;
  CatalogVersion version;  // that it was pinned to
  int max_age_s = 0;
  Instant first_byte, last_byte;  // true time
  Instant wall_asked;             // the server's wall clock, by which schedules are judged
  Reading at_first_byte;          // its clocks
  bool is_whole_list = false;     // everything in force stands in it: the surface of our own workspace
  std::string bytes;
};

class Judge {
 public:
  // `knows_workspace`: it is the simulation's own, whose approval rules and surface the judge knows.
  Judge(int nodes, Window window, bool knows_workspace);

  const std::vector<std::string>& findings() const { return findings_; }

  // --- the control side
  struct Commanded {
    Instant now;   // true time
    Instant wall;  // the control side's clock
    std::int64_t head_before = 0, head_after = 0;
    CatalogVersion before, after;
    bool was_fenced = false;
  };
  // A command and what came of it. Where the control side died after it was written down, `answer` is
  // what the journal holds.
  void commanded(const Command& command, const std::string& key, const std::string& body_hash, const Result<Answer>& answer,
                 const Commanded& facts);
  void configured(const Commanded& facts);
  void started(std::int64_t head, const CatalogVersion& version, bool is_fenced);  // the control side came up
  void backed_up(const std::string& name);
  // The copy was put back; `is_marked`: as a restore does it. Not so: as somebody who copies files.
  void put_back(const std::string& name, bool is_marked, Instant now);

  // --- leases
  void asked(int node, const LeaseRequest& request, Instant now, const Reading& sent);
  void arrived(const LeaseRequest& request);  // at the control side
  void answered_by_control(const LeaseRequest& request, const Result<LeaseAnswer>& answer);
  void answered_by_relay(int relay, const LeaseRequest& request, const Result<LeaseAnswer>& answer);
  void took(int node, const LeaseAnswer& answer);
  void forgot(int node);  // a reboot, or a damaged state: no lease from before counts

  // --- answers
  void served(int node, const Served& served);                                                 // node -1: the control side
  void must_be_current(int node, const CatalogVersion& version, bool has_lease, Instant now);  // asked undisturbed for 10 s
  void receipt_said(const std::string& id, const Value& receipt, bool is_clock_sound);
  void verified(bool is_sound, const std::string& what);
  void find(const std::string& finding) { findings_.push_back(finding); }

 private:
  struct Wanted {  // of a revision's document
    std::string content;
    std::optional<Instant> start, end;
    int approvals = 0;
    bool is_journey = false;
  };
  struct Life {
    std::map<int, std::string> hashes;
    std::map<int, Wanted> wanted;
    int head = 0;
    std::string head_status = "draft";
    std::set<std::string> contributors, approvers;
    int live = 0;  // revision in force, or last in force
    bool is_listed = false, is_final = false, is_deleted = false, is_paused_or_closed = false;
  };
  struct Listed {
    int revision = 0;
    Wanted wanted;
  };
  using List = std::map<std::string, Listed>;  // what is in force
  struct Key {
    std::string body_hash, answer;
  };
  struct Book {  // what a copy of the store would know
    std::map<std::string, Life> lives;
    std::shared_ptr<const List> list = std::make_shared<List>();
    std::vector<std::string> lineage;  // chains, by version - 1
    std::map<std::string, Key> keys;
    CatalogVersion version;
    std::int64_t head = 0;
    Instant latest;  // of the control side's clock at a record
  };
  struct Times {  // true time
    Instant activated;
    std::optional<Instant> gone;
  };
  struct Backing {          // an answer that a node took
    Instant carries_until;  // what was current when it asked is one window old then
    Reading sent;
    Duration term;
  };
  struct Asked {
    int node;
    Instant now, carries_until;
    Reading sent;
  };
  struct NodeBook {
    std::vector<Backing> backings;
    CatalogVersion floor;
  };

  Wanted wanted(const Value& definition) const;
  bool has_ended(const Life& life, Instant wall) const;
  void new_version(const Commanded& facts, std::shared_ptr<const List> list);
  void accepted(const Command& command, const Value& body, const Commanded& facts);
  void list_is(std::shared_ptr<const List> list, Instant now);
  void judge_items(const std::string& who, const Served& served, const List& list);

  Window window_;
  bool knows_workspace_;
  Book book_;
  std::map<std::string, Book> backups_;
  std::map<std::string, std::shared_ptr<const List>> lists_;  // by chain, of all branches
  std::map<std::pair<std::string, int>, Times> times_;
  std::vector<std::pair<Instant, CatalogVersion>> commits_;
  std::map<std::string, Asked> asks_;
  std::vector<NodeBook> nodes_;
  std::map<std::string, std::string> bytes_;  // by version, question and what is open
  CatalogVersion propagated_;                 // a receipt said that nobody serves less
  bool is_fenced_ = false, is_contradicted_ = false, was_put_back_ = false;
  std::vector<std::string> findings_;
};

}  // namespace footlight::sim
