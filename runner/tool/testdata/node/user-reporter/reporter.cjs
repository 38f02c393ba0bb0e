module.exports = async function* (source) {
  for await (const event of source) yield `${event.type}\n`;
};
