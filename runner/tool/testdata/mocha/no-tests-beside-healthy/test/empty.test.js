'use strict';
describe('empty', () => {});
