/* A host in C: the same workspace as host.cc. */
#include <footlight_c.h>
#include <stdio.h>
#include <string.h>

static void stock(void *context, const char *arguments, size_t size, footlight_reply *reply) {
  (void)context, (void)size;
  if (strcmp(arguments, "[\"tea\"]") == 0) footlight_reply_json(reply, "3", FOOTLIGHT_ALL);
  else footlight_reply_error(reply, "no such sku");
}

static int failed(footlight_error *error) {
  fprintf(stderr, "%s\n", footlight_error_json(error, NULL));
  footlight_free(error);
  return 1;
}

int main(void) {
  const footlight_file files[] = {
      {"workspace.lua",
       "workspace \"kiosk\" { attributes = { sku = text {} },\n"
       "  surfaces = { screen = text { \"kiosk://lobby/#screen\", default = \"Welcome\" } } }",
       FOOTLIGHT_ALL},
      {"experiences/offer.lua",
       "campaign \"offer\" { show = { screen = function(p) return p.sku .. \": \" .. stock(p.sku) .. \" left\" end } }", FOOTLIGHT_ALL},
  };
  footlight_error *error;
  footlight_options *options = footlight_options_new();
  footlight_runtime *runtime;
  if (footlight_options_function(options, "stock", stock, NULL, &error) != FOOTLIGHT_OK) return failed(error);
  if (footlight_open_files(files, 2, options, &runtime, &error) != FOOTLIGHT_OK) return failed(error);

  footlight_request *request = footlight_request_new();
  footlight_request_text(request, "sku", "tea", NULL);
  footlight_request_surface(request, "kiosk://lobby/#screen", NULL);
  footlight_decision *decision;
  if (footlight_decide(runtime, request, &decision, &error) != FOOTLIGHT_OK) return failed(error);
  printf("%s\nversion %s\n", footlight_decision_get(decision, 0, FOOTLIGHT_CONTENT, NULL), footlight_version());
  footlight_free(decision);
  footlight_free(request);
  footlight_free(runtime);
  footlight_free(options);
  return footlight_free(runtime) == FOOTLIGHT_WRONG_CALL ? 0 : 1;
}
