import { test } from 'vitest';

test('leaves a promise behind', () => {
  Promise.reject(new Error('nobody waited'));
});
test('goes on', () => {});
