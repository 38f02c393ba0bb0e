// A reporter for vitest before 3, whose events can't be reached in another way: it writes what became of each test when all have run.
// It takes the place of those that the configuration names, as any on the command line does. Its file has the shape of jest's JSON report. vitest's own says of a test that never ended that it was skipped.
import { writeFileSync } from 'fs';
import { dirname, join } from 'path';
import { fileURLToPath } from 'url';

const text = (err) => String(err?.stack || err?.stackStr || err?.message || err);
const errors = (task) => (task.result?.errors ?? (task.result?.error ? [task.result.error] : [])).map((err) => {
  const message = err?.message ?? String(err);
  return text(err).includes(message) ? text(err) : `${err?.name ?? 'Error'}: ${message}\n${err?.stack ?? ''}`;
});
// A suite whose hook fails before its tests has them marked as skipped by vitest 2, and leaves them as they are in older ones.
const ran = (task) => (task.tasks ? task.tasks.some(ran) : ['pass', 'fail'].includes(task.result?.state));
const status = (task, fallen) => {
  const state = task.result?.state;
  if (task.mode === 'todo') return 'todo';
  if (state === 'pass' || state === 'fail') return state === 'pass' ? 'passed' : 'failed';
  return !fallen && (task.mode === 'skip' || state === 'skip') || task.mode === 'skip' && state === undefined ? 'skipped' : 'unfinished';
};

export default class {
  onFinished(files = [], unhandled = []) {
    let total = 0;
    const testResults = files.map((file) => {
      const broken = errors(file);
      const assertionResults = [];
      (function visit(suite, above, fell) {
        const fallen = fell || errors(suite).length > 0 && !ran(suite);
        for (const task of suite.tasks ?? []) {
          if (task.type === 'suite') {
            broken.push(...errors(task));
            visit(task, task.name === '' ? above : [...above, task.name], fallen);
            continue;
          }
          assertionResults.push({
            ancestorTitles: above, title: task.name, status: status(task, fallen), duration: task.result?.duration, failureMessages: errors(task),
            location: task.location,
          });
        }
      })(file, [], false);
      total += assertionResults.length;
      const project = files.some((f) => f !== file && f.filepath === file.filepath) ? file.projectName || undefined : undefined;
      return { name: file.filepath, project, message: broken.join('\n\n'), assertionResults };
    });
    const errorMessages = unhandled.map(text);
    writeFileSync(join(dirname(fileURLToPath(import.meta.url)), 'report.json'), JSON.stringify({ numTotalTests: total, testResults, errorMessages }));
  }
}
