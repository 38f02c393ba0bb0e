import { test } from 'vitest';

test('first', () => {});
test('fails', () => { throw new Error('here'); });
test('never begun', () => {});
