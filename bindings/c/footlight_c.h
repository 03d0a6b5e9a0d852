/* Footlight for C, and for every language that can call C: which content for whom, decided in this process.
 *
 * CONVENTIONS
 *
 *  1. Everything is a handle: a pointer that is a ticket, never an address. A ticket is good for one object of
 *     one kind, until it is freed, and no other object ever gets the same. NULL is no object. What is NULL, freed,
 *     of another kind, or was never given out is refused with FOOTLIGHT_WRONG_CALL; it does no harm, in any build.
 *  2. footlight_free frees a handle of any kind, whoever made it. Freeing NULL is fine, freeing twice is refused. What is
 *     freed while another thread uses it lives until that call returns.
 *  3. A function that can fail returns a footlight_status and takes `footlight_error **error` last. Where `error` is not
 *     NULL it receives NULL, or a handle that tells what is wrong, which you free. What the function was to give is set to
 *     NULL first, so that it is NULL after every failure.
 *  4. Text that goes in is UTF-8, and copied before the call returns. Where a size stands beside it, FOOTLIGHT_ALL
 *     means "up to the NUL"; where none does, it ends with a NUL.
 *  5. Text that comes out belongs to the handle it was asked of, and stays until that is freed. It ends with a NUL that
 *     its size does not count. A getter asked of a bad handle gives NULL, size 0.
 *  6. Any thread may call anything at any time with any handle, but two threads filling the same options or request at
 *     once get their calls in some order. Decisions never wait for reloads and commands.
 *  7. A callback gets the `context` it was registered with, on the thread that made the call, from several threads at
 *     once. What it is handed ends when it returns. It may call this library, and must return normally: no longjmp, no C++
 *     exception. Contexts must outlive the runtime.
 *  8. Instants are milliseconds since 1970-01-01T00:00:00Z. A truth is an int, 0 or 1.
 *
 * WHAT NO CHECK CAN TELL, and so is yours to keep: that `out`, `error`, text and file pointers point to memory of
 * yours that is large enough; that text given by a handle is not read after that was freed; that callbacks and
 * contexts are what they were registered as.
 *
 * The process shares one thread and the signal SIGRTMIN+7, see footlight/footlight.h; a runtime that follows a server has
 * two threads of its own, which call its clock and log. Before version 1.0 a minor version may
 * change this interface; from then on only add to it.
 */
#ifndef FOOTLIGHT_C_H
#define FOOTLIGHT_C_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) && !defined(FOOTLIGHT_STATIC)
#define FOOTLIGHT_C_API __attribute__((visibility("default")))
#else
#define FOOTLIGHT_C_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define FOOTLIGHT_ALL ((size_t)-1)

typedef struct footlight_options footlight_options;   /* how a runtime is to be: filled, then used for any number of them */
typedef struct footlight_runtime footlight_runtime;   /* one workspace, ready to decide */
typedef struct footlight_request footlight_request;   /* who asks for which surfaces: filled, then asked any number of times */
typedef struct footlight_decision footlight_decision; /* the answer */
typedef struct footlight_text footlight_text;         /* any other answer: JSON */
typedef struct footlight_error footlight_error;       /* what is wrong */
typedef struct footlight_reply footlight_reply;       /* what a callback answers; gone when it returns */

/* Few, for `if`; footlight_error_code has the precise one. */
typedef enum footlight_status {
  FOOTLIGHT_OK = 0,
  FOOTLIGHT_PROBLEMS = 1,   /* a document, a script or content has problems */
  FOOTLIGHT_WRONG_CALL = 2, /* the call itself is wrong: a bad handle, no JSON, a request that cannot be read */
  FOOTLIGHT_REFUSED = 3,    /* the lifecycle refuses, or there is no such thing */
  FOOTLIGHT_BROKEN = 4      /* the store, the memory or Footlight itself does not work */
} footlight_status;

/* Of the library that is running: `0.1.0`. */
FOOTLIGHT_C_API const char* footlight_version(void);

/* ---- handles and errors */

FOOTLIGHT_C_API footlight_status footlight_free(void* handle);

/* The stable code, `validation_failed` (docs/reference/errors.md); a sentence for people; and everything:
 * {"code", "message", "problems": [{"code", "place", "message", "warning"}]}. */
FOOTLIGHT_C_API const char* footlight_error_code(footlight_error* error);
FOOTLIGHT_C_API const char* footlight_error_message(footlight_error* error);
FOOTLIGHT_C_API const char* footlight_error_json(footlight_error* error, size_t* size);

FOOTLIGHT_C_API const char* footlight_text_data(footlight_text* text, size_t* size);

/* ---- options: all of them optional */

typedef int64_t (*footlight_clock)(void* context);
/* {"kind", "at", "identity": {"namespace", "id"}, "experience", "action", "treatment", "revision", "surface", "element", "token"} */
typedef void (*footlight_events)(void* context, const char* event_json, size_t size);
typedef enum footlight_level { FOOTLIGHT_INFO = 0, FOOTLIGHT_WARNING = 1, FOOTLIGHT_ERROR = 2 } footlight_level;
typedef void (*footlight_log)(void* context, footlight_level level, const char* text, size_t size);
/* A function for policies gets a list of its arguments, an attribute provider gets the request; both answer through
 * footlight_reply_json or footlight_reply_error. No answer is null. */
typedef void (*footlight_function)(void* context, const char* json, size_t size, footlight_reply* reply);

/* NULL where there is no memory, or no room for another handle. */
FOOTLIGHT_C_API footlight_options* footlight_options_new(void);
FOOTLIGHT_C_API footlight_status footlight_options_clock(footlight_options* options, footlight_clock now, void* context,
                                                         footlight_error** error);
FOOTLIGHT_C_API footlight_status footlight_options_events(footlight_options* options, footlight_events sink, void* context,
                                                          footlight_error** error);
FOOTLIGHT_C_API footlight_status footlight_options_log(footlight_options* options, footlight_log sink, void* context,
                                                       footlight_error** error);
/* What policies may call by `name`. An error drops the policy's candidate. Must be quick; should be pure. */
FOOTLIGHT_C_API footlight_status footlight_options_function(footlight_options* options, const char* name, footlight_function function,
                                                            void* context, footlight_error** error);
/* What the host knows of a profile: an object of attributes. What the request says wins; an error refuses the decision. */
FOOTLIGHT_C_API footlight_status footlight_options_attributes(footlight_options* options, footlight_function provider, void* context,
                                                              footlight_error** error);
/* What tokens of propositions are signed with. Without one they carry none; a store keeps one of its own. */
FOOTLIGHT_C_API footlight_status footlight_options_secret(footlight_options* options, const char* secret, footlight_error** error);
/* How long one call of a policy may take, by the wall clock, before it is stopped and its candidate dropped. Test suites on
 * busy machines want a minute, so that no answer depends on it. */
FOOTLIGHT_C_API footlight_status footlight_options_policy_deadline(footlight_options* options, int64_t milliseconds,
                                                                   footlight_error** error);
/* How long a publish may take to be in force everywhere, for footlight_open_store: at most 15 minutes. */
FOOTLIGHT_C_API footlight_status footlight_options_window(footlight_options* options, int64_t milliseconds, footlight_error** error);

FOOTLIGHT_C_API footlight_status footlight_reply_json(footlight_reply* reply, const char* json, size_t size);
FOOTLIGHT_C_API footlight_status footlight_reply_error(footlight_reply* reply, const char* message);

/* ---- runtimes; `options` may be NULL, and may be freed as soon as the runtime is open */

typedef struct footlight_file {
  const char* path; /* within the workspace: `experiences/gold.lua` */
  const char* bytes;
  size_t size; /* or FOOTLIGHT_ALL */
} footlight_file;

/* A workspace in a folder, or in memory: every experience in force as its schedule says. */
FOOTLIGHT_C_API footlight_status footlight_open_folder(const char* path, footlight_options* options, footlight_runtime** runtime,
                                                       footlight_error** error);
FOOTLIGHT_C_API footlight_status footlight_open_files(const footlight_file* files, size_t count, footlight_options* options,
                                                      footlight_runtime** runtime, footlight_error** error);
/* What is in force in a store (a data file's path, or `memory:`), with the lifecycle to change it. */
FOOTLIGHT_C_API footlight_status footlight_open_store(const char* address, const char* workspace, footlight_options* options,
                                                      footlight_runtime** runtime, footlight_error** error);
/* What a server (`http://10.0.0.5:8787`) has in force in a workspace, as long as it lends it; `token` is one of the role `node`.
 * `node` (this runtime's name in receipts, unique in the deployment) and `store` (a file of its own, in which what was
 * lent survives a restart) may be NULL. Waits 5 seconds at most for the first answer; where nobody answers it
 * opens all the same, and goes on asking. */
FOOTLIGHT_C_API footlight_status footlight_follow(const char* server, const char* token, const char* workspace, const char* node,
                                                  const char* store, footlight_options* options, footlight_runtime** runtime,
                                                  footlight_error** error);
/* Where it stands: {"node", "version", "is_leased", "lease_left_ms"}, and "failure": {"code", "message"} where the newest attempt failed.
 */
FOOTLIGHT_C_API footlight_status footlight_following(footlight_runtime* runtime, footlight_text** standing, footlight_error** error);
/* Reads the folder again, or takes these files in place of the old ones. All of it or nothing. */
FOOTLIGHT_C_API footlight_status footlight_reload(footlight_runtime* runtime, footlight_error** error);
FOOTLIGHT_C_API footlight_status footlight_reload_files(footlight_runtime* runtime, const footlight_file* files, size_t count,
                                                        footlight_error** error);
/* Warnings of the files, or what the store has in force and cannot be compiled: a list of {"code", "place", "message", "warning"}. */
FOOTLIGHT_C_API footlight_status footlight_problems(footlight_runtime* runtime, footlight_text** problems, footlight_error** error);
/* Runs the workspace's tests: a list of {"file", "name", "passed", "message", "log"}. `filter` may be NULL. */
FOOTLIGHT_C_API footlight_status footlight_run_fixtures(footlight_runtime* runtime, const char* filter, footlight_text** results,
                                                        footlight_error** error);

/* ---- deciding */

/* JSON to JSON, byte for byte what POST /v1/decide takes and answers (docs/http.md). */
FOOTLIGHT_C_API footlight_status footlight_decide_json(footlight_runtime* runtime, const char* request, size_t size,
                                                       footlight_text** answer, footlight_error** error);
FOOTLIGHT_C_API footlight_status footlight_explain_json(footlight_runtime* runtime, const char* request, size_t size,
                                                        footlight_text** answer, footlight_error** error);

/* The same without JSON at hand. */
FOOTLIGHT_C_API footlight_request* footlight_request_new(void);
FOOTLIGHT_C_API footlight_status footlight_request_surface(footlight_request* request, const char* uri, footlight_error** error);
FOOTLIGHT_C_API footlight_status footlight_request_identity(footlight_request* request, const char* name_space, const char* id,
                                                            footlight_error** error);
/* Attributes by their dotted names, `loyalty.tier`; the last value given counts. */
FOOTLIGHT_C_API footlight_status footlight_request_text(footlight_request* request, const char* attribute, const char* value,
                                                        footlight_error** error);
FOOTLIGHT_C_API footlight_status footlight_request_number(footlight_request* request, const char* attribute, double value,
                                                          footlight_error** error);
FOOTLIGHT_C_API footlight_status footlight_request_truth(footlight_request* request, const char* attribute, int value,
                                                         footlight_error** error);
FOOTLIGHT_C_API footlight_status footlight_request_json(footlight_request* request, const char* attribute, const char* json, size_t size,
                                                        footlight_error** error);
/* What is known of the moment: `channel`. */
FOOTLIGHT_C_API footlight_status footlight_request_context(footlight_request* request, const char* name, const char* json, size_t size,
                                                           footlight_error** error);
/* The instant to decide for; without it: now, by the clock. */
FOOTLIGHT_C_API footlight_status footlight_request_at(footlight_request* request, int64_t instant, footlight_error** error);

FOOTLIGHT_C_API footlight_status footlight_decide(footlight_runtime* runtime, footlight_request* request, footlight_decision** decision,
                                                  footlight_error** error);
FOOTLIGHT_C_API footlight_status footlight_explain(footlight_runtime* runtime, footlight_request* request, footlight_decision** decision,
                                                   footlight_error** error);

/* What is shown. Content is HTML, text or JSON, as its format says. A configuration's default has an empty experience. */
typedef enum footlight_field {
  FOOTLIGHT_CONTENT = 0,
  FOOTLIGHT_SURFACE = 1,
  FOOTLIGHT_ELEMENT = 2,
  FOOTLIGHT_EXPERIENCE = 3,
  FOOTLIGHT_ACTION = 4,
  FOOTLIGHT_TREATMENT = 5,
  FOOTLIGHT_CONFIGURATION = 6,
  FOOTLIGHT_FORMAT = 7, /* `html`, `json`, `text` */
  FOOTLIGHT_TOKEN = 8   /* names this proposition in events */
} footlight_field;
FOOTLIGHT_C_API size_t footlight_decision_count(footlight_decision* decision);
/* NULL where there is no such item or field. `size` may be NULL. */
FOOTLIGHT_C_API const char* footlight_decision_get(footlight_decision* decision, size_t item, footlight_field field, size_t* size);
FOOTLIGHT_C_API const char* footlight_decision_json(footlight_decision* decision, size_t* size);
/* Why there are defaults only: `no_lease`. Empty where it was decided. */
FOOTLIGHT_C_API const char* footlight_decision_reason(footlight_decision* decision, size_t* size);

/* Reports what became of a proposition, to the event sink: `display`, `interact`, `dismiss` or a word of yours.
 * `name_space` and `id` may be NULL. */
FOOTLIGHT_C_API footlight_status footlight_record(footlight_runtime* runtime, const char* kind, const char* token, const char* name_space,
                                                  const char* id, footlight_error** error);

/* ---- the lifecycle, for runtimes on a store (docs/lifecycle.md) */

/* {"command": "activate", "experience": "spring", "actor": {"name": "ann", "roles": ["publisher"]},
 *  "definition", "message", "new_id", "revision", "expected_revision", "expected_hash", "key"}: the first three are needed,
 * the rest is as the command wants it; `key` makes a repeat safe. The answer is the body that HTTP gives, in
 * {"body", "is_repeat"}. */
FOOTLIGHT_C_API footlight_status footlight_command(footlight_runtime* runtime, const char* command, size_t size, footlight_text** answer,
                                                   footlight_error** error);
/* Takes a folder's configuration and experiences in, as drafts: a list of {"id", "what": "created" | "edited" | "unchanged" |
 * "left", "why"}. `actor`: {"name", "roles"}. */
FOOTLIGHT_C_API footlight_status footlight_take_in(footlight_runtime* runtime, const char* folder, const char* actor, size_t size,
                                                   footlight_text** taken, footlight_error** error);
FOOTLIGHT_C_API footlight_status footlight_take_in_files(footlight_runtime* runtime, const footlight_file* files, size_t count,
                                                         const char* actor, size_t size, footlight_text** taken, footlight_error** error);
FOOTLIGHT_C_API footlight_status footlight_experience(footlight_runtime* runtime, const char* id, footlight_text** experience,
                                                      footlight_error** error);
FOOTLIGHT_C_API footlight_status footlight_experiences(footlight_runtime* runtime, footlight_text** experiences, footlight_error** error);
FOOTLIGHT_C_API footlight_status footlight_receipt(footlight_runtime* runtime, const char* id, footlight_text** receipt,
                                                   footlight_error** error);

#ifdef __cplusplus
}
#endif

#endif
