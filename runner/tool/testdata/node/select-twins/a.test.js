'use strict';
const { test, describe, it } = require('node:test');

test('twin', () => {});
test('twin', () => { throw new Error('not selected'); });
describe('s', () => { it('in', () => {}); });
describe('s', () => { it('in', () => {}); });
describe('a > b', () => { it('c', () => { throw new Error('not selected'); }); });
describe('a', () => { it('b > c', () => {}); });
