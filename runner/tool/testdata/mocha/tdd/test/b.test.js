'use strict';
suite('b', () => {
  setup(() => {});
  test('passes', () => {});
  test('fails', () => { throw new Error('no'); });
});
