import { describe, test } from 'vitest';

describe('empty', () => {});
test('beside', () => {});
