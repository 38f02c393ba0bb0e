'use strict';
// What went wrong in a test or file of vitest's, and where. See vitest.cjs.
module.exports = ({ str, cap, plain, real, home }) => {
  const { readFile } = require('fs/promises');
  const { isAbsolute, resolve } = require('path');
  const { pathToFileURL } = require('url');

  // failure is what the errors of a task say, as they come out of a worker: plain objects. The first one gives the message.
  function failure(errors) {
    const list = (errors ?? []).filter((e) => e !== undefined && e !== null);
    const [first] = list;
    if (typeof first !== 'object') return { msg: cap(plain(first ?? '')) };
    const text = list.map((e) => {
      if (typeof e !== 'object') return String(e);
      const message = String(e.message ?? '');
      const stack = String(e.stack ?? '').replace(/^Error: STACK_TRACE_ERROR\n/m, ''); // vitest's word for a stack that it took ahead of time
      let out = stack.includes(message) ? stack : `${e.name ?? 'Error'}: ${message}\n${stack}`;
      for (let deeper = e.cause, depth = 0; deeper !== undefined && deeper !== null && depth < 5; deeper = deeper.cause, depth++) {
        out += `\ncaused by: ${deeper.stack ?? deeper.message ?? deeper}`;
      }
      return out;
    });
    return { name: str(first.name), code: str(first.code), msg: cap(plain(first.message ?? '')), text: cap(plain(text.join('\n\n'))), diff: first.diff ? cap(plain(first.diff)) : undefined };
  }
  // The place in the test file that an error leads to, as the project maps its stacks; of an error while the file is
  // transformed vite names the file and the place itself.
  function place(err, f) {
    if (err === null || typeof err !== 'object') return {};
    const at = (err.stacks ?? []).find((s) => real(s.file) === real(f)) ?? (err.loc && real(String(err.loc.file ?? err.id ?? '')) === real(f) ? err.loc : undefined);
    if (at !== undefined) return { l: at.line, c: at.column };
    const text = String(err.stack ?? '');
    const from = text.indexOf(`${f}:`);
    const said = from < 0 ? null : /^:(\d+):(\d+)/.exec(text.slice(from + f.length, from + f.length + 24));
    return said === null ? {} : { l: Number(said[1]), c: Number(said[2]) };
  }

  // reading says where a file can't be read. What transforms it names the place in its own words; vite itself knows none of
  // plain JavaScript, so its parser is asked once more. For a module that is missing it is the line that names it.
  async function reading(err, f) {
    const message = plain(err?.message ?? '');
    const missing = /^Cannot find (?:module|package) '([^']+)'|^Failed to resolve import "([^"]+)"|^Failed to load url (\S+) /.exec(message);
    if (missing) {
      const text = (await readFile(f, 'utf8')).split('\n');
      const wanted = missing[1] ?? missing[2] ?? missing[3];
      const at = text.findIndex((line) => line.includes(`'${wanted}'`) || line.includes(`"${wanted}"`));
      return at < 0 ? {} : { l: at + 1 };
    }
    const said = /\[ ?(.+?):(\d+):(\d+) ?\]|^(.+?):(\d+):(\d+): ERROR: (.*)$/m.exec(message);
    if (/^Transform failed/.test(message) && said) {
      const at = said[1] ?? said[4];
      const what = said[7] ?? /\[PARSE_ERROR\] (.*)/.exec(message)?.[1] ?? 'a file that can\'t be read';
      const [l, c] = [Number(said[2] ?? said[5]), Number(said[3] ?? said[6]) + (said[4] === undefined ? 0 : 1)];
      const here = real(isAbsolute(at) ? at : resolve(at)) === real(f);
      return { name: 'SyntaxError', msg: here ? what : `${what} (${at}:${l})`, ...(here ? { l, c } : {}), text: message };
    }
    if (!/contains invalid JS syntax/.test(message)) return {};
    const { parseAst } = await import(pathToFileURL(require.resolve('vite', { paths: [home] })).href);
    const code = await readFile(f, 'utf8');
    try {
      parseAst(code);
    } catch (again) {
      const lines = plain(again.message).split('\n');
      const what = /^Parse failed/.test(lines[0]) ? lines[1] : lines[0];
      if (typeof again.pos !== 'number') return { name: 'SyntaxError', msg: what };
      const before = Buffer.from(code).subarray(0, again.pos).toString().split('\n');
      return { name: 'SyntaxError', msg: what, l: before.length, c: before.at(-1).length + 1, text: plain(again.message) };
    }
    return {}; // another file, which it loads
  }

  return { failure, place, reading };
};
