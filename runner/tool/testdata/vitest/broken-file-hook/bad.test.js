import { beforeAll, test } from 'vitest';

beforeAll(() => { throw new Error('no server'); });
test('first victim', () => {});
test('second victim', () => {});
