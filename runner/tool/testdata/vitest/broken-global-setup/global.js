export default function setup() {
  throw new Error('no container');
}
