// Which tests of a vitest file the selection means: vitest-worker.mjs keeps the others from running, vitest.cjs counts them.
import { realpathSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';

// A title is cut as all other texts are (preload.cjs), and alike by who selects, who starts and who counts the test.
const CAP = 64 << 10;
const cap = (text) => (text.length <= CAP ? text : `${text.slice(0, CAP / 2)}\n… ${text.length - CAP} characters left out …\n${text.slice(-CAP / 2)}`);
const slashed = (path) => path.replaceAll('\\', '/');
const real = (path) => {
  try { return slashed(realpathSync.native(path)); } catch { return slashed(path); }
};
// A file below dir, the working directory, is named from there, and another one by its whole path.
function wantedOf(tests, dir, path) {
  const name = slashed(relative(dir, path));
  if (Object.hasOwn(tests, name)) return tests[name];
  const found = Object.keys(tests).find((key) => isAbsolute(key) && (slashed(key) === slashed(path) || real(key) === real(path)));
  return found === undefined ? [] : tests[found];
}

// exact: the name without its project means another test, the one that runs.
export default function chosen(file, select, dir, project, exact = false) {
  const pattern = select?.filter === undefined ? null : new RegExp(select.filter, 'u');
  const wanted = select?.tests === undefined ? null : wantedOf(select.tests, dir, file.filepath);
  const wellFormed = (text) => text.replace(/\p{Surrogate}/gu, '\ufffd');
  const ordinals = new Map();
  const out = [];
  (function visit(suite, above) {
    for (const task of suite.tasks) {
      const t = [...above, cap(String(task.name))];
      if (task.type === 'suite') {
        visit(task, t);
        continue;
      }
      const names = t.map((_, i) => wellFormed(t.slice(0, i + 1).join(' > '))); // from the outermost suite to the test
      const full = project === undefined ? names.at(-1) : `${names.at(-1)} [${project}]`;
      const n = (ordinals.get(full) ?? 0) + 1;
      ordinals.set(full, n);
      const named = wanted === null || wanted.some((w) =>
        w.name === '' || (n === 1 && (w.name === full || (!exact && w.name === names.at(-1)))) || (w.base === full && w.n === n) || names.slice(0, -1).includes(w.name));
      out.push({ test: task, t, n, chosen: named && (pattern === null || pattern.test(full)) });
    }
  })(file, []);
  return out;
}
