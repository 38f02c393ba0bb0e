'use strict';
it('is loud', () => { process.stdout.write('x'.repeat(10 << 20) + '\n'); });
