// The public specification of mustache, as far as Handlebars keeps to it: where npm handlebars gives what a case of it
// expects, so do we.
//   node mustache_spec.mjs PATH/TO/handlebars_lines FOLDER
// FOLDER holds the cases (interpolation.json …). Those of lambdas are left out: content has no functions. Exit 1 on a difference,
// 77 where cases or handlebars are absent.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { handlebars, how_to_get_it } from './judge.mjs';

const [program, folder] = process.argv.slice(2);
const Handlebars = handlebars();
let files = [];
try {
  files = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'lambdas.json').sort();
} catch { /* not there */ }
if (!Handlebars || files.length === 0) {
  console.log('skipped: ' + (Handlebars ? `there are no cases in ${folder}; \`./dev setup\` gets them, where apt-get is there` : how_to_get_it));
  process.exit(77);
}

const cases = files.flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')).tests.map((one) => ({ file, ...one })));
const input = cases.map(({ template, data, partials = {} }) => JSON.stringify({ template, data, partials })).join('\n') + '\n';
const run = spawnSync(program, { input, maxBuffer: 1 << 28, encoding: 'utf8' });
if (run.status !== 0) {
  console.error(`${program} ended with ${run.status ?? run.signal}: ${run.stderr}`);
  process.exit(1);
}
const answers = run.stdout.trimEnd().split('\n').map((line) => JSON.parse(line));

function theirs({ template, data, partials = {} }) {
  try {
    const env = Handlebars.create();
    for (const [name, text] of Object.entries(partials)) env.registerPartial(name, text);
    return env.compile(template)(data);
  } catch {
    return null;
  }
}
// Entities may be written in several ways; the specification allows them all.
const plain = (text) => text?.replaceAll('&#x27;', '&#39;').replaceAll('&#x60;', '`').replaceAll('&#x3D;', '=');

// Refused on purpose: a fragment that includes itself has no bound (runtime/engine/template.h).
const is_refused = (answer) => answer.at === 'compile' && /includes a fragment in itself/.test(answer.error);

const counts = { both: 0, neither: 0, ours: 0, refused: 0 };
let missing = 0;
cases.forEach((one, i) => {
  const they = plain(theirs(one)) === plain(one.expected), we = plain(answers[i].out) === plain(one.expected);
  if (they && we) ++counts.both;
  else if (we) ++counts.ours;
  else if (!they) ++counts.neither;
  else if (is_refused(answers[i])) ++counts.refused;
  else {
    ++missing;
    console.log(`${one.file}: ${one.name}: ${JSON.stringify(one.template)} of ${JSON.stringify(one.data)}: expected ${JSON.stringify(one.expected)}, got ${JSON.stringify(answers[i])}`);
  }
});
console.log(`handlebars ${Handlebars.VERSION}: ${cases.length} cases: ${counts.both} as expected by both, ${counts.ours} by us alone, ` +
  `${counts.neither} by neither, ${counts.refused} refused by us as documented, ${missing} by handlebars alone`);
process.exit(missing === 0 && counts.both > 50 ? 0 : 1);
