// How coverage is printed: for a terminal, for programs, and as a page.
#include <algorithm>
#include <cstdio>
#include <map>

#include "base/text.h"
#include "testkit/coverage.h"

namespace footlight {
namespace {

constexpr std::size_t things_told_max = 20;  // of each kind on a terminal; the page has all

std::string percent_of(std::size_t seen, std::size_t all) {
  // Down: 100 % is all of it.
  return all == 0 ? "" : std::to_string(100 * seen / all) + " %";
}

std::string missing(const CoveredClause& clause) {
  if (clause.yes > 0) return "never false";
  return clause.no > 0 ? "never true" : "never asked";
}

std::string anchor(const std::string& place) {
  std::string out;
  for (const char c : place) out += std::isalnum(static_cast<unsigned char>(c)) ? c : '-';
  return out;
}

struct Kind {
  const char* title;
  const char* never;  // what is said of one that was not seen
  const std::vector<CoveredThing> CoverageReport::*things;
};
const Kind kinds[] = {{"policies", "never called", &CoverageReport::policies},
                      {"surfaces", "never asked for", &CoverageReport::surfaces},
                      {"actions", "never shown", &CoverageReport::actions},
                      {"transitions", "never done", &CoverageReport::transitions}};

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --ink: #1c2330; --soft: #667085; --line: #e2e6ee; --page: #fff; --good: #dff3e4; --half: #fff2cc; --bad: #fde0dd; --bar: #2e9e5b; --rest: #e2e6ee; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9f0; --soft: #98a2b3; --line: #303847; --page: #161b24; --good: #173d28; --half: #453a12; --bad: #4c1f1d; --bar: #3fb872; --rest: #303847; } }
* { box-sizing: border-box } body { margin: 0 auto; max-width: 68rem; padding: 2rem 1.5rem 4rem; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
h1 { font-size: 1.6rem; margin: 0 0 .25rem } h2 { font-size: 1.1rem; margin: 2.5rem 0 .5rem } p { margin: .25rem 0; color: var(--soft) } a { color: inherit }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top } th { font-weight: 600 }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap } code, pre { font: 13px/1.5 ui-monospace, monospace }
.bar { width: 12rem; height: .6rem; border-radius: .3rem; background: var(--rest); overflow: hidden; margin-top: .45rem } .bar i { display: block; height: 100%; background: var(--bar) }
.good { background: var(--good) } .half { background: var(--half) } .bad { background: var(--bad) }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .75rem 0 } summary { padding: .5rem .8rem; cursor: pointer } summary b { font-weight: 600 } summary span { color: var(--soft); float: right }
pre { margin: 0; border-top: 1px solid var(--line); overflow-x: auto } pre span.l { display: block; padding: 0 .8rem 0 0 } pre span.c { display: block; padding: 0 .8rem 0 6.5rem; color: var(--soft) }
pre u { display: inline-block; width: 3rem; text-align: right; padding-right: .6rem; color: var(--soft); text-decoration: none; user-select: none } pre u.t { width: 3.5rem }
)";

std::string bar(std::size_t seen, std::size_t all) {
  return "<div class=\"bar\"><i style=\"width:" + std::to_string(all == 0 ? 100 : 100 * seen / all) + "%\"></i></div>";
}

// A file with each line's times, and below a line the conditions that begin in it.
void source_html(std::string& out, const CoverageReport& report, const std::string& file, const std::string& text) {
  const auto lines = report.lines.find(file);
  std::multimap<int, const CoveredClause*> clauses;
  std::size_t seen = 0, all = 0;
  for (const CoveredClause& clause : report.clauses)
    if (clause.place.substr(0, clause.place.rfind(':')) == file) {
      clauses.emplace(std::atoi(clause.place.c_str() + clause.place.rfind(':') + 1), &clause);
      all += 2;
      seen += (clause.yes > 0) + (clause.no > 0);
    }
  if (lines != report.lines.end())
    for (const auto& [number, times] : lines->second) ++all, seen += times > 0;
  out += "<details" + std::string(seen < all ? " open" : "") + " id=\"" + anchor(file) + "\"><summary><b><code>" + markup(file) +
      "</code></b><span>" + std::to_string(seen) + " of " + std::to_string(all) + "</span></summary><pre>";
  int number = 0;
  auto rows = split(text, '\n');
  if (!rows.empty() && rows.back().empty()) rows.pop_back();
  for (const std::string_view line : rows) {
    ++number;
    const std::uint64_t* times = nullptr;
    if (lines != report.lines.end())
      if (const auto found = lines->second.find(number); found != lines->second.end()) times = &found->second;
    const auto range = clauses.equal_range(number);
    const bool is_whole = std::all_of(range.first, range.second, [](const auto& one) { return one.second->yes > 0 && one.second->no > 0; });
    const bool is_untouched = range.first != range.second &&
        std::all_of(range.first, range.second, [](const auto& one) { return one.second->yes + one.second->no == 0; });
    const bool is_of_interest = times || range.first != range.second;
    const char* look = !is_of_interest ? "" : (times && *times == 0) || is_untouched ? " bad" : is_whole ? " good" : " half";
    out += "<span class=\"l" + std::string(look) + "\" id=\"" + anchor(file + ":" + std::to_string(number)) + "\"><u>" +
        std::to_string(number) + "</u><u class=\"t\">" + (times ? std::to_string(*times) + "×" : "") + "</u>" + markup(line) + "</span>";
    for (auto at = range.first; at != range.second; ++at) {
      const CoveredClause& clause = *at->second;
      const char* tone = clause.yes > 0 && clause.no > 0 ? "good" : clause.yes + clause.no > 0 ? "half" : "bad";
      out += "<span class=\"c " + std::string(tone) + "\">" + markup(clause.text) + " — true " + std::to_string(clause.yes) + "×, false " +
          std::to_string(clause.no) + "×</span>";
    }
  }
  out += "</pre></details>\n";
}

}  // namespace

std::string coverage_text(const CoverageReport& report) {
  std::string text = "coverage\n";
  char row[160];
  for (const CoverageReport::Ratio& ratio : report.ratios()) {
    if (ratio.all == 0) continue;
    std::snprintf(row, sizeof row, "  %-12s %5s  %zu of %zu\n", ratio.name.c_str(), percent_of(ratio.seen, ratio.all).c_str(), ratio.seen,
                  ratio.all);
    text += row;
  }
  std::vector<std::string> rows;
  const auto tell = [&](const std::string& title) {
    if (rows.empty()) return;
    text += title + "\n";
    for (std::size_t i = 0; i < rows.size() && i < things_told_max; ++i) text += "  " + rows[i] + "\n";
    if (rows.size() > things_told_max)
      text += "  … and " + std::to_string(rows.size() - things_told_max) + " more; --coverage=html shows all\n";
    rows.clear();
  };
  for (const auto& [file, lines] : report.lines)
    for (const auto& [number, times] : lines)
      if (times == 0) rows.push_back(file + ":" + std::to_string(number));
  tell("lines never run");
  for (const CoveredClause& clause : report.clauses)
    if (clause.yes == 0 || clause.no == 0) rows.push_back(clause.place + "  " + clause.text + "  " + missing(clause));
  tell("clauses not seen both ways");
  for (const Kind& kind : kinds) {
    for (const CoveredThing& thing : report.*kind.things)
      if (thing.times == 0) rows.push_back((thing.place.empty() ? "" : thing.place + "  ") + thing.name);
    tell(std::string(kind.title) + " " + kind.never);
  }
  return text;
}

std::string coverage_json(const CoverageReport& report, const std::string& workspace) {
  Object summary, lines;
  for (const CoverageReport::Ratio& ratio : report.ratios()) summary[ratio.name] = Object{{"seen", ratio.seen}, {"all", ratio.all}};
  for (const auto& [file, rows] : report.lines) {
    Object numbers;
    for (const auto& [number, times] : rows) numbers[std::to_string(number)] = static_cast<double>(times);
    lines[file] = std::move(numbers);
  }
  Array clauses;
  for (const CoveredClause& clause : report.clauses)
    clauses.push_back(Object{{"place", clause.place},
                             {"text", clause.text},
                             {"owner", clause.owner},
                             {"true", static_cast<double>(clause.yes)},
                             {"false", static_cast<double>(clause.no)}});
  Object document{{"workspace", workspace},
                  {"percent", report.percent()},
                  {"summary", std::move(summary)},
                  {"lines", std::move(lines)},
                  {"clauses", std::move(clauses)}};
  for (const Kind& kind : kinds) {
    Array things;
    for (const CoveredThing& thing : report.*kind.things) {
      Object row{{"name", thing.name}, {"times", static_cast<double>(thing.times)}};
      if (!thing.place.empty()) row["place"] = thing.place;
      things.push_back(std::move(row));
    }
    document[kind.title] = std::move(things);
  }
  return to_json(Value(std::move(document))) + "\n";
}

std::string coverage_html(const CoverageReport& report, const std::string& workspace) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>Coverage of " +
      markup(workspace) + "</title><style>" + std::string(style) + "</style></head><body>\n<h1>Coverage of " + markup(workspace) +
      "</h1>\n<p>What its tests have seen happen. A condition counts for true and for false; lines are those of functions.</p>\n<table>\n";
  for (const CoverageReport::Ratio& ratio : report.ratios()) {
    if (ratio.all == 0) continue;
    out += "<tr><th>" + ratio.name + "</th><td>" + bar(ratio.seen, ratio.all) + "</td><td class=\"n\">" +
        percent_of(ratio.seen, ratio.all) + "</td><td class=\"n\">" + std::to_string(ratio.seen) + " of " + std::to_string(ratio.all) +
        "</td></tr>\n";
  }
  out += "</table>\n<h2>Not seen</h2>\n<table>\n";
  const auto row = [&](const std::string& place, const std::string& name, const std::string& why) {
    out += "<tr><td>" + (place.empty() ? "" : "<a href=\"#" + anchor(place) + "\"><code>" + markup(place) + "</code></a>") +
        "</td><td><code>" + markup(name) + "</code></td><td>" + why + "</td></tr>\n";
  };
  const std::size_t before = out.size();
  for (const CoveredClause& clause : report.clauses)
    if (clause.yes == 0 || clause.no == 0) row(clause.place, clause.text, missing(clause));
  for (const Kind& kind : kinds)
    for (const CoveredThing& thing : report.*kind.things)
      if (thing.times == 0) row(thing.place, thing.name, kind.never);
  if (out.size() == before) out += "<tr><td>nothing: everything was seen</td></tr>\n";
  out += "</table>\n<h2>Files</h2>\n";
  for (const auto& [file, text] : report.sources) source_html(out, report, file, text);
  return out + "</body></html>\n";
}

}  // namespace footlight
