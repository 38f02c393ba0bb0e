'use strict';
const Mocha = require('mocha');
it('runs another mocha', (done) => {
  const inner = new Mocha({ reporter: class { constructor() {} } });
  const suite = Mocha.Suite.create(inner.suite, 'inner');
  suite.addTest(new Mocha.Test('fails inside', () => { throw new Error('no'); }));
  inner.run((failures) => done(failures === 1 ? undefined : new Error(`${failures} failures`)));
});
it('comes after it', () => {});
