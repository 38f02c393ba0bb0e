'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

describe('a "suite"', () => {
  it("it's 'quoted' \"twice\"", () => {});
  it('two\nlines', () => {});
  it('\u{1f600} emoji \u00e9', () => {});
  it('back\\slash and $dollar', () => {});
  it('a > b :: c', () => {});
  it('', () => {});
});
