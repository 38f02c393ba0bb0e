const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** escape makes text safe to stand in HTML. */
export function escape(text) {
  return text.replace(/[&<>"]/g, (c) => entities[c]);
}
