// Every limit, each with its reason. Anything that grows from outside input has its bound here and
// a test in tests/limits that stands on it and one step past it.
#pragma once

#include <cstddef>

#include "footlight/time.h"

namespace footlight::limits {

// documents
inline constexpr int json_depth_max = 64;                   // deeper is an attack or a mistake; recursion stays small
inline constexpr std::size_t document_bytes_max = 1 << 20;  // one experience; people read these
inline constexpr std::size_t id_bytes_max = 64;             // ids stand in URLs, tables and log lines
inline constexpr std::size_t tags_max = 32;
inline constexpr std::size_t actions_max = 64;  // of one experience, over all treatments
inline constexpr std::size_t treatments_max = 20;
inline constexpr std::size_t predicate_nodes_max = 2'000;  // of one audience, named ones counted in
inline constexpr int predicate_depth_max = 32;
inline constexpr std::size_t journey_steps_max = 1'000;  // of one journey, branches counted in
inline constexpr std::size_t page_rules_max = 10;        // product.md §3
inline constexpr std::size_t surface_bytes_max = 1'024;  // a URI an application declares
inline constexpr std::size_t list_ids_max = 1'000'000;   // an uploaded audience
inline constexpr int priority_max = 100;
inline constexpr int approvers_max = 20;                      // that a rule may ask for; more would never meet
inline constexpr std::size_t compared_cells_max = 4'000'000;  // of two parts set side by side: 2,000 changed lines against 2,000
inline constexpr std::size_t stack_max = 50;                  // resolve = stack(n)
inline constexpr std::size_t experiences_max = 100'000;       // of one workspace, ended and deleted ones too: all are folded into memory
inline constexpr std::size_t revisions_max = 10'000;          // of one experience: thirty edits a day for a year
inline constexpr std::size_t message_bytes_max = 4 << 10;     // why something was sent back or stopped
inline constexpr std::size_t list_bytes_max = 64 << 20;       // its file
inline constexpr Duration start_ahead_max = days(730);        // invariants.md, too_far_ahead

// time
inline constexpr Duration window_max = minutes(15);   // the promise; nothing may raise it
inline constexpr Duration awake_every = seconds(60);  // a process that serves says so; who was silent for longer was away
inline constexpr Duration pause_max = days(14);
inline constexpr Duration closed_max = days(91);
inline constexpr int year_min = 1970;  // of any time written anywhere
inline constexpr int year_max = 2200;
inline constexpr Duration duration_max = days(84'371);  // all the years above

// schedules
inline constexpr std::size_t schedule_windows_max = 100;   // hours of all days: asked at each decision
inline constexpr std::size_t schedule_except_max = 1'000;  // decades of holidays
inline constexpr std::size_t rrule_bytes_max = 1'024;
inline constexpr int rrule_count_max = 10'000;              // found by counting, once, when compiled
inline constexpr Duration rrule_lasts_max = days(31);       // how far back an occurrence is looked for
inline constexpr Duration schedule_search_max = days(730);  // for the next opening; as start_ahead_max

// linter
inline constexpr long satisfy_steps_max = 10'000;                 // alternatives tried of one question; then nothing is claimed
inline constexpr std::size_t overlaps_max = 20'000;               // told of one workspace: some seconds of deciding
inline constexpr std::size_t overlap_pairs_max = 200'000;         // looked at closely: some ten microseconds each
inline constexpr std::size_t overlap_candidates_max = 2'000'000;  // pairs that do not exclude each other at first sight
inline constexpr long overlap_steps_max = 400'000;                // alternatives tried for all pairs: some ten microseconds each
inline constexpr int overlap_openings_max = 1'000;                // tried for an instant at which two schedules are open
inline constexpr std::size_t lint_wide_rules_max = 200;           // wildcard and page rules blended with each other
inline constexpr std::size_t lint_text_bytes_max = 160;           // of a condition or a profile, quoted in a warning

// requests
inline constexpr std::size_t request_bytes_max = 256 << 10;  // a decide call: ~840 bytes typical
inline constexpr std::size_t request_surfaces_max = 100;
inline constexpr std::size_t attributes_max = 1'000;  // leaves of one request
inline constexpr std::size_t attribute_string_bytes_max = 16 << 10;

// schemas
inline constexpr std::size_t schema_nodes_max = 5'000;   // subschemas of one document; generated ones have hundreds
inline constexpr std::size_t schema_patterns_max = 100;  // each holds a matcher of up to schema_pattern_memory_max
inline constexpr std::size_t schema_pattern_bytes_max = 1'024;
inline constexpr int schema_pattern_memory_max = 1 << 20;   // RE2's program and caches
inline constexpr int schema_depth_max = 512;                // subschemas applied within each other: our recursion
inline constexpr std::size_t schema_steps_max = 1'000'000;  // of one validation: `allOf` may double itself
inline constexpr std::size_t schema_problems_max = 100;     // reported of one value; more help nobody

// templates
inline constexpr std::size_t template_bytes_max = 256 << 10;
inline constexpr int template_depth_max = 32;  // blocks and fragments within each other
inline constexpr std::size_t template_output_bytes_max = 1 << 20;
inline constexpr std::size_t template_steps_max = 100'000;         // of one rendering: loops over long lists
inline constexpr std::size_t template_expression_nodes_max = 500;  // of one tag: reading and evaluating recurse
inline constexpr std::size_t template_branches_max = 64;           // `else if` in one block
inline constexpr std::size_t template_nodes_max = 100'000;         // compiled: a fragment once per place in the HTML
inline constexpr std::size_t template_list_max = 10'000;           // items a helper splits into or sorts

// embedding
inline constexpr std::size_t c_handles_max = 1 << 20;  // of the C interface, alive at once; a ticket has 20 bits for its place

// scripts: figures and reasons in docs/scripting.md
inline constexpr std::size_t script_bytes_max = 256 << 10;  // one chunk
inline constexpr int script_depth_max = 64;                 // nested blocks and expressions
inline constexpr std::size_t script_tokens_max = 100'000;
inline constexpr std::size_t script_problems_max = 20;          // of one chunk; then the first ones mislead no more
inline constexpr int script_locals_max = 200;                   // visible at once in a function; LuaJIT's own bound
inline constexpr int script_captures_max = 50;                  // LuaJIT's 60 upvalues less our 10
inline constexpr int script_slots_max = 240;                    // locals and pending values; LuaJIT stops at 250
inline constexpr std::size_t script_constants_max = 60'000;     // names and literals of one function; LuaJIT: 65536
inline constexpr std::size_t script_declarations_max = 60'000;  // of one chunk; LuaJIT's variable stack: 65476
inline constexpr std::size_t script_span_max = 30'000;          // instructions in one `if` or loop; LuaJIT jumps 32768
inline constexpr std::size_t script_targets_max = 50;           // `a, b, ... =`; LuaJIT recurses once for each
inline constexpr std::size_t script_lowered_max =
    24;  // attributes and conditions that a policy is handed as arguments; the rest it reads and tests itself
inline constexpr std::size_t script_nodes_per_fuel = 64;       // straight-line code is not free
inline constexpr long fuel_predicate = 10'000;                 // checks a targeting call may pass
inline constexpr long fuel_policy = 200'000;                   // schedule, conflict, content
inline constexpr long fuel_load = 2'000'000;                   // evaluating one file of declarations
inline constexpr long fuel_fixture = 200'000'000;              // a test file: trusted, but never endless
inline constexpr Duration script_deadline = milliseconds(50);  // safety net only; fuel is the rule
inline constexpr Duration load_deadline = seconds(5);          // of one file of declarations; likewise
inline constexpr std::size_t script_memory_soft = 8 << 20;     // trips an ordinary error
inline constexpr std::size_t script_memory_hard = 32 << 20;    // the allocator says no
inline constexpr std::size_t script_string_bytes_max = 64 << 10;
inline constexpr std::size_t script_list_max = 10'000;  // elements a table helper works on
inline constexpr std::size_t script_sort_max = 2'000;
inline constexpr std::size_t script_results_max = 200;    // and of `...`: each call copies them
inline constexpr std::size_t script_log_lines_max = 100;  // of one call
inline constexpr std::size_t script_log_line_bytes_max = 1'024;
inline constexpr std::size_t script_message_bytes_max = 2'048;      // of an error, shown to people
inline constexpr std::size_t script_format_bytes_max = 256;         // the format of string.format
inline constexpr std::size_t script_pattern_steps_max = 2'000'000;  // of one call: some 10 ms, in which no deadline is seen
inline constexpr std::size_t script_regex_bytes_max = 1'024;        // of a pattern
inline constexpr int script_regex_memory_max = 256 << 10;           // RE2's program and caches, of one pattern
inline constexpr std::size_t script_regex_kept_max = 16;            // compiled patterns of one state
inline constexpr std::size_t script_versions_kept_max = 256;        // versions, and tests of them, that one state remembers
inline constexpr std::size_t script_version_kept_bytes_max = 128;   // a longer one is read each time
inline constexpr std::size_t script_regex_work_max = 4'000'000;     // bytes times instructions of one search: some 10 ms at worst
inline constexpr std::size_t script_value_nodes_max = 20'000;       // of a result or argument
inline constexpr std::size_t script_value_bytes_max = 1 << 20;      // its strings together: a rendered page
inline constexpr int script_call_depth_max = 16;                    // script -> host -> script: the C stack grows
inline constexpr int script_rebuild_collections_max = 12;           // full collections before a state is given up
inline constexpr std::size_t policies_remembered_max = 100'000;     // sources whose check is kept
inline constexpr int script_trips_max = 3;                          // then the policy is quarantined
inline constexpr std::size_t modules_max = 200;                     // that one file requires, directly and through others
inline constexpr int module_depth_max = 12;                         // that require each other in a chain: each runs within the one before
inline constexpr std::size_t module_name_bytes_max = 200;           // `lib.pricing`: a path, of which messages tell

// server
inline constexpr std::size_t header_bytes_max = 16 << 10;
inline constexpr std::size_t header_fields_max = 100;            // browsers send some 20; a lookup is linear
inline constexpr std::size_t target_bytes_max = 8 << 10;         // path and query; RFC 9110 asks for 8000
inline constexpr std::size_t chunk_line_bytes_max = 4 << 10;     // a chunk's size line, and all trailers
inline constexpr std::size_t request_id_bytes_max = 64;          // a caller's own; it stands in every log line
inline constexpr std::size_t body_bytes_max = 4 << 20;           // the largest body of any route
inline constexpr std::size_t command_bytes_max = 64 << 10;       // a lifecycle command's body: a message, an id
inline constexpr int audit_rows_max = 10'000;                    // of one answer
inline constexpr std::size_t audit_answer_bytes_max = 16 << 20;  // then the page ends: an entry may hold a whole workspace
inline constexpr std::size_t connections_max = 10'000;
inline constexpr Duration header_timeout = seconds(10);
inline constexpr Duration body_timeout = seconds(10);
inline constexpr Duration write_timeout = seconds(10);
inline constexpr Duration idle_timeout = seconds(75);
inline constexpr Duration linger_timeout = seconds(2);             // reading on after an answer that closes, so that it arrives
inline constexpr Duration retry_after = seconds(1);                // what 429 and 503 tell the client
inline constexpr std::size_t response_bytes_max = 64 << 20;        // that our own client accepts
inline constexpr Duration drain_timeout = seconds(10);             // graceful shutdown
inline constexpr Duration delivery_wait_max = seconds(10);         // that a node's request may wait for news
inline constexpr std::size_t delivery_poll_bytes_max = 256 << 10;  // a node's request: some 600 bytes a workspace
inline constexpr std::size_t idempotency_key_bytes_max = 128;
inline constexpr std::size_t record_line_bytes_max = 1 << 20;      // of a recorded decision; what is longer is counted, not written
inline constexpr std::size_t record_waiting_bytes_max = 16 << 20;  // decided and not yet written: some seconds of a slow disk
inline constexpr std::size_t record_file_bytes_min = 64 << 10;  // then a file of records is put aside; smaller ones would hold some lines
inline constexpr int record_files_max = 1'000;                  // that are kept

// store
inline constexpr std::size_t store_name_bytes_max = 256;          // workspace, actor, setting, token: an e-mail address fits
inline constexpr std::size_t journal_record_bytes_max = 8 << 20;  // the largest body and what escaping adds to it
inline constexpr std::size_t journal_answer_bytes_max = 8 << 20;  // at most a record, told back
inline constexpr std::size_t journal_blobs_max = 1'000;           // of one entry: an imported workspace's files
inline constexpr std::size_t blob_bytes_max = 64 << 20;           // list_ids_max ids of id_bytes_max as JSON
inline constexpr std::size_t setting_bytes_max = 64 << 10;        // secrets and switches, not documents
inline constexpr std::size_t sleeps_kept_max = 500;         // times at which nobody served, of the newest: a setting is not for documents
inline constexpr Duration store_lock_timeout = seconds(5);  // another program's lock; our own writers queue without it

// delivery
inline constexpr std::size_t delivery_nodes_max = 10'000;    // that hold a lease at once: each poll is a request
inline constexpr std::size_t delivery_history_max = 4'096;   // versions that a node is remembered to have had, for receipts
inline constexpr std::size_t delivery_nonce_bytes_max = 64;  // 256 bits as hex
inline constexpr std::size_t asks_pending_max = 16;          // of one node: more than a minute of polls without an answer
inline constexpr Duration answer_max_age = seconds(60);      // that a client may keep an answer
inline constexpr Duration answer_age_margin = seconds(5);    // by which its copy ends before the lease: the way to the client

// tests
inline constexpr std::size_t fixture_memory = 256 << 20;  // a test's; its world is not in Lua
inline constexpr std::size_t fixture_memory_hard = 512 << 20;
inline constexpr int fixtures_max = 100'000;
inline constexpr std::size_t fixture_nodes_max = 100;    // of one test
inline constexpr std::size_t fixture_rows_max = 10'000;  // of one file of rows: each is a test
inline constexpr long fixture_work_max = 500'000;        // decisions that one test asks for; a command counts as ten
inline constexpr int property_runs_max = 100'000;        // profiles of one property
inline constexpr int property_attempts_max = 2'000;      // to make a failing profile simpler

}  // namespace footlight::limits
