'use strict';
describe('a "quoted" suite', () => {
  it('line one\nline two', () => {});
  it('party 🎉 \\ back', () => {});
  it("it's > that", () => {});
});
it('', () => {});
