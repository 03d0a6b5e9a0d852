// Compares our templates with npm handlebars, case by case:
//   node compare.mjs PATH/TO/handlebars_lines [CASES] [SEED]
// Hand-picked cases first, then generated ones; the seed is printed. Exit 1 on a difference, 77 where
// the package is absent. `HANDLEBARS` may name the folder that holds it.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { handlebars, how_to_get_it } from './judge.mjs';

const [program, cases = '6000', seed = '20261201'] = process.argv.slice(2);
if (!program) {
  console.error('usage: node compare.mjs PATH/TO/handlebars_lines [CASES] [SEED]');
  process.exit(2);
}

const Handlebars = handlebars();
if (!Handlebars) {
  console.log('skipped: ' + how_to_get_it);
  process.exit(77);
}
Handlebars.logger.level = 99;                // it tells of `toString` on the console

// A defect of handlebars that we do not share: raw numbers and booleans that begin a body are added up,
// so that `{{{a}}}{{{b}}}` of 1 and 2 gives 3. Here they are made texts first.
const { append } = Handlebars.JavaScriptCompiler.prototype;
Handlebars.JavaScriptCompiler.prototype.append = function () {
  if (!this.isInline()) return append.call(this);
  this.replaceStack((current) => [' != null ? "" + ', current, ' : ""']);
  this.pushSource(this.appendToBuffer(this.popStack()));
};

// ---- chance, repeatable ----

let state = Number(seed) >>> 0;
function chance() {                         // mulberry32
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(chance() * n);
const pick = (list) => list[below(list.length)];
const maybe = (share) => chance() < share;
const times = (n, make) => Array.from({ length: n }, make);

// ---- values. Names are letters in order, so that members come in the order of their bytes ----

const names = ['a', 'b', 'c', 'cart', 'items', 'name', 'z'];
const texts = ['', 'x', 'Ann', 'a<b>&"c\'d`=', '0', 'é ü', '日本', '😀!', ' blanks ', 'two\nlines', '\ttab'];
const numbers = [0, 1, -1, 7, 3.25, -0.5, 1e21, 1.5e-7, 123456789, 0.1];

function leaf() {
  return pick([() => pick(texts), () => pick(texts), () => pick(numbers), () => true, () => false, () => null])();
}
function value(depth) {
  const kind = depth <= 0 ? 0 : below(5);
  if (kind === 1) return times(below(4), () => value(depth - 1));
  if (kind === 2) return object(depth - 1);
  if (kind === 3) return times(1 + below(3), () => object(depth - 1));
  return leaf();
}
function object(depth) {
  const made = {};
  for (const name of names) if (maybe(0.55)) made[name] = value(depth);
  return made;
}

// ---- templates ----

const blanks = ['', '', '', ' ', '\n', '\n  ', '  \n', '\r\n', ' \n \n', '\u00a0', '\t'];
const words = ['text', 'a & b', '1 < 2', 'end.', 'é', '"quoted"', "it's", '}', '{', '\\', '=', '|'];

function content() {
  return pick(blanks) + (maybe(0.6) ? pick(words) : '') + pick(blanks);
}
function segment() {
  return maybe(0.1) ? `[${pick(names)}]` : pick(names);
}
function path(scope) {
  let made = pick([segment, segment, segment, () => 'this', () => '.', () => `this.${segment()}`, () => `./${segment()}`,
    () => `../${segment()}`, () => '..', () => `../../${segment()}`, () => `@root.${segment()}`, () => '@index', () => '@key',
    () => '@first', () => '@last', () => '@../index', () => '@../key', () => `${segment()}.length`, () => `${segment()}.[0]`,
    () => `${segment()}.0.${segment()}`, () => (scope.length ? pick(scope) : segment())])();
  if (maybe(0.3) && !/[.\]]$|^@|length$/.test(made)) made += pick(['.', '/']) + segment();
  return made;
}
function literal() {
  return pick(['"x"', "'it'", '"a \\" b"', '1', '0', '-2.5', 'true', 'false', 'null', 'undefined', '""']);
}
function param(scope, depth = 1) {
  if (depth > 0 && maybe(0.12)) return `(lookup ${param(scope, depth - 1)} ${param(scope, depth - 1)})`;
  return maybe(0.2) ? literal() : path(scope);
}
function gap() { return pick(['', '', '', ' ', '\n']); }
const open = () => '{{' + (maybe(0.15) ? '~' : '');
const close = () => (maybe(0.15) ? '~' : '') + '}}';

function output(scope) {
  const inside = maybe(0.12) ? `lookup ${param(scope)} ${param(scope)}` : maybe(0.05) ? literal() : path(scope);
  if (maybe(0.2)) return `{{{${gap()}${inside}${gap()}}}}`;
  if (maybe(0.1)) return `${open()}& ${inside}${close()}`;
  return `${open()}${gap()}${inside}${gap()}${close()}`;
}
function comment() {
  return pick(['{{! a comment }}', '{{!-- a {{b}} --}}', '{{~! trimmed ~}}', '{{!}}', '{{!----}}', '{{!-- x --~}}']);
}
function inverse(scope, depth) {
  if (maybe(0.5)) return '';
  const word = maybe(0.2) ? `${open()}^${close()}` : `${open()}else${close()}`;
  return word + body(scope, depth);
}
function chain(scope, depth) {
  let made = '';
  while (maybe(0.3)) {
    const head = pick([() => `if ${param(scope)}`, () => `unless ${param(scope)}`, () => `each ${param(scope)}`, () => `with ${param(scope)}`, () => path(scope)])();
    made += `${open()}else ${head}${close()}` + body(scope, depth);
  }
  return made + inverse(scope, depth);
}
function block(scope, depth) {
  const kind = below(9);
  const inner = depth - 1;
  if (kind <= 2) {
    const zero = maybe(0.1) ? pick([' includeZero=true', ' includeZero=false']) : '';
    const word = maybe(0.75) ? 'if' : 'unless';
    return `${open()}#${word} ${param(scope)}${zero}${close()}${body(scope, inner)}${chain(scope, inner)}${open()}/${word}${close()}`;
  }
  if (kind <= 5) {
    const params = maybe(0.3) ? pick([['item'], ['item', 'i'], ['a'], ['b', 'c']]) : [];
    const as = params.length ? ` as |${params.join(' ')}|` : '';
    return `${open()}#each ${param(scope)}${as}${close()}${body([...scope, ...params], inner)}${chain(scope, inner)}${open()}/each${close()}`;
  }
  if (kind === 6) {
    const params = maybe(0.3) ? ['it'] : [];
    const as = params.length ? ' as |it|' : '';
    return `${open()}#with ${param(scope)}${as}${close()}${body([...scope, ...params], inner)}${chain(scope, inner)}${open()}/with${close()}`;
  }
  const name = path(scope);
  const closing = name.replace(/[[\]]/g, '');
  if (kind === 7) return `${open()}#${name}${close()}${body(scope, inner)}${inverse(scope, inner)}${open()}/${closing}${close()}`;
  return `${open()}^${name}${close()}${body(scope, inner)}${maybe(0.3) ? `{{else}}${body(scope, inner)}` : ''}${open()}/${closing}${close()}`;
}
function parses(text) {
  try {
    Handlebars.precompile(text);
    return true;
  } catch {
    return false;
  }
}
let partialNames = [];
function partial(scope) {
  if (partialNames.length === 0) return comment();
  const context = maybe(0.3) ? ' ' + path(scope) : '';
  const hash = times(maybe(0.4) ? 1 + below(2) : 0, () => ` ${pick(names)}=${param(scope)}`).join('');
  return `${open()}> ${pick(partialNames)}${context}${hash}${close()}`;
}
function escaped(scope) {
  return pick(['\\', '\\\\']) + output(scope);
}
function body(scope, depth) {
  return times(1 + below(4), () => {
    const kind = below(20);
    if (kind < 6) return content();
    if (kind < 12) return output(scope);
    if (kind < 13) return comment();
    if (kind < 14) return escaped(scope);
    if (kind < 16) return partial(scope);
    if (kind === 16) return pick(blanks.slice(3));
    return depth > 0 ? block(scope, depth) : output(scope);
  }).join('');
}
function generated() {
  const partials = {};
  partialNames = [];
  for (const name of ['card', 'line', 'foot/note'].slice(0, below(4))) {
    do partials[name] = body([], 1);        // one that does not parse shows only where it is reached
    while (!parses(partials[name]));
    partialNames.push(name);                // each may use those before it: no circles
  }
  const template = body([], 3);
  return { template, data: maybe(0.93) ? object(3) : value(2), partials };
}

// Now and then a template is broken in one place, so that both sides must refuse the same ones.
function broken(one) {
  const at = below(one.template.length);
  const cut = pick([0, 1, 2]);
  return { ...one, template: one.template.slice(0, at) + pick(['', '}', '{', '{{', '}}', '~', '/', '#', '.', '|', '"', '=', '@']) + one.template.slice(at + cut) };
}

// ---- the judge ----

function judge({ template, data, partials = {} }) {
  try {
    const env = Handlebars.create();
    for (const [name, text] of Object.entries(partials)) env.registerPartial(name, text);
    // Members come in the order of their names with us; JavaScript keeps the order they were set in.
    const each = env.helpers.each;
    env.registerHelper('each', function (list, options) {
      if (arguments.length === 2 && list && typeof list === 'object' && !Array.isArray(list))
        list = Object.fromEntries(Object.keys(list).sort().map((name) => [name, list[name]]));
      return each.apply(this, arguments.length === 2 ? [list, options] : arguments);
    });
    return { out: wellFormed(env.compile(template)(data)) };
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}
// Half a surrogate pair has no form in UTF-8.
function wellFormed(text) { return Buffer.from(text, 'utf8').toString('utf8'); }

const jobs = readFileSync(new URL('cases.jsonl', import.meta.url), 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
const picked = jobs.length;
for (let i = 0; i < Number(cases); ++i) {
  const one = generated();
  jobs.push(maybe(0.1) ? broken(one) : one);
}
const run = spawnSync(program, { input: jobs.map((job) => JSON.stringify(job)).join('\n') + '\n', maxBuffer: 1 << 30, encoding: 'utf8' });
if (run.status !== 0) {
  console.error(`${program} ended with ${run.status ?? run.signal}: ${run.stderr}`);
  process.exit(1);
}
const answers = run.stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
if (answers.length !== jobs.length) {
  console.error(`${answers.length} answers to ${jobs.length} cases`);
  process.exit(1);
}

// What we refuse on purpose and handlebars takes, each for the reason that template.h gives.
const stricter = [/is no helper/, /is a path, not a helper/, /block parameter, not a helper/, /in the HTML|attribute|element's name|expected; write/,
  /hands over (no|at most)/, /takes exactly one argument/, /lacks the arguments/, /hands `lookup`/, /does not know/, /partial block|decorator|raw block/,
  /includes a fragment in itself/, /has no statement|is no statement/, /`[{]%|%[}]`/, /`&lt;`/, /behind `<!`/, /which does not exist/, /computes the fragment/];

const counts = { same: 0, bothRefuse: 0, stricter: 0, differ: 0 };
const differences = [];
jobs.forEach((job, i) => {
  const theirs = judge(job), ours = answers[i];
  if ('out' in theirs && 'out' in ours && theirs.out === ours.out) ++counts.same;
  else if (theirs.error !== undefined && ours.error !== undefined) ++counts.bothRefuse;
  else if ('out' in theirs && ours.at === 'compile' && stricter.some((rule) => rule.test(ours.error))) ++counts.stricter;
  else {
    ++counts.differ;
    differences.push({ job, theirs, ours });
  }
});
for (const difference of differences.slice(0, 10)) console.log(JSON.stringify(difference));
console.log(`handlebars ${Handlebars.VERSION}, seed ${seed}: ${jobs.length} cases (${picked} hand-picked): ${counts.same} same output, ` +
  `${counts.bothRefuse} refused by both, ${counts.stricter} refused by us alone as documented, ${counts.differ} differ`);
process.exit(counts.differ === 0 ? 0 : 1);
