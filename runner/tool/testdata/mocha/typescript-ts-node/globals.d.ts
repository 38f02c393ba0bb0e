declare function describe(name: string, body: () => void): void;
declare function it(name: string, body: () => void): void;
declare module 'node:assert' { const assert: { strictEqual(a: unknown, b: unknown): void }; export default assert; }
declare const console: { log(...args: unknown[]): void };
