// Peers on the same workload, in one thread of node: JSON bytes of a request to JSON bytes of the answer.
//   node tests/bench/peers.mjs --list                                       their names, a line each
//   node tests/bench/peers.mjs NAME WORKLOAD_FOLDER [SECONDS]               one of them: a JSON object on a line
//
// A peer decides who is eligible; schedule, traffic, order, elements and writing are some lines of JavaScript that all
// of them share. Each is asked in the quickest of the ways it has, with its own operators; what it has no operator for
// is answered for it beforehand, outside of what is timed, and handed to it as a boolean. That is in its favour, and so
// are these: rules are made only of the surfaces that requests ask for, and the booleans only of a request's own surfaces.
// It is timed in two ways: asked of an experience only when that could still win (`ns_per_decision`), which an application
// has to see to, and asked of all that is in scope (`ns_asked_of_all`), as who evaluates all flags of a page does.
// A peer whose package is not there (npm install, in the folder that you start from) says so instead.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

// ---- the workload's own meaning

const bytes = new TextEncoder();
function fnv(text, hash = 0x811c9dc5) {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return bytes.encode(text.slice(i)).reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), hash);
    hash = Math.imul(hash ^ code, 0x01000193);
  }
  return hash;
}
function within({ salt, lo, hi }) {
  const salted = fnv(salt);   // the hash goes on from here for each value
  return (x) => {
    if (typeof x !== "string") return false;
    const bucket = (fnv(String(fnv(x, salted) >>> 0)) >>> 0) % 10000;
    return lo <= bucket && bucket < hi;
  };
}
function parse(text) {
  const match = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/.exec(text);
  return match && { core: [1, 2, 3].map((i) => Number(match[i])), pre: match[4]?.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part)) };
}
function order(a, b) {
  for (let i = 0; i < 3; i++) if (a.core[i] !== b.core[i]) return a.core[i] - b.core[i];
  if (!a.pre || !b.pre) return (a.pre ? -1 : 0) - (b.pre ? -1 : 0);
  for (let i = 0; i < Math.max(a.pre.length, b.pre.length); i++) {
    const [x, y] = [a.pre[i], b.pre[i]];
    if (x === y) continue;
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    if (typeof x !== typeof y) return typeof x === "number" ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return 0;
}
let lastText, lastVersion;   // one request has one version, and many tests of it
function version(x) {
  if (typeof x !== "string") return null;
  if (x !== lastText) [lastText, lastVersion] = [x, parse(x)];
  return lastVersion;
}

/** An audience as a function: the hand-written peer, and what answers for the others what they cannot ask. */
function compile(p) {
  const { attr, value, values } = p;
  const test = (holds) => (attributes) => holds(attributes[attr]);
  switch (p.op) {
    case "true": return () => true;
    case "not": { const inner = compile(p.arg); return (attributes) => !inner(attributes); }
    case "and": case "or": {
      const args = p.args.map(compile), ends = p.op === "or";
      return (attributes) => {
        for (let i = 0; i < args.length; i++) if (args[i](attributes) === ends) return ends;
        return !ends;
      };
    }
    case "exists": return test((x) => x !== undefined && x !== null);
    case "eq": return test((x) => x === value);
    case "in": return test((x) => values.includes(x));
    case "lt": return test((x) => typeof x === "number" && x < value);
    case "le": return test((x) => typeof x === "number" && x <= value);
    case "gt": return test((x) => typeof x === "number" && x > value);
    case "ge": return test((x) => typeof x === "number" && x >= value);
    case "range": { const { lo, hi } = p; return test((x) => typeof x === "number" && lo <= x && x < hi); }
    case "prefix": return test((x) => typeof x === "string" && x.startsWith(value));
    case "suffix": return test((x) => typeof x === "string" && x.endsWith(value));
    case "contains": return test((x) => typeof x === "string" && x.includes(value));
    case "has_any": return test((x) => Array.isArray(x) && x.some((v) => values.includes(v)));
    case "has_all": return test((x) => Array.isArray(x) && values.every((v) => x.includes(v)));
    case "bucket": return test(within(p));
    case "semver": {
      const is = { lt: (o) => o < 0, le: (o) => o <= 0, eq: (o) => o === 0, ge: (o) => o >= 0, gt: (o) => o > 0 }[p.cmp], than = parse(value);
      return test((x) => { const is_version = version(x); return is_version !== null && is(order(is_version, than)); });
    }
  }
  throw new Error("unknown operator " + p.op);
}

// ---- what a peer cannot ask becomes an attribute: `answered.nN`, or as it names it

const answered = [], numbers = new Map();
function say(p, peer, negated = false) {
  if (p.op === "true") return negated ? { op: "or", args: [] } : p;
  if (p.op === "not") return peer.can(p) && !negated ? { op: "not", arg: say(p.arg, peer) } : say(p.arg, peer, !negated);
  if (p.op === "and" || p.op === "or") return { op: (p.op === "and") === !negated ? "and" : "or", args: p.args.map((q) => say(q, peer, negated)) };
  const leaf = negated ? { op: "not", arg: p } : p;
  if (peer.can(leaf)) return leaf;
  const key = JSON.stringify(leaf);
  if (!numbers.has(key)) numbers.set(key, answered.push(compile(leaf)) - 1);
  asked.add(numbers.get(key));
  return { op: "eq", attr: (peer.answered ?? "answered.") + "n" + numbers.get(key), value: true };
}
let asked;   // the numbers that the surface at hand asks for

// ---- peers: make(module) gives audiences of a surface → handle, and asks handles: attributes → [whether the i-th is eligible]

const signs = { lt: "<", le: "<=", gt: ">", ge: ">=" };
const has = (...operators) => { const set = new Set(operators); return (p) => set.has(p.op); };
const each = (test) => (audiences) => {   // one question for each experience, when its turn comes
  const tests = audiences.map(test);
  return (attributes) => (i) => tests[i](attributes);
};
const quoted = (value) => typeof value !== "string" ? String(value) : [`"`, `'`, "`"].map((mark) => mark + value + mark).find((text) => text.indexOf(text[0], 1) === text.length - 1);

/** ZEN's expressions have no escapes, an error where types do not fit, and no versions. */
function zen(p) {
  const is = (type, test) => `(type(${p.attr}) == "${type}" and ${test})`;
  const list = () => `[${p.values.map(quoted).join(", ")}]`;
  switch (p.op) {
    case "true": return "true";
    case "not": return `(not ${zen(p.arg)})`;
    case "and": case "or": return p.args.length ? `(${p.args.map(zen).join(` ${p.op} `)})` : String(p.op === "and");
    case "exists": return `(${p.attr} != null)`;
    case "eq": return `(${p.attr} == ${quoted(p.value)})`;
    case "in": return is(typeof p.values[0], `${p.attr} in ${list()}`);
    case "range": return is("number", `${p.attr} >= ${p.lo} and ${p.attr} < ${p.hi}`);
    case "prefix": return is("string", `startsWith(${p.attr}, ${quoted(p.value)})`);
    case "suffix": return is("string", `endsWith(${p.attr}, ${quoted(p.value)})`);
    case "contains": return is("string", `contains(${p.attr}, ${quoted(p.value)})`);
    case "has_any": return is("array", `some(${p.attr}, # in ${list()})`);
    case "has_all": return is("array", `all(${list()}, # in ${p.attr})`);
  }
  return is("number", `${p.attr} ${signs[p.op]} ${p.value}`);
}
const zenCan = (p) => has("not", "exists", "eq", "in", "lt", "le", "gt", "ge", "range", "prefix", "suffix", "contains", "has_any", "has_all")(p) &&
  [p.value, ...(p.values ?? [])].every((value) => value === undefined || quoted(value) !== undefined) && new Set(p.values?.map((value) => typeof value)).size < 2;
/** Its numbers end at 7.9e28, and a larger one takes the whole process with it. No test of a workload comes near. */
const zenNumbers = (attributes) => {
  for (const name in attributes) if (typeof attributes[name] === "number") attributes[name] = Math.max(-1e27, Math.min(1e27, attributes[name]));
};

const peers = [
  { name: "hand-written JavaScript", can: () => true, isCheap: true, make: () => ({ surface: each(compile) }) },
  {
    name: "json-logic-engine", package: "json-logic-engine", can: () => true, isCheap: true,
    // Compiled. A comparison of what is no number throws, compiled or not, so each asks for the type first. There is no operator for
    // that: methods of ours do it, with their own compiled form, which the engine puts in line. Versions and buckets are methods.
    make: ({ LogicEngine }) => {
      const engine = new LogicEngine(), names = new Map();
      const method = (name, run, compile) => engine.addMethod(name, { method: run, compile, deterministic: false });
      method("is", ([x, type]) => typeof x === type, ([x, type], state) => state.compile`(typeof (${x}) === ${type})`);
      method("is_list", ([x]) => Array.isArray(x), ([x], state) => state.compile`Array.isArray(${x})`);
      method("starts", ([x, value]) => x.startsWith(value), ([x, value], state) => state.compile`(${x}).startsWith(${value})`);
      method("ends", ([x, value]) => x.endsWith(value), ([x, value], state) => state.compile`(${x}).endsWith(${value})`);
      const rule = (p) => {
        const x = { var: p.attr };
        const is = (type, ...tests) => ({ and: [{ is: [x, type] }, ...tests] });
        switch (p.op) {
          case "true": return true;
          case "not": return { "!": [rule(p.arg)] };
          case "and": case "or": return p.args.length ? { [p.op]: p.args.map(rule) } : p.op === "and";
          case "exists": return { "!==": [x, null] };
          case "eq": return { "===": [x, p.value] };
          case "in": return { in: [x, p.values] };
          case "range": return is("number", { ">=": [x, p.lo] }, { "<": [x, p.hi] });
          case "prefix": return is("string", { starts: [x, p.value] });
          case "suffix": return is("string", { ends: [x, p.value] });
          case "contains": return is("string", { in: [p.value, x] });
          case "has_any": return { and: [{ is_list: [x] }, { some: [x, { in: [{ var: "" }, p.values] }] }] };
          case "has_all": return { and: [{ is_list: [x] }, ...p.values.map((value) => ({ in: [value, x] }))] };
          case "bucket": case "semver": {
            const key = JSON.stringify({ ...p, attr: 0 });   // of the list of its arguments the first
            if (!names.has(key)) engine.addMethod(names.set(key, p.op + names.size).get(key), compile(JSON.parse(key)), { deterministic: false });
            return { [names.get(key)]: [x] };
          }
        }
        return is("number", { [signs[p.op]]: [x, p.value] });
      };
      return { surface: each((audience) => { const run = engine.build(rule(audience)); return typeof run === "function" ? (attributes) => Boolean(run(attributes)) : () => Boolean(run); }) };
    },
  },
  {
    name: "@adobe/aep-rules-engine", package: "@adobe/aep-rules-engine", answered: "",
    // No lists, versions or buckets, and no negation but of `exists`: its `ne` is false of what is absent.
    can: (p) => p.op === "not" ? p.arg.op === "exists" : has("exists", "eq", "in", "lt", "le", "gt", "ge", "range", "prefix", "suffix", "contains")(p),
    make: (Engine) => {
      const words = { in: "eq", exists: "ex", prefix: "sw", suffix: "ew", contains: "co" };
      const matcher = (key, matcher, values) => ({ type: "matcher", definition: { key, matcher, values } });
      const group = (logic, conditions) => ({ type: "group", definition: { logic, conditions } });
      const condition = (p) => p.op === "true" ? group("and", []) : p.args ? group(p.op, p.args.map(condition)) : p.op === "not" ? matcher(p.arg.attr, "nx", [])
        : p.op === "range" ? group("and", [matcher(p.attr, "ge", [p.lo]), matcher(p.attr, "lt", [p.hi])])
        : matcher(p.attr, words[p.op] ?? p.op, p.values ?? (p.op === "exists" ? [] : [p.value]));
      // A set of rules for each experience: only those whose turn comes are asked, which is quicker than one for the surface.
      return { surface: each((audience) => {
        const engine = Engine({ version: 1, rules: [{ condition: condition(audience), consequences: [{ id: "x", type: "x", detail: {} }] }] });
        return (attributes) => engine.execute(attributes).length > 0;
      }) };
    },
  },
  {
    name: "@growthbook/growthbook", package: "@growthbook/growthbook",
    can: (p) => p.op !== "bucket",   // it has the very hash, but as a filter of a whole rule
    // Its client for servers: one set of features, the attributes with each question.
    make: ({ GrowthBookClient }) => {
      const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
      const condition = (p) => {
        const is = (operators) => ({ [p.attr]: operators });
        switch (p.op) {
          case "true": return {};
          case "not": return { $not: condition(p.arg) };
          case "and": return { $and: p.args.map(condition) };
          case "or": return p.args.length ? { $or: p.args.map(condition) } : { $nor: [{}] };
          case "exists": return is({ $exists: true });
          case "eq": return is({ $eq: p.value });
          case "in": return is({ $in: p.values });
          case "range": return is({ $type: "number", $gte: p.lo, $lt: p.hi });   // else absent counts as 0
          case "prefix": return is({ $type: "string", $regex: "^" + escaped(p.value) });
          case "suffix": return is({ $type: "string", $regex: escaped(p.value) + "$" });
          case "contains": return is({ $type: "string", $regex: escaped(p.value) });
          case "has_any": return is({ $type: "array", $in: p.values });
          case "has_all": return is({ $all: p.values });
          case "semver": return is({ $regex: "^\\d+\\.\\d+\\.\\d+", [{ lt: "$vlt", le: "$vlte", eq: "$veq", ge: "$vgte", gt: "$vgt" }[p.cmp]]: p.value });
        }
        return is({ $type: "number", [{ lt: "$lt", le: "$lte", gt: "$gt", ge: "$gte" }[p.op]]: p.value });
      };
      const features = {};
      let client, count = 0;
      return { surface: (audiences) => {
        const names = audiences.map((audience) => {
          const name = "f" + count++;
          features[name] = { defaultValue: false, rules: [{ condition: condition(audience), force: true }] };
          return name;
        });
        return (attributes) => {
          client ??= new GrowthBookClient({}).initSync({ payload: { features } });
          const user = { attributes };
          return (i) => client.isOn(names[i], user);
        };
      } };
    },
  },
  {
    name: "@gorules/zen-engine", package: "@gorules/zen-engine", can: zenCan, prepare: zenNumbers, isAsync: true,
    // A decision table for each surface, compiled once; it is evaluated on a thread of the engine's own, and waited for.
    // `evaluateExpressionSync` stays on this thread, but parses each time: one expression for all of a request was slower.
    make: ({ ZenEngine, ZenDecisionContent }) => {
      const engine = new ZenEngine();
      return {
        surface: (audiences) => {
          const node = (id, type, content) => ({ id, type, name: id, position: { x: 0, y: 0 }, ...content });
          const rules = audiences.map((audience, i) => ({ _id: "r" + i, who: zen(audience), i: String(i) }));
          return engine.createDecision(new ZenDecisionContent({
            nodes: [node("in", "inputNode"), node("out", "outputNode"),
              node("table", "decisionTableNode", { content: { hitPolicy: "collect", inputs: [{ id: "who", name: "who" }], outputs: [{ id: "i", name: "i", field: "i" }], rules } })],
            edges: [{ id: "a", type: "edge", sourceId: "in", targetId: "table" }, { id: "b", type: "edge", sourceId: "table", targetId: "out" }] }));
        },
        ask: async (handles, attributes) => (await Promise.all(handles.map((decision) => decision.evaluate(attributes)))).map(({ result }) => {
          const eligible = new Set(result.map((row) => row.i));
          return (i) => eligible.has(i);
        }),
      };
    },
  },
];

// ---- one of them

if (process.argv[2] === "--list") {
  for (const { name } of peers) console.log(name);
  process.exit();
}
const [name, folder, seconds = "3"] = process.argv.slice(2);
const peer = peers.find((peer) => peer.name === name);
if (!peer || !folder) {
  console.error("usage: node tests/bench/peers.mjs --list | NAME WORKLOAD_FOLDER [SECONDS]");
  process.exit(2);
}
const end = (said) => { console.log(JSON.stringify({ peer: name, ...said })); process.exit(); };
let module = {}, packageVersion = `(node ${process.versions.node})`;
if (peer.package) {
  const here = createRequire(path.join(process.cwd(), "package.json"));
  try {
    module = await import(here.resolve(peer.package));
    module = module.default ?? module;
  } catch (error) {
    end({ left_out: error.code === "MODULE_NOT_FOUND" ? "not installed" : String(error) });
  }
  const at = here.resolve(peer.package), root = at.slice(0, at.lastIndexOf(peer.package) + peer.package.length);
  packageVersion = JSON.parse(readFileSync(path.join(root, "package.json"))).version;
}

const lines = (name) => readFileSync(path.join(folder, name), "utf8").split("\n").filter((line) => line);
const requests = lines("requests.jsonl");
const expected = lines("expected.jsonl").map((line) => JSON.parse(line));
const bySurface = new Map(requests.flatMap((line) => JSON.parse(line).surfaces).map((surface) => [surface, []]));
for (const e of JSON.parse(readFileSync(path.join(folder, "workload.json"), "utf8")).experiences) bySurface.get(e.surface)?.push(e);
const { surface: prepare, ask = (handles, attributes) => handles.map((handle) => handle(attributes)) } = peer.make(module);
const applied = (id, elements) => Buffer.from(`{"id":${id},"elements":[${elements.map((m) => m.name)}],"content":[${elements.map((m) => m.content)}]}`);
for (const [surface, list] of bySurface) {
  list.sort((a, b) => b.priority - a.priority || a.published - b.published || (a.id < b.id ? -1 : 1));
  asked = new Set();
  const handle = prepare(list.map((e) => say(e.audience, peer)));
  const bits = new Map(), text = JSON.stringify;   // elements of this surface are bits of a number, up to 31; content is escaped once
  const rows = list.map((e) => {
    for (const m of e.elements) if (!bits.has(m.element)) bits.set(m.element, 1 << bits.size);
    const elements = e.elements.map((m) => ({ bit: bits.get(m.element), name: text(m.element), content: text(m.content) }));
    return { id: text(e.id), whole: applied(text(e.id), elements), start: e.schedule.start ?? -Infinity, end: e.schedule.end ?? Infinity, isInTraffic: e.traffic && within(e.traffic),
      bits: elements.reduce((all, m) => all | m.bit, 0), elements };
  });
  bySurface.set(surface, { head: Buffer.from(`{"surface":${text(surface)},"applied":[`), handle, asked, rows });
}

const prepared = requests.map((line) => {
  const request = JSON.parse(line), said = {};
  peer.prepare?.(request.attributes);
  for (const surface of request.surfaces)
    for (const n of bySurface.get(surface).asked) if (answered[n](request.attributes)) said["n" + n] = true;
  if (peer.answered === "") Object.assign(request.attributes, said);
  else request.attributes.answered = said;
  return request;
});
const out = Buffer.alloc(1 << 20), comma = Buffer.from(","), close = Buffer.from("]}");
let size = 0;
const put = (bytes) => { out.set(bytes, size); size += bytes.length; };
function write(request, eligible) {
  const { now } = request, { id } = request.attributes;
  size = out.latin1Write(`{"id":${Number(request.id)},"surfaces":[`, 0);
  for (let at = 0; at < request.surfaces.length; at++) {
    const { head, rows } = bySurface.get(request.surfaces[at]), isEligible = eligible[at];
    if (at) put(comma);
    put(head);
    let taken = 0;
    for (let i = 0; i < rows.length; i++) {
      const e = rows[i];
      if ((e.bits & ~taken) === 0 || now < e.start || now >= e.end) continue;
      // Whichever is cheaper first.
      if (!peer.isCheap && e.isInTraffic && !e.isInTraffic(id)) continue;
      if (!isEligible(i)) continue;
      if (peer.isCheap && e.isInTraffic && !e.isInTraffic(id)) continue;
      if (taken) put(comma);
      if (taken & e.bits) {
        const won = e.elements.filter((m) => !(taken & m.bit));
        put(applied(e.id, won));
      } else put(e.whole);
      taken |= e.bits;
    }
    put(close);
  }
  put(close);
  return out.subarray(0, size);
}
const handles = (request) => request.surfaces.map((surface) => bySurface.get(surface).handle);
const askOfAll = (request, eligible) => eligible.map((isEligible, at) => {
  const all = bySurface.get(request.surfaces[at]).rows.map((_, i) => isEligible(i));
  return (i) => all[i];
});
const decide = (request) => write(request, ask(handles(request), request.attributes));
const decideOfAll = (request) => write(request, askOfAll(request, ask(handles(request), request.attributes)));
const decideLater = async (request) => write(request, await ask(handles(request), request.attributes));

const ways = peer.isAsync ? [decideLater] : [decide, decideOfAll];   // who is waited for is asked of all anyway
let wrong = 0;
for (let i = 0; i < expected.length; i++) {
  const who = (answer) => JSON.stringify(answer.surfaces.map((s) => [s.surface, s.applied.map((a) => [a.id, a.elements])]));
  let isRight = true;
  for (const way of ways) isRight &&= who(JSON.parse(await way(prepared[i]))) === who(expected[i]);
  if (!isRight) wrong++;
}
// What is timed reads the request as it came, then decides on it with the booleans beside.
async function timed(decide) {
  const times = [], until = performance.now() + Number(seconds) * 1000;
  do {
    const start = performance.now();
    for (let i = 0; i < requests.length; i++) {
      JSON.parse(requests[i]);
      if (peer.isAsync) await decide(prepared[i]);
      else decide(prepared[i]);
    }
    times.push(((performance.now() - start) * 1e6) / requests.length);
  } while (performance.now() < until || times.length < 2);
  times.sort((a, b) => a - b);
  return Math.round(times[times.length >> 1]);
}
const ns = [];
for (const way of ways) ns.push(await timed(way));
end({ version: packageVersion, ns_per_decision: ns[0], ns_asked_of_all: ns.at(-1), answered: answered.length, checked: expected.length, wrong });
