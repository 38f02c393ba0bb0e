export default class {
  onTestRunEnd(modules, errors, reason) {
    console.log(`own reporter: ${modules.length} files, ${reason}`);
  }
}
