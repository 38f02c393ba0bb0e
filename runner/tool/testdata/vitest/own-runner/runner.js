import { VitestTestRunner } from 'vitest/runners';

export default class extends VitestTestRunner {
  onAfterRunTask(test) {
    return super.onAfterRunTask(test);
  }
}
