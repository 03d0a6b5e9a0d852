// The words that are written in Lua, in scripts/prelude: their rows, for the reference page and for editors. A test
// keeps the names equal to what the preludes return.
#include "bindings/lua/module.h"

namespace footlight {

const LuaModule& file_words() {
  static const LuaModule words{"",
                               "What every file of a workspace may call at its top, outside of functions.",
                               {
                                   {"require", "require(name)",
                                    "What the module gives: `require \"lib.pricing\"` is the table or function that lib/pricing.lua of the "
                                    "workspace returns. The name is written in quotes.",
                                    "0.1", "local pricing = require \"lib.pricing\""},
                               }};
  return words;
}

const LuaModule& policy_words() {
  static const LuaModule words{
      "",
      "What functions in experiences, audiences and policies may call besides.",
      {
          {"contains", "contains(list, value)", "Does the list hold the value? An absent list holds nothing.", "0.1",
           "assert(contains({'a', 'b'}, 'b'))"},
          {"escape", "escape(text)", "The text as it may stand in HTML; nothing for nil.", "0.1", "assert(escape('<b>') == '&lt;b&gt;')"},
          {"first", "first(list, n)", "The first n items.", "0.1", "assert(#first({1, 2, 3}, 2) == 2)"},
          {"recent", "recent(list, n)", "Up to n different items, the last ones first: what somebody saw most recently.", "0.1",
           "assert(recent({'a', 'b', 'a'}, 1)[1] == 'a')"},
          {"recommend", "recommend(list, n)", "Up to n different items, the most frequent first, of equally frequent ones the latest.",
           "0.1", "assert(recommend({'a', 'b', 'a'}, 1)[1] == 'a')"},
          {"has_tag", "has_tag(candidate, tag)", "In conflict policies: does the candidate's experience have the tag?", "0.1",
           "assert(has_tag({tags = {'price'}}, 'price'))"},
          {"one_per_tag", "one_per_tag(candidates, tag)",
           "In conflict policies: of the candidates with the tag only the best; all others stay.", "0.1",
           "assert(#one_per_tag({{tags = {'x'}}, {tags = {'x'}}, {tags = {}}}, 'x') == 2)"},
          {"without_tag", "without_tag(candidates, tag)", "In conflict policies: only the candidates without the tag.", "0.1",
           "assert(#without_tag({{tags = {'x'}}, {tags = {}}}, 'x') == 1)"},
      }};
  return words;
}

const LuaModule& declare_words() {
  static const LuaModule words{
      "",
      "What the files of a workspace are written with. Each builds the document that JSON would say.",
      {
          {"workspace", "workspace(name)", "Declares the workspace: `zone`, `attributes`, `surfaces`, `approvals`. Once, in workspace.lua.",
           "0.1", "workspace \"shop\" { surfaces = { hero = html { \"web://shop.example/#hero\" } } }"},
          {"campaign", "campaign(id)", "Declares a campaign: what is shown to whom, and when.", "0.1",
           "campaign \"hello\" { show = { hero = \"<h1>Hello</h1>\" } }"},
          {"journey", "journey(id)", "Declares a journey: `enter`, `exit`, `again`, `steps`.", "0.1",
           "journey \"cart\" { enter = event \"cart.updated\", steps = { wait \"30m\", show { hero = \"<p>Still here</p>\" } } }"},
          {"audience", "audience(name)", "Names a condition, so that experiences can ask for it by its name.", "0.1",
           "audience \"gold\" (attr \"loyalty.tier\":eq \"gold\")"},
          {"conflict", "conflict(configuration)",
           "Gives a configuration its conflict policy: `function(candidates, request)`, which may drop and reorder.", "0.1",
           "conflict \"hero\" (function(candidates) return one_per_tag(candidates, \"price\") end)"},
          {"everyone", "everyone", "The condition that holds always.", "0.1", "audience \"all of them\" (everyone)"},
          {"all", "all(conditions)", "All of them hold.", "0.1", "audience \"both\" (all { attr \"a\":exists(), attr \"b\":exists() })"},
          {"any", "any(conditions)", "One of them holds. `any {}` is the attribute type that takes every value.", "0.1",
           "audience \"one\" (any { attr \"a\":exists(), attr \"b\":exists() })"},
          {"no", "no(condition)", "It does not hold.", "0.1", "audience \"new\" (no(attr \"orders\":gt(0)))"},
          {"attr", "attr(name)",
           "An attribute, to be tested: eq one_of lt le gt ge between starts ends contains has_any has_all semver exists.", "0.1",
           "audience \"big cart\" (attr \"cart.total\":gt(200))"},
          {"bucket", "bucket(percent [, salt])", "A stable share of all identities.", "0.1", "audience \"a tenth\" (bucket(10))"},
          {"in_list", "in_list(file [, attribute])", "The identity, or the attribute, is in the uploaded list.", "0.1",
           "audience \"on the list\" (in_list \"vip.csv\")"},
          {"weekly", "weekly(window)", "Open on these days, in these hours: `{ \"mon-fri\", \"08:00-20:00\", zone = \"profile\" }`.", "0.1",
           "campaign \"open\" { show = { hero = \"Open\" }, schedule = weekly { \"mon-fri\", \"08:00-20:00\" } }"},
          {"recurring", "recurring(rule)", "Open at each occurrence of an RRULE: `{ RULE, from = …, lasts = … }`.", "0.1",
           "campaign \"payday\" { show = { hero = \"Payday\" }, schedule = recurring { \"FREQ=MONTHLY;BYDAY=-1FR\", from = "
           "\"2026-09-01T18:00\", lasts = \"6h\" } }"},
          {"except", "except(dates)", "Closed on these dates and ranges of dates.", "0.1",
           "campaign \"no holiday\" { show = { hero = \"x\" }, schedule = except { \"2026-12-25\" } }"},
          {"fragment", "fragment(name)", "The content of the file fragments/NAME.html.", "0.1",
           "campaign \"card\" { show = { hero = fragment \"card\" } }"},
          {"element", "element(name, content)", "Content for a named part of a surface.", "0.1",
           "campaign \"parts\" { show = { hero = { element(\"top\", \"Hello\") } } }"},
          {"html", "html(rules)", "A configuration of surfaces that show HTML.", "0.1",
           "workspace \"shop\" { surfaces = { hero = html { \"web://shop.example/#hero\" } } }"},
          {"json", "json(rules)", "A configuration of surfaces that take JSON.", "0.1",
           "workspace \"shop\" { surfaces = { cart = json { \"mobileapp://com.example/cart#banner\" } } }"},
          {"text", "text(rules)", "A configuration of surfaces that show text; `text {}` is an attribute's type.", "0.1",
           "workspace \"shop\" { attributes = { name = text {} }, surfaces = {} }"},
          {"number", "number(bounds)", "An attribute's type: `number { min = 0 }`.", "0.1",
           "workspace \"shop\" { attributes = { total = number { min = 0 } }, surfaces = {} }"},
          {"boolean", "boolean(_)", "An attribute's type: true or false.", "0.1",
           "workspace \"shop\" { attributes = { member = boolean {} }, surfaces = {} }"},
          {"date", "date(_)", "An attribute's type: `2026-12-01`.", "0.1",
           "workspace \"shop\" { attributes = { born = date {} }, surfaces = {} }"},
          {"enum", "enum(values)", "An attribute's type: one of these.", "0.1",
           "workspace \"shop\" { attributes = { tier = enum { \"none\", \"gold\" } }, surfaces = {} }"},
          {"list", "list(type)", "An attribute's type: a list of such values.", "0.1",
           "workspace \"shop\" { attributes = { viewed = list(text {}) }, surfaces = {} }"},
          {"stack", "stack(most)", "A way to resolve: so many experiences are shown, the best first.", "0.1",
           "workspace \"shop\" { surfaces = { strip = html { \"web://shop.example/#strip\", resolve = stack(3) } } }"},
          {"tagged", "tagged(tag)", "In approval rules: experiences with this tag.", "0.1",
           "workspace \"shop\" { surfaces = {}, approvals = { { when = tagged \"price\", approvers = 2 } } }"},
          {"page", "page(rules)", "A surface rule by the page's domain and path.", "0.1",
           "workspace \"shop\" { surfaces = { hero = html { page { { domain = { endsWith = \"shop.example\" }, path = \"any\" }, container "
           "= \"hero\" } } } }"},
          {"event", "event(name)", "In journeys: an event by its name.", "0.1",
           "journey \"a\" { enter = event \"order.placed\", steps = { wait \"1d\", show { hero = \"Thanks\" } } }"},
          {"after", "after(duration)", "In journeys: may be entered again so long after.", "0.1",
           "journey \"a\" { enter = event \"x\", again = after \"1d\", steps = { show { hero = \"x\" } } }"},
          {"wait", "wait(duration)", "A step: waits.", "0.1",
           "journey \"a\" { enter = event \"x\", steps = { wait \"30m\", show { hero = \"x\" } } }"},
          {"wait_until", "wait_until(time)", "A step: waits for an instant or a time of day.", "0.1",
           "journey \"a\" { enter = event \"x\", steps = { wait_until \"2026-12-01T09:00\", show { hero = \"x\" } } }"},
          {"show", "show(content [, duration])", "A step: what is shown from here on.", "0.1",
           "journey \"a\" { enter = event \"x\", steps = { show({ hero = \"x\" }, \"1d\") } }"},
          {"set", "set(values)", "A step: sets attributes.", "0.1",
           "journey \"a\" { enter = event \"x\", steps = { set { [\"loyalty.tier\"] = \"gold\" }, show { hero = \"x\" } } }"},
          {"jump", "jump(label)", "A step: goes on at a label.", "0.1",
           "journey \"a\" { enter = event \"x\", steps = { label(\"again\", wait \"1d\"), show { hero = \"x\" }, jump \"again\" } }"},
          {"label", "label(name, step)", "Names a step, for `jump`.", "0.1",
           "journey \"a\" { enter = event \"x\", steps = { label(\"end\", wait \"1d\"), show { hero = \"x\" } } }"},
          {"finish", "finish", "A step: the journey ends here.", "0.1",
           "journey \"a\" { enter = event \"x\", steps = { show { hero = \"x\" }, finish } }"},
          {"await", "await(event [, timeout])", "A step: waits for an event; its branches follow, one of them `timeout`.", "0.1",
           "journey \"a\" { enter = event \"x\", steps = { await(event \"y\", \"1d\") { done = { finish }, timeout = { show { hero = \"x\" "
           "} } } } }"},
          {"fetch", "fetch(source [, with])", "A step: asks a source; its branches `ok` and `failed` follow.", "0.1",
           "journey \"a\" { enter = event \"x\", steps = { fetch(\"stock\", {}) { ok = { show { hero = \"x\" } }, failed = { finish } } } "
           "}"},
          {"when", "when(condition)", "A branch of `condition`; its steps follow.", "0.1",
           "journey \"a\" { enter = event \"x\", steps = { condition { when(everyone) { show { hero = \"x\" } }, otherwise = { finish } } "
           "} }"},
          {"condition", "condition(branches)", "A step: the first branch that holds.", "0.1",
           "journey \"a\" { enter = event \"x\", steps = { condition { when(everyone) { show { hero = \"x\" } }, otherwise = { finish } } "
           "} }"},
          {"share", "share(weight)", "A branch of `split`; its steps follow.", "0.1",
           "journey \"a\" { enter = event \"x\", steps = { split { share(50) { show { hero = \"x\" } }, share(50) { finish } } } }"},
          {"split", "split(branches)", "A step: a stable share of profiles goes each way.", "0.1",
           "journey \"a\" { enter = event \"x\", steps = { split { share(50) { show { hero = \"x\" } }, share(50) { finish } } } }"},
      }};
  return words;
}

const LuaModule& fixture_words() {
  static const LuaModule words{
      "",
      "What tests are written with.",
      {
          {"test", "test(name)", "Declares a test; its function gets the world, `t`, with a virtual clock.", "0.1",
           "test \"nothing\" (function(t) t:yes(true) end)"},
          {"cases", "cases(name)", "Declares a table of cases: a row of names, then a row each.", "0.1",
           "cases \"tiers\" { on = \"hero\", at = \"2026-12-02T10:00\", { \"loyalty.tier\", \"shows\" }, { \"gold\", \"gold-hero\" } }"},
          {"rows", "rows(file)", "The rows of a CSV or JSON file beside the tests: a list of tables by column.", "0.1",
           "cases \"tiers\" { on = \"hero\", rows \"tiers.csv\" }"},
          {"property", "property(name)",
           "Declares what must hold for every profile: profiles are made from the declared types, and made simpler where one fails.", "0.1",
           "property \"nobody sees two heroes\" { runs = 200, function(t, profile) profile:on \"hero\" end }"},
      }};
  return words;
}

}  // namespace footlight
