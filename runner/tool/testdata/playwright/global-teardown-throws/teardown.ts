export default function () {
  throw new Error('it was not there to be removed');
}
