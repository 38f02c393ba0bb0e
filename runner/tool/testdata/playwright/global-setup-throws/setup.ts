export default function () {
  throw new Error('the database is not there');
}
