import type { FullResult, Reporter, TestCase } from '@playwright/test/reporter';

export default class Mine implements Reporter {
  onTestEnd(test: TestCase) { console.log(`mine saw ${test.title}`); }
  onEnd(result: FullResult) { console.log(`mine saw the end: ${result.status}`); }
}
