// Where npm handlebars is found: in the folder that HANDLEBARS names, around here, or as Debian's package has it, which only
// Debian's node looks for.
import { createRequire } from 'node:module';

export function handlebars() {
  const places = [[import.meta.url, 'handlebars'], ['/usr/share/nodejs/', './handlebars']];
  if (process.env.HANDLEBARS) places.unshift([process.env.HANDLEBARS + '/', 'handlebars']);
  for (const [from, name] of places) {
    try {
      return createRequire(from)(name);
    } catch { /* not there */ }
  }
  return null;
}

export const how_to_get_it =
  'handlebars is not installed; `./dev setup` installs it, or `npm install handlebars@4.7` somewhere, and set HANDLEBARS to that folder';
