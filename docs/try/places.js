/** Finds where the parts of a JSON text stand, as far as it can be read, so that they can be underlined. */

const TOKEN = /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\.)*")|([-\w.+]+))/y;
const escaped = (key) => "/" + key.replace(/~/g, "~0").replace(/\//g, "~1");

/** Return a map of JSON pointers to `{key, value}`, each a range `[start, end]`, up to the first mistake in a text. */
export const placesOf = (text) => {
  const places = new Map();
  const tokens = new RegExp(TOKEN);
  let end = 0;

  const next = () => {
    tokens.lastIndex = end;
    const found = tokens.exec(text);
    if (found === null) throw new SyntaxError("not JSON");
    const [whole, mark, string] = found;
    const start = tokens.lastIndex - whole.trimStart().length;
    return { mark, string, start, end: tokens.lastIndex };
  };
  const take = (allowed) => {
    const found = next();
    if (!allowed(found)) throw new SyntaxError("not JSON");
    end = found.end;
    return found;
  };
  const isMark = (marks) => (found) => found.mark !== undefined && marks.includes(found.mark);

  const value = (pointer, key) => {
    const first = take(({ mark }) => mark === undefined || mark === "{" || mark === "[");
    const place = { key, value: [first.start, first.end] };
    places.set(pointer, place);
    const close = { "{": "}", "[": "]" }[first.mark];
    if (close === undefined) return;
    for (let count = 0; !isMark(close)(next()); count += 1) {
      if (count > 0) take(isMark(","));
      if (first.mark === "[") {
        value(`${pointer}/${count}`);
      } else {
        const name = take(({ string }) => string !== undefined);
        take(isMark(":"));
        value(pointer + escaped(JSON.parse(name.string)), [name.start, name.end]);
      }
    }
    place.value[1] = take(isMark(close)).end;
  };

  try {
    value("");
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
  }
  return places;
};

/** Return the position of a line and a column, each counted from one. */
const positionOf = (text, { line, column }) =>
  text.split("\n", line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1;

/** Return the range to underline for a problem: its value, its key if that is the problem, or where it is missing. */
export const rangeOf = (places, text, { pointer, code, params }) => {
  if (params.line !== undefined) {
    const position = Math.min(positionOf(text, params), text.length - 1);
    const start = text[position] === "\n" ? Math.max(0, position - 1) : position; // The end of a line cannot be seen.
    return [start, start + 1];
  }
  const place = places.get(pointer);
  if (place !== undefined && pointer !== "") {
    return code === "unknown_key" || code === "duplicate_key" ? (place.key ?? place.value) : place.value;
  }
  const parent = places.get(pointer.slice(0, Math.max(0, pointer.lastIndexOf("/"))));
  if (parent === undefined) return null;
  return parent.key ?? [parent.value[0], parent.value[0] + 1];
};
