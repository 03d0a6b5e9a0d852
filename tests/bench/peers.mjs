// Peers on the same workload, in one thread of node: JSON bytes of a request to JSON bytes of the answer.
//   node tests/bench/peers.mjs WORKLOAD_FOLDER [REQUESTS]      one JSON object per peer, a line each
//
// Each peer decides who is eligible; schedule, traffic, order and elements are a few lines of JavaScript
// that all of them share. A test that a peer has no operator for is answered for it beforehand, outside
// of what is timed, and handed to it as a boolean: that is in its favour. A peer that is not installed
// (npm install @adobe/aep-rules-engine @growthbook/growthbook json-logic-engine) is left out, and says so.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const [folder, limit = "400"] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node tests/bench/peers.mjs WORKLOAD_FOLDER [REQUESTS]");
  process.exit(2);
}
const read = (name) => readFileSync(path.join(folder, name), "utf8");
const lines = (name) => read(name).split("\n").filter((line) => line);
const workload = JSON.parse(read("workload.json"));
const requests = lines("requests.jsonl").slice(0, Number(limit));
const expected = lines("expected.jsonl").slice(0, requests.length).map((line) => JSON.parse(line));

// ---- the workload's own meaning

const fnv = (text) => {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
};
const bucket = (salt, value) => fnv(String(fnv(salt + value))) % 10000;
const semver = (text) => {
  const match = typeof text === "string" && /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/.exec(text);
  return match && { core: [1, 2, 3].map((i) => Number(match[i])), pre: match[4]?.split(".") };
};
const order = (a, b) => {
  for (let i = 0; i < 3; i++) if (a.core[i] !== b.core[i]) return a.core[i] - b.core[i];
  if (!a.pre || !b.pre) return (a.pre ? -1 : 0) - (b.pre ? -1 : 0);
  for (let i = 0; i < Math.max(a.pre.length, b.pre.length); i++) {
    const [x, y] = [a.pre[i], b.pre[i]];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    const [m, n] = [/^\d+$/.test(x), /^\d+$/.test(y)];
    if (m && n && Number(x) !== Number(y)) return Number(x) - Number(y);
    if (m !== n) return m ? -1 : 1;
    if (x !== y && !m) return x < y ? -1 : 1;
  }
  return 0;
};
function holds(p, attributes) {
  switch (p.op) {
    case "true": return true;
    case "and": return p.args.every((q) => holds(q, attributes));
    case "or": return p.args.some((q) => holds(q, attributes));
    case "not": return !holds(p.arg, attributes);
  }
  const x = attributes[p.attr];
  if (x === undefined || x === null) return false;
  const number = typeof x === "number", string = typeof x === "string";
  switch (p.op) {
    case "exists": return true;
    case "eq": return x === p.value;
    case "in": return p.values.includes(x);
    case "lt": return number && x < p.value;
    case "le": return number && x <= p.value;
    case "gt": return number && x > p.value;
    case "ge": return number && x >= p.value;
    case "range": return number && p.lo <= x && x < p.hi;
    case "prefix": return string && x.startsWith(p.value);
    case "suffix": return string && x.endsWith(p.value);
    case "contains": return string && x.includes(p.value);
    case "has_any": return Array.isArray(x) && x.some((v) => p.values.includes(v));
    case "has_all": return Array.isArray(x) && p.values.every((v) => x.includes(v));
    case "bucket": { const b = string && bucket(p.salt, x); return string && p.lo <= b && b < p.hi; }
    case "semver": {
      const a = semver(x), b = semver(p.value);
      if (!a || !b) return false;
      const o = order(a, b);
      return { lt: o < 0, le: o <= 0, eq: o === 0, ge: o >= 0, gt: o > 0 }[p.cmp];
    }
  }
  throw new Error("unknown operator " + p.op);
}

// ---- what peers cannot say becomes the attribute `answered_N`

const answered = [], numbers = new Map();
function say(p, can, negated = false) {
  if (p.op === "true") return negated ? { op: "or", args: [] } : p;
  if (p.op === "not") return say(p.arg, can, !negated);
  if (p.op === "and" || p.op === "or")
    return { op: (p.op === "and") === !negated ? "and" : "or", args: p.args.map((q) => say(q, can, negated)) };
  if (!negated && can.has(p.op)) return p;
  const key = JSON.stringify([p, negated]);
  if (!numbers.has(key)) numbers.set(key, answered.push({ p, negated }) - 1);
  return { op: "eq", attr: "answered_" + numbers.get(key), value: true };
}

// ---- peers: experiences → (attributes → [is eligible])

const here = createRequire(path.join(process.cwd(), "package.json"));
async function peer(name) {
  try {
    const module = await import(here.resolve(name));
    return module.default ?? module;
  } catch {
    console.error(`${name} is not installed: left out`);
    return null;
  }
}

const all = new Set(["exists", "eq", "in", "lt", "le", "gt", "ge", "range", "prefix", "suffix", "contains", "has_any", "has_all", "semver", "bucket"]);
const peers = [
  { name: "JavaScript over the trees", can: all, make: () => (audience) => (attributes) => holds(audience, attributes) },
  {
    name: "@adobe/aep-rules-engine", package: "@adobe/aep-rules-engine", can: new Set(["exists", "eq", "in", "lt", "le", "gt", "ge"]),
    make: (Engine) => (audience) => {
      const matcher = (p) => ({ type: "matcher", definition: {
        key: p.attr, matcher: { in: "eq", exists: "ex" }[p.op] ?? p.op, values: p.values ?? (p.op === "exists" ? [] : [p.value]) } });
      const condition = (p) => p.op === "true" ? { type: "group", definition: { logic: "and", conditions: [] } }
        : p.args ? { type: "group", definition: { logic: p.op, conditions: p.args.map(condition) } } : matcher(p);
      const engine = Engine({ version: 1, rules: [{ condition: condition(audience), consequences: [{ id: "x", type: "x", detail: {} }] }] });
      return (attributes) => engine.execute(attributes).length > 0;
    },
  },
  {
    name: "@growthbook/growthbook", package: "@growthbook/growthbook", can: new Set(["exists", "eq", "in", "lt", "le", "gt", "ge", "range"]),
    // Its client for servers: one set of features, the attributes with each question.
    make: ({ GrowthBookClient }) => {
      const signs = { lt: "$lt", le: "$lte", gt: "$gt", ge: "$gte" };
      const condition = (p) => p.op === "true" ? {} : p.args ? (p.args.length || p.op === "and" ? { [p.op === "and" ? "$and" : "$or"]: p.args.map(condition) } : { id: { $in: [] } })
        : { [p.attr]: p.op === "exists" ? { $exists: true } : p.op === "eq" ? { $eq: p.value } : p.op === "in" ? { $in: p.values }
          : p.op === "range" ? { $exists: true, $gte: p.lo, $lt: p.hi } : { $exists: true, [signs[p.op]]: p.value } };   // else absent counts as 0
      const features = {};
      let client, current, user;
      return (audience) => {
        const name = "f" + Object.keys(features).length;
        features[name] = { defaultValue: false, rules: [{ condition: condition(audience), force: true }] };
        return (attributes) => {
          client ??= new GrowthBookClient({}).initSync({ payload: { features } });
          if (current !== attributes) user = { attributes: (current = attributes) };
          return client.isOn(name, user);
        };
      };
    },
  },
  {
    name: "json-logic-engine (compiled)", package: "json-logic-engine", can: new Set(["eq", "in", "lt", "le", "gt", "ge", "range"]),
    make: ({ LogicEngine }) => (audience) => {
      const engine = new LogicEngine();
      const of = (p) => ({ var: p.attr });
      const number = (p) => ({ "!==": [{ var: p.attr }, null] });
      const rule = (p) => p.op === "true" ? true : p.args ? (p.args.length ? { [p.op]: p.args.map(rule) } : p.op === "and")
        : p.op === "eq" ? { "===": [of(p), p.value] } : p.op === "in" ? { in: [of(p), p.values] }
        : p.op === "range" ? { and: [number(p), { ">=": [of(p), p.lo] }, { "<": [of(p), p.hi] }] }
        : { and: [number(p), { [{ lt: "<", le: "<=", gt: ">", ge: ">=" }[p.op]]: [of(p), p.value] }] };
      const run = engine.build(rule(audience));
      return (attributes) => Boolean(run(attributes));
    },
  },
];

for (const { name, package: wanted, can, make } of peers) {
  const module = wanted ? await peer(wanted) : {};
  if (!module) continue;
  answered.length = 0;
  numbers.clear();
  const compile = make(module);
  const bySurface = new Map();
  for (const e of workload.experiences) {
    if (!bySurface.has(e.surface)) bySurface.set(e.surface, []);
    bySurface.get(e.surface).push({ e, eligible: compile(say(e.audience, can)) });
  }
  for (const list of bySurface.values())
    list.sort((a, b) => b.e.priority - a.e.priority || a.e.published - b.e.published || (a.e.id < b.e.id ? -1 : 1));
  // The booleans are put into the request's own bytes, since that is how an application would send them.
  const prepared = requests.map((line) => {
    const request = JSON.parse(line);
    answered.forEach(({ p, negated }, i) => {
      if (holds(p, request.attributes) !== negated) request.attributes["answered_" + i] = true;
    });
    return request;
  });
  const decide = (request) => {
    const surfaces = request.surfaces.map((surface) => {
      const taken = new Set(), applied = [];
      for (const { e, eligible } of bySurface.get(surface) ?? []) {
        if (e.elements.every((m) => taken.has(m.element))) continue;
        if ((e.schedule.start !== null && request.now < e.schedule.start) || (e.schedule.end !== null && request.now >= e.schedule.end)) continue;
        if (!eligible(request.attributes)) continue;
        if (e.traffic) {
          const b = typeof request.attributes.id === "string" ? bucket(e.traffic.salt, request.attributes.id) : -1;
          if (b < e.traffic.lo || b >= e.traffic.hi) continue;
        }
        const won = e.elements.filter((m) => !taken.has(m.element));
        for (const m of won) taken.add(m.element);
        applied.push({ id: e.id, elements: won.map((m) => m.element), content: won.map((m) => m.content) });
      }
      return { surface, applied };
    });
    return JSON.stringify({ id: request.id, surfaces });
  };
  let wrong = 0;
  prepared.slice(0, expected.length).forEach((request, i) => {
    const got = JSON.parse(decide(request)).surfaces.map((s) => [s.surface, s.applied.map((a) => [a.id, a.elements])]);
    const want = expected[i].surfaces.map((s) => [s.surface, s.applied.map((a) => [a.id, a.elements])]);
    if (JSON.stringify(got) !== JSON.stringify(want)) wrong++;
  });
  // What is timed parses the request as it was, then decides on it with the booleans beside.
  const times = [];
  const until = performance.now() + 3000;
  do {
    const start = performance.now();
    for (let i = 0; i < requests.length; i++) {
      JSON.parse(requests[i]);
      decide(prepared[i]);
    }
    times.push(((performance.now() - start) * 1e6) / requests.length);
  } while (performance.now() < until || times.length < 3);
  times.sort((a, b) => a - b);
  console.log(JSON.stringify({ peer: name, ns_per_decision: Math.round(times[times.length >> 1]), checked: Math.min(expected.length, requests.length), wrong }));
}
