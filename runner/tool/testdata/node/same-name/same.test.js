'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

test('twin', () => {});
test('twin', () => { throw new Error('the second'); });
for (let i = 0; i < 3; i++) test('loop', () => {});
describe('s', () => { it('in', () => {}); });
describe('s', () => { it('in', () => {}); });
// Other titles, and the same name once they are joined.
describe('a > b', () => { it('c', () => {}); });
describe('a', () => { it('b > c', () => { throw new Error('the second'); }); });
