/** Runs the Python library in the browser: loads Pyodide and the wheels beside this page, and answers questions. */

const HERE = new URL("./python/", import.meta.url);
const plainFetch = self.fetch.bind(self);

/** Fetch a file, and call `onBytes` with the number of bytes of each part as it arrives. */
const counted = async (url, onBytes) => {
  const response = await plainFetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const count = new TransformStream({
    transform(part, controller) {
      onBytes(part.byteLength);
      controller.enqueue(part);
    },
  });
  return response.body.pipeThrough(count);
};

const start = async () => {
  const { files, wheels } = await (await plainFetch(new URL("files.json", HERE))).json();
  const total = Object.values(files).reduce((sum, size) => sum + size, 0);
  let arrived = 0;
  const onBytes = (count) => postMessage({ progress: Math.min(1, (arrived += count) / total) });
  // The large file is served compressed, whatever the server does: it is half of all bytes otherwise.
  self.fetch = async (input, options) => {
    const url = new URL(input.url ?? input, HERE);
    const isWasm = url.pathname.endsWith(".wasm");
    if (url.origin !== HERE.origin) throw new Error(`${url} is not on this site`);
    if (options?.method && options.method !== "GET") return plainFetch(input, options);
    const bytes = await counted(isWasm ? `${url}.gz` : url, onBytes);
    return isWasm
      ? new Response(bytes.pipeThrough(new DecompressionStream("gzip")), {
          headers: { "Content-Type": "application/wasm" },
        })
      : new Response(bytes);
  };
  const { loadPyodide } = await import(new URL("pyodide.mjs", HERE));
  const pyodide = await loadPyodide({ indexURL: HERE.href });
  await Promise.all(
    wheels.map(async (name) => {
      const wheel = await self.fetch(new URL(name, HERE));
      pyodide.unpackArchive(await wheel.arrayBuffer(), "wheel");
    }),
  );
  const source = await (await plainFetch(new URL("ask.py", import.meta.url))).text();
  pyodide.runPython(source);
  return pyodide.globals.get("ask");
};

const ready = start();
ready.then(
  () => postMessage({ ready: true }),
  (error) => postMessage({ error: String(error) }),
);

onmessage = async ({ data }) => {
  try {
    const ask = await ready;
    postMessage({ id: data.id, answer: JSON.parse(ask(JSON.stringify(data.question))) });
  } catch (error) {
    postMessage({ id: data.id, error: String(error) });
  }
};
