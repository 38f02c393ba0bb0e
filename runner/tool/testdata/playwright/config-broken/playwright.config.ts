import { nowhere } from './nowhere';
export default { testDir: './tests', retries: nowhere };
