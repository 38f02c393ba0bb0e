import { test } from 'vitest';

test('waits', () => new Promise(() => {}), 300);
test('after', () => {});
