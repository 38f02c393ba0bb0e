import { expectTypeOf, test } from 'vitest';

test('is only checked', () => {
  expectTypeOf(1).toEqualTypeOf<number>();
});
