interface Pair {
  left: number;
  right: number;
}

const sum = ({ left, right }: Pair): number => left + right;

describe('sum', () => {
  test('adds', () => { expect(sum({ left: 1, right: 2 })).toBe(3); });
  test('fails at its line', () => { expect(sum({ left: 1, right: 2 })).toBe(4); });
});
