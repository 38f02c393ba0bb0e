const n: number = ;
it('never', () => { console.log(n); });
