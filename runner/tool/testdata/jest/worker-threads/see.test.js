test('sees its arguments', () => { expect(process.argv.slice(2)).toEqual([]); expect(process.env.NODE_OPTIONS).toBe(undefined); });
