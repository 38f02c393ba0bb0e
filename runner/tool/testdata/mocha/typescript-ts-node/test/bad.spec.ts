const n: number = 'text';
it('never', () => { console.log(n); });
