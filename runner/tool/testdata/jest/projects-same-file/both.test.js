test('in each', () => { if (globalThis.side === 'b') throw new Error('on one side'); });
