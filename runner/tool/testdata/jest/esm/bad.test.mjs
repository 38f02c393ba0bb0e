import { gone } from './gone.mjs';

test('never', () => { gone(); });
