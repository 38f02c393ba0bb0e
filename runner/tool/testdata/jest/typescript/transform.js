const ts = require('typescript');

module.exports = {
  process(text, fileName) {
    const out = ts.transpileModule(text, { fileName, compilerOptions: { module: 'commonjs', target: 'es2022', inlineSourceMap: true, inlineSources: true } });
    return { code: out.outputText };
  },
};
