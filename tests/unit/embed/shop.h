// A small shop in memory, for hosts to decide on.
#pragma once

#include <stdexcept>

#include "footlight/footlight.h"

namespace footlight {

inline const std::string hero = "web://shop.example/#hero";

inline FileMap shop_files() {
  return {{"workspace.lua", R"(workspace "shop" {
             attributes = { ["loyalty.tier"] = enum { "none", "silver", "gold" }, name = text {}, sku = text {} },
             surfaces = { hero = html { "web://shop.example/#hero", default = "Welcome" } },
           })"},
          {"experiences/gold.lua", R"(campaign "gold" {
             audience = function(p) return p.loyalty.tier == "gold" end,
             show = { hero = "Welcome back, {{name}}" },
           })"},
          {"tests/gold_test.lua", R"(test "gold members are greeted" (function(t)
             t:activate "gold"
             t:profile({ loyalty = { tier = "gold" }, name = "Ann" }):on "hero":contains "Welcome back, Ann"
           end)
           test "silver members are greeted too" (function(t)
             t:activate "gold"
             t:profile({ loyalty = { tier = "silver" } }):on "hero":contains "Welcome back"
           end))"}};
}

// As shop_files, and what `gold` shows is asked of the host: `stock(sku)`.
inline FileMap shop_with_stock() {
  FileMap files = shop_files();
  files.erase("tests/gold_test.lua");
  files["experiences/gold.lua"] = R"(campaign "gold" {
    audience = function(p) return p.loyalty.tier == "gold" end,
    show = { hero = function(p) return stock(p.sku) .. " left" end },
  })";
  return files;
}

inline Request gold_member() {
  return {.identity = {"crm", "1"}, .attributes = Object{{"loyalty.tier", "gold"}, {"name", "Ann"}, {"sku", "tea"}}, .surfaces = {hero}};
}

inline Runtime opened(Result<Runtime> runtime) {
  if (!runtime) throw std::runtime_error(to_text(runtime.error()));
  return std::move(*runtime);
}

// What the one proposition of an answer shows.
inline std::string shown(const Result<Decision>& decision) {
  if (!decision) return to_text(decision.error());
  if (decision->propositions.size() != 1) return std::to_string(decision->propositions.size()) + " propositions";
  return decision->propositions[0].content;
}

}  // namespace footlight
