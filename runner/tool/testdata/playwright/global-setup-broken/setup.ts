import './nowhere';
export default function () {}
