/* The C interface, compiled as C and linked to the shared library: what a C host does, and what it does wrong. */
#include <footlight_c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures = 0;

#define CHECK(holds)                                                   \
  do {                                                                 \
    if (!(holds)) {                                                    \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #holds);      \
      ++failures;                                                      \
    }                                                                  \
  } while (0)

static const char hero[] = "web://shop.example/#hero";
static const char ask_gold[] =
    "{\"surfaces\":[\"web://shop.example/#hero\"],\"attributes\":{\"loyalty.tier\":\"gold\",\"name\":\"Ann\"}}";

static const footlight_file files[] = {
    {"workspace.lua",
     "workspace \"shop\" {\n"
     "  attributes = { [\"loyalty.tier\"] = enum { \"none\", \"gold\" }, name = text {}, age = number {}, new = boolean {} },\n"
     "  surfaces = { hero = html { \"web://shop.example/#hero\", default = \"Welcome\" } },\n"
     "}",
     FOOTLIGHT_ALL},
    {"experiences/gold.lua",
     "campaign \"gold\" {\n"
     "  audience = function(p) return p.loyalty.tier == \"gold\" end,\n"
     "  show = { hero = \"Welcome back, {{name}}\" },\n"
     "}",
     FOOTLIGHT_ALL},
    {"tests/gold_test.lua", "test \"gold\" (function(t) t:activate \"gold\" end)", FOOTLIGHT_ALL},
};
static const size_t file_count = sizeof files / sizeof *files;

static footlight_runtime *shop(footlight_options *options) {
  footlight_runtime *runtime;
  footlight_error *error;
  if (footlight_open_files(files, file_count, options, &runtime, &error) != FOOTLIGHT_OK) {
    fprintf(stderr, "%s\n", footlight_error_json(error, NULL));
    exit(1);
  }
  return runtime;
}

/* Whether a text, which is then freed, contains something. */
static int contains(footlight_text *text, const char *part) {
  const char *data = footlight_text_data(text, NULL);
  const int found = data && strstr(data, part);
  if (data && !found) fprintf(stderr, "no `%s` in %s\n", part, data);
  footlight_free(text);
  return found;
}

/* Whether an error, which is then freed, has this code. */
static int is_code(footlight_error *error, const char *code) {
  const char *had = footlight_error_code(error);
  const int same = had && strcmp(had, code) == 0;
  if (!same) fprintf(stderr, "%s instead of %s: %s\n", had ? had : "no error", code, had ? footlight_error_message(error) : "");
  footlight_free(error);
  return same;
}

static void decides(void) {
  footlight_runtime *runtime = shop(NULL);
  footlight_text *answer;
  footlight_error *error;
  size_t size;
  CHECK(footlight_decide_json(runtime, ask_gold, FOOTLIGHT_ALL, &answer, &error) == FOOTLIGHT_OK);
  CHECK(error == NULL);
  CHECK(footlight_text_data(answer, &size) && size == strlen(footlight_text_data(answer, NULL)));
  CHECK(contains(answer, "Welcome back, Ann"));
  CHECK(footlight_explain_json(runtime, ask_gold, strlen(ask_gold), &answer, NULL) == FOOTLIGHT_OK);
  CHECK(contains(answer, "\"trace\""));
  CHECK(footlight_decide_json(runtime, "{", 1, &answer, &error) == FOOTLIGHT_WRONG_CALL);
  CHECK(answer == NULL);
  CHECK(is_code(error, "bad_json"));

  footlight_request *request = footlight_request_new();
  CHECK(footlight_request_surface(request, hero, NULL) == FOOTLIGHT_OK);
  CHECK(footlight_request_identity(request, "crm", "1", NULL) == FOOTLIGHT_OK);
  CHECK(footlight_request_text(request, "loyalty.tier", "gold", NULL) == FOOTLIGHT_OK);
  CHECK(footlight_request_text(request, "name", "Bo", NULL) == FOOTLIGHT_OK);
  CHECK(footlight_request_number(request, "age", 33, NULL) == FOOTLIGHT_OK);
  CHECK(footlight_request_truth(request, "new", 1, NULL) == FOOTLIGHT_OK);
  CHECK(footlight_request_context(request, "channel", "\"kiosk\"", FOOTLIGHT_ALL, NULL) == FOOTLIGHT_OK);
  CHECK(footlight_request_json(request, "x", "nonsense", FOOTLIGHT_ALL, &error) == FOOTLIGHT_WRONG_CALL);
  CHECK(is_code(error, "bad_json"));
  CHECK(footlight_request_at(request, 1796115600000, NULL) == FOOTLIGHT_OK);
  footlight_decision *decision;
  CHECK(footlight_decide(runtime, request, &decision, &error) == FOOTLIGHT_OK);
  CHECK(footlight_decision_count(decision) == 1);
  CHECK(strcmp(footlight_decision_get(decision, 0, FOOTLIGHT_CONTENT, &size), "Welcome back, Bo") == 0);
  CHECK(size == strlen("Welcome back, Bo"));
  CHECK(strcmp(footlight_decision_get(decision, 0, FOOTLIGHT_EXPERIENCE, NULL), "gold") == 0);
  CHECK(strcmp(footlight_decision_get(decision, 0, FOOTLIGHT_SURFACE, NULL), hero) == 0);
  CHECK(strcmp(footlight_decision_get(decision, 0, FOOTLIGHT_FORMAT, NULL), "html") == 0);
  CHECK(footlight_decision_get(decision, 1, FOOTLIGHT_CONTENT, &size) == NULL && size == 0);
  CHECK(footlight_decision_get(decision, 0, (footlight_field)99, NULL) == NULL);
  CHECK(strstr(footlight_decision_json(decision, NULL), "Welcome back, Bo"));
  CHECK(footlight_free(decision) == FOOTLIGHT_OK);
  CHECK(footlight_explain(runtime, request, &decision, NULL) == FOOTLIGHT_OK);
  CHECK(strstr(footlight_decision_json(decision, &size), "\"trace\""));
  footlight_free(decision);
  footlight_free(request);

  footlight_text *results;
  CHECK(footlight_run_fixtures(runtime, NULL, &results, NULL) == FOOTLIGHT_OK);
  CHECK(contains(results, "\"passed\":true"));
  CHECK(footlight_problems(runtime, &results, NULL) == FOOTLIGHT_OK);
  CHECK(contains(results, "[]"));
  CHECK(footlight_reload_files(runtime, files, 1, NULL) == FOOTLIGHT_OK);
  CHECK(footlight_decide_json(runtime, ask_gold, FOOTLIGHT_ALL, &answer, NULL) == FOOTLIGHT_OK);
  CHECK(contains(answer, "\"Welcome\""));
  CHECK(footlight_reload(runtime, &error) == FOOTLIGHT_WRONG_CALL);
  CHECK(is_code(error, "usage"));
  CHECK(footlight_free(runtime) == FOOTLIGHT_OK);
}

static void problems_have_places(void) {
  const footlight_file broken[] = {files[0], {"experiences/gold.lua", "campaign \"gold\" {\n  show = { herp = \"x\" },\n}", FOOTLIGHT_ALL}};
  footlight_runtime *runtime;
  footlight_error *error;
  CHECK(footlight_open_files(broken, 2, NULL, &runtime, &error) == FOOTLIGHT_PROBLEMS);
  CHECK(runtime == NULL);
  CHECK(strstr(footlight_error_json(error, NULL), "experiences/gold.lua:2"));
  CHECK(is_code(error, "validation_failed"));
  CHECK(footlight_open_folder("/nowhere/at/all", NULL, &runtime, &error) == FOOTLIGHT_PROBLEMS);
  CHECK(is_code(error, "unreadable_file"));
  const footlight_file twice[] = {files[0], files[0]};
  CHECK(footlight_open_files(twice, 2, NULL, &runtime, &error) == FOOTLIGHT_PROBLEMS);
  CHECK(is_code(error, "duplicate_id"));
}

/* ---- callbacks */

static int events = 0, lines = 0;
static char last_event[2000];
static footlight_reply *kept_reply;

static int64_t noon(void *context) {
  (void)context;
  return 1796126400000;
}
static void on_event(void *context, const char *json, size_t size) {
  CHECK(context == &events);
  CHECK(strlen(json) == size && size < sizeof last_event);
  memcpy(last_event, json, size + 1);
  ++events;
}
static void on_log(void *context, footlight_level level, const char *text, size_t size) {
  (void)context, (void)level;
  CHECK(strlen(text) == size);
  ++lines;
}
static void stock(void *context, const char *json, size_t size, footlight_reply *reply) {
  CHECK(strcmp(context, "tea") == 0);
  CHECK(size == strlen(json));
  kept_reply = reply;
  CHECK(footlight_reply_json(reply, strcmp(json, "[\"tea\"]") == 0 ? "3" : "0", 1) == FOOTLIGHT_OK);
}
static void closed(void *context, const char *json, size_t size, footlight_reply *reply) {
  (void)context, (void)json, (void)size;
  CHECK(footlight_reply_error(reply, "the warehouse is closed") == FOOTLIGHT_OK);
}
static void babble(void *context, const char *json, size_t size, footlight_reply *reply) {
  (void)context, (void)json, (void)size;
  CHECK(footlight_reply_json(reply, "not JSON", FOOTLIGHT_ALL) == FOOTLIGHT_WRONG_CALL);
}
static void frees_its_reply(void *context, const char *json, size_t size, footlight_reply *reply) {
  (void)context, (void)json, (void)size;
  CHECK(footlight_free(reply) == FOOTLIGHT_OK);
}
static void crm(void *context, const char *json, size_t size, footlight_reply *reply) {
  (void)context, (void)size;
  if (strstr(json, "\"id\":\"1\"")) footlight_reply_json(reply, "{\"loyalty.tier\":\"gold\",\"name\":\"Cy\"}", FOOTLIGHT_ALL);
  else footlight_reply_json(reply, "{}", 2);
}

static void hosts_callbacks(void) {
  static const char experience[] = "campaign \"gold\" { show = { hero = function(p) return stock(\"tea\") .. \" left\" end } }";
  const footlight_file with_stock[] = {files[0], {"experiences/gold.lua", experience, sizeof experience - 1}};
  static const footlight_function functions[] = {stock, closed, babble, frees_its_reply};
  static const char *const shown[] = {"3 left", "Welcome", "Welcome", "Welcome"};
  for (int i = 0; i < 4; ++i) {
    footlight_options *options = footlight_options_new();
    CHECK(footlight_options_function(options, "stock", functions[i], "tea", NULL) == FOOTLIGHT_OK);
    CHECK(footlight_options_log(options, on_log, NULL, NULL) == FOOTLIGHT_OK);
    lines = 0;
    footlight_runtime *runtime;
    CHECK(footlight_open_files(with_stock, 2, options, &runtime, NULL) == FOOTLIGHT_OK);
    CHECK(footlight_free(options) == FOOTLIGHT_OK);
    footlight_text *answer;
    CHECK(footlight_decide_json(runtime, ask_gold, FOOTLIGHT_ALL, &answer, NULL) == FOOTLIGHT_OK);
    CHECK(contains(answer, shown[i]));
    CHECK(lines == (i == 0 ? 0 : 1));
    footlight_free(runtime);
  }
  CHECK(footlight_reply_json(kept_reply, "4", 1) == FOOTLIGHT_WRONG_CALL); /* it ended with its call */

  footlight_options *options = footlight_options_new();
  CHECK(footlight_options_clock(options, noon, NULL, NULL) == FOOTLIGHT_OK);
  CHECK(footlight_options_events(options, on_event, &events, NULL) == FOOTLIGHT_OK);
  CHECK(footlight_options_secret(options, "only ours", NULL) == FOOTLIGHT_OK);
  CHECK(footlight_options_attributes(options, crm, NULL, NULL) == FOOTLIGHT_OK);
  footlight_runtime *runtime = shop(options);
  footlight_request *request = footlight_request_new();
  footlight_request_surface(request, hero, NULL);
  footlight_request_identity(request, "crm", "1", NULL);
  footlight_decision *decision;
  CHECK(footlight_decide(runtime, request, &decision, NULL) == FOOTLIGHT_OK);
  CHECK(strcmp(footlight_decision_get(decision, 0, FOOTLIGHT_CONTENT, NULL), "Welcome back, Cy") == 0);
  CHECK(events == 1);
  CHECK(strstr(last_event, "2026-12-01T12:00:00Z"));
  CHECK(footlight_record(runtime, "display", footlight_decision_get(decision, 0, FOOTLIGHT_TOKEN, NULL), "crm", "1", NULL) == FOOTLIGHT_OK);
  CHECK(events == 2);
  CHECK(strstr(last_event, "\"kind\":\"display\""));
  footlight_error *error;
  CHECK(footlight_record(runtime, "display", "forged", NULL, NULL, &error) == FOOTLIGHT_WRONG_CALL);
  CHECK(is_code(error, "bad_request"));
  footlight_free(decision);
  footlight_free(request);
  footlight_free(runtime);

  CHECK(footlight_options_function(options, "end", stock, NULL, NULL) == FOOTLIGHT_OK);
  CHECK(footlight_open_files(files, file_count, options, &runtime, &error) == FOOTLIGHT_PROBLEMS);
  CHECK(is_code(error, "bad_id"));
  CHECK(footlight_options_window(options, 16 * 60 * 1000, &error) == FOOTLIGHT_PROBLEMS);
  CHECK(is_code(error, "out_of_range"));
  CHECK(footlight_options_policy_deadline(options, 0, &error) == FOOTLIGHT_PROBLEMS);
  CHECK(is_code(error, "out_of_range"));
  CHECK(footlight_options_policy_deadline(options, 60 * 1000, NULL) == FOOTLIGHT_OK);
  footlight_free(options);
}

static void lifecycle(void) {
  footlight_runtime *runtime;
  footlight_error *error;
  footlight_text *text;
  static const char ann[] = "{\"name\":\"ann\",\"roles\":[\"author\",\"publisher\"]}";
  static const char activate[] =
      "{\"command\":\"activate\",\"experience\":\"gold\",\"actor\":{\"name\":\"ann\",\"roles\":[\"publisher\"]},\"key\":\"go\"}";
  static const char stop[] =
      "{\"command\":\"stop\",\"experience\":\"gold\",\"message\":\"enough\",\"actor\":{\"name\":\"ann\",\"roles\":[\"publisher\"]}}";
  CHECK(footlight_open_store("memory:", "shop", NULL, &runtime, &error) == FOOTLIGHT_OK);
  CHECK(footlight_take_in_files(runtime, files, file_count, ann, FOOTLIGHT_ALL, &text, &error) == FOOTLIGHT_OK);
  CHECK(contains(text, "\"what\":\"created\""));
  CHECK(footlight_decide_json(runtime, ask_gold, FOOTLIGHT_ALL, &text, NULL) == FOOTLIGHT_OK);
  CHECK(contains(text, "\"Welcome\""));
  CHECK(footlight_command(runtime, activate, FOOTLIGHT_ALL, &text, &error) == FOOTLIGHT_OK);
  CHECK(contains(text, "\"is_repeat\":false"));
  CHECK(footlight_command(runtime, activate, FOOTLIGHT_ALL, &text, &error) == FOOTLIGHT_OK);
  CHECK(contains(text, "\"is_repeat\":true"));
  CHECK(footlight_decide_json(runtime, ask_gold, FOOTLIGHT_ALL, &text, NULL) == FOOTLIGHT_OK);
  CHECK(contains(text, "Welcome back, Ann"));
  CHECK(footlight_experience(runtime, "gold", &text, NULL) == FOOTLIGHT_OK);
  CHECK(contains(text, "\"live\""));
  CHECK(footlight_experiences(runtime, &text, NULL) == FOOTLIGHT_OK);
  CHECK(contains(text, "\"gold\""));
  CHECK(footlight_receipt(runtime, "gold", &text, NULL) == FOOTLIGHT_OK);
  CHECK(contains(text, "\"gold\""));
  CHECK(footlight_command(runtime, stop, FOOTLIGHT_ALL, &text, &error) == FOOTLIGHT_OK);
  footlight_free(text);
  CHECK(footlight_command(runtime, "{\"command\":\"activate\",\"experience\":\"gold\",\"actor\":{\"name\":\"ann\",\"roles\":[\"publisher\"]}}",
                          FOOTLIGHT_ALL, &text, &error) == FOOTLIGHT_REFUSED);
  CHECK(is_code(error, "experience_final"));
  CHECK(footlight_command(runtime, "{\"command\":\"explode\",\"actor\":{\"name\":1,\"roles\":[\"king\"]},\"revision\":1.5,\"what\":0}",
                          FOOTLIGHT_ALL, &text, &error) == FOOTLIGHT_WRONG_CALL);
  CHECK(strstr(footlight_error_json(error, NULL), "explode") && strstr(footlight_error_json(error, NULL), "king"));
  CHECK(strstr(footlight_error_json(error, NULL), "$.actor.name") && strstr(footlight_error_json(error, NULL), "$.what"));
  CHECK(strstr(footlight_error_json(error, NULL), "$.revision"));
  CHECK(is_code(error, "bad_request"));
  CHECK(footlight_take_in(runtime, "/nowhere/at/all", ann, FOOTLIGHT_ALL, &text, &error) == FOOTLIGHT_PROBLEMS);
  CHECK(is_code(error, "unreadable_file"));
  CHECK(footlight_open_store("memory:", "no such name!", NULL, &runtime, &error) != FOOTLIGHT_OK || runtime != NULL);
  footlight_free(error);
  footlight_free(runtime);
}

/* A server that is not there: it opens, and says why there is nothing to show. The rest is in follow_test.cc. */
static void follows(void) {
  footlight_error *error;
  footlight_runtime *runtime;
  footlight_text *text;
  footlight_decision *decision;
  footlight_request *request = footlight_request_new();
  footlight_request_surface(request, hero, NULL);
  CHECK(footlight_follow("http://127.0.0.1:1", "token", "shop", NULL, NULL, NULL, &runtime, &error) == FOOTLIGHT_OK);
  CHECK(footlight_decide(runtime, request, &decision, &error) == FOOTLIGHT_BROKEN && decision == NULL);
  CHECK(is_code(error, "unavailable"));
  CHECK(footlight_following(runtime, &text, NULL) == FOOTLIGHT_OK);
  CHECK(contains(text, "\"is_leased\":false"));
  CHECK(footlight_following(runtime, &text, NULL) == FOOTLIGHT_OK);
  CHECK(contains(text, "\"failure\":{\"code\":\"unavailable\""));
  CHECK(footlight_reload(runtime, NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_free(runtime) == FOOTLIGHT_OK);
  CHECK(footlight_following(runtime, &text, NULL) == FOOTLIGHT_WRONG_CALL && text == NULL);
  CHECK(footlight_follow(NULL, "token", "shop", NULL, NULL, NULL, &runtime, NULL) == FOOTLIGHT_WRONG_CALL && runtime == NULL);
  CHECK(footlight_follow("http://127.0.0.1:1", NULL, "shop", NULL, NULL, NULL, &runtime, NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_follow("http://127.0.0.1:1", "token", NULL, NULL, NULL, NULL, &runtime, NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_follow("https://127.0.0.1:1", "token", "shop", NULL, NULL, NULL, &runtime, NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_follow("http://127.0.0.1:1", "token", "shop", NULL, "memory:", NULL, NULL, NULL) == FOOTLIGHT_WRONG_CALL);
  runtime = shop(NULL);
  CHECK(footlight_following(runtime, &text, &error) == FOOTLIGHT_WRONG_CALL);
  CHECK(is_code(error, "usage"));
  CHECK(footlight_decide(runtime, request, &decision, NULL) == FOOTLIGHT_OK);
  size_t size = 1;
  CHECK(strcmp(footlight_decision_reason(decision, &size), "") == 0 && size == 0);
  footlight_free(decision);
  CHECK(footlight_decision_reason(decision, NULL) == NULL);
  footlight_free(runtime);
  footlight_free(request);
}

/* ---- misuse: told, never a crash */

static void misuse(void) {
  footlight_error *error;
  footlight_text *text = (footlight_text *)&text;
  footlight_runtime *runtime = shop(NULL);
  footlight_request *request = footlight_request_new();
  footlight_decision *decision;
  footlight_request_surface(request, hero, NULL);

  /* nothing */
  CHECK(footlight_decide_json(NULL, ask_gold, FOOTLIGHT_ALL, &text, &error) == FOOTLIGHT_WRONG_CALL);
  CHECK(text == NULL);
  CHECK(is_code(error, "usage"));
  CHECK(footlight_decide_json(runtime, NULL, 0, &text, NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_decide_json(runtime, NULL, FOOTLIGHT_ALL, &text, NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_decide_json(runtime, ask_gold, FOOTLIGHT_ALL, NULL, NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_decide(runtime, NULL, &decision, NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_request_surface(request, NULL, NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_request_text(request, NULL, "x", NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_request_text(request, "x", NULL, NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_request_json(request, "x", NULL, 0, NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_options_clock(NULL, noon, NULL, NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_open_folder(NULL, NULL, &runtime, NULL) == FOOTLIGHT_WRONG_CALL);
  runtime = shop(NULL);
  CHECK(footlight_open_files(NULL, 3, NULL, &runtime, NULL) == FOOTLIGHT_WRONG_CALL);
  runtime = shop(NULL);
  CHECK(footlight_record(runtime, NULL, NULL, NULL, NULL, NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_command(runtime, NULL, 0, &text, NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_experience(runtime, NULL, &text, NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_error_message(NULL) == NULL && footlight_error_json(NULL, NULL) == NULL);
  CHECK(footlight_text_data(NULL, NULL) == NULL && footlight_decision_count(NULL) == 0);
  CHECK(footlight_free(NULL) == FOOTLIGHT_OK);

  /* of another kind: C warns of these where the cast is missing */
  CHECK(footlight_decide_json((footlight_runtime *)(void *)request, ask_gold, FOOTLIGHT_ALL, &text, &error) == FOOTLIGHT_WRONG_CALL);
  CHECK(is_code(error, "usage"));
  CHECK(footlight_decide(runtime, (footlight_request *)(void *)runtime, &decision, NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_text_data((footlight_text *)(void *)request, NULL) == NULL);
  CHECK(footlight_open_files(files, file_count, (footlight_options *)(void *)request, &runtime, NULL) == FOOTLIGHT_WRONG_CALL);
  runtime = shop(NULL);

  /* no handle at all: an address, small numbers, one that never was */
  int mine = 0;
  CHECK(footlight_free(&mine) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_free((void *)1) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_free((void *)~(uintptr_t)0) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_decide_json((footlight_runtime *)(void *)&mine, ask_gold, FOOTLIGHT_ALL, &text, NULL) == FOOTLIGHT_WRONG_CALL);

  /* after it was freed, also when its place is taken by another of the same kind */
  CHECK(footlight_free(request) == FOOTLIGHT_OK);
  CHECK(footlight_decide(runtime, request, &decision, &error) == FOOTLIGHT_WRONG_CALL);
  CHECK(decision == NULL);
  CHECK(is_code(error, "usage"));
  CHECK(footlight_free(request) == FOOTLIGHT_WRONG_CALL);
  footlight_request *others[100];
  for (int i = 0; i < 100; ++i) others[i] = footlight_request_new();
  CHECK(footlight_request_surface(request, hero, NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_free(request) == FOOTLIGHT_WRONG_CALL);
  for (int i = 0; i < 100; ++i) {
    CHECK(others[i] != request);
    CHECK(footlight_free(others[i]) == FOOTLIGHT_OK);
  }
  CHECK(footlight_free(runtime) == FOOTLIGHT_OK);
  CHECK(footlight_decide_json(runtime, ask_gold, FOOTLIGHT_ALL, &text, NULL) == FOOTLIGHT_WRONG_CALL);
  CHECK(footlight_free(runtime) == FOOTLIGHT_WRONG_CALL);
}

int main(void) {
  CHECK(strcmp(footlight_version(), "0.1.0") == 0 || strlen(footlight_version()) > 0);
  decides();
  problems_have_places();
  hosts_callbacks();
  lifecycle();
  follows();
  misuse();
  if (failures == 0) puts("ok");
  return failures == 0 ? 0 : 1;
}
