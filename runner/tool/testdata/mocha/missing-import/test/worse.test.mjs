import gone from './gone.mjs';
it('never', () => gone());
