/** Packs the state of the page into the fragment of a link, and unpacks it. */

const VERSION = "1.";
const LONGEST = 1 << 23;

const through = (bytes, transform) => new Blob([bytes]).stream().pipeThrough(transform);

/** Return a fragment for a state: its JSON, deflated, in the letters of a link. */
export const pack = async (state) => {
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  const packed = await new Response(through(bytes, new CompressionStream("deflate-raw"))).arrayBuffer();
  const letters = Array.from(new Uint8Array(packed), (byte) => String.fromCharCode(byte)).join("");
  return VERSION + btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
};

/** Return the state in a fragment. Throws an error if there is none, or one of more than 8 MB. */
export const unpack = async (fragment) => {
  if (!fragment.startsWith(VERSION)) throw new Error("the fragment is not a state of this page");
  const letters = atob(fragment.slice(VERSION.length).replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  const reader = through(bytes, new DecompressionStream("deflate-raw")).getReader();
  const parts = [];
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.length;
    if (size > LONGEST) throw new Error("the state is too large");
    parts.push(part.value);
  }
  return JSON.parse(await new Blob(parts).text());
};
