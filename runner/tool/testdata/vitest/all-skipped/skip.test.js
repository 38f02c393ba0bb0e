import { describe, test } from 'vitest';

test.skip('not today', () => {});
test('by its context', ({ skip }) => skip('no reason'));
test.todo('later');
describe.skip('suite', () => {
  test('inside', () => {});
});
