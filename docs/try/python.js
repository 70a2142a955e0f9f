/** Asks Python in a worker. Of the questions that wait, only the newest is asked; a worker that dies is replaced. */

/** How long a worker may be silent while it loads or is asked, in milliseconds, before it counts as dead. */
const PATIENCE = 30_000;
/** How often in a row a worker is replaced. */
const MOST_REPLACED = 2;

export class Python {
  #worker = null;
  #isReady = false;
  #asked = null;
  #next = null;
  #count = 0;
  #replaced = 0;
  #timer = 0;

  /** `tell` is called with `{progress}`, `{ready}`, `{asking}`, `{answer, question}`, `{replaced}` or `{failed}`. */
  constructor(tell) {
    this.tell = tell;
  }

  ask(question) {
    this.#next = question;
    if (this.#worker === null) this.#start();
    else this.#send();
  }

  #start() {
    this.#isReady = false;
    this.#worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }) => this.#take(data);
    this.#worker.onerror = (event) => this.#replace(event.message ?? "the worker could not be started");
    this.#wait();
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#replace("no answer"), PATIENCE);
  }

  #send() {
    if (!this.#isReady || this.#asked !== null || this.#next === null) return;
    this.#asked = { id: (this.#count += 1), question: this.#next };
    this.#next = null;
    this.#worker.postMessage(this.#asked);
    this.#wait();
    this.tell({ asking: true });
  }

  #take(message) {
    if ("progress" in message) {
      this.#wait();
      this.tell(message);
    } else if (message.ready) {
      clearTimeout(this.#timer);
      this.#isReady = true;
      this.tell(message);
      this.#send();
    } else if (message.error !== undefined) {
      this.#replace(message.error);
    } else if (message.id === this.#asked?.id) {
      clearTimeout(this.#timer);
      const { question } = this.#asked;
      this.#asked = null;
      this.#replaced = 0;
      this.tell({ answer: message.answer, question });
      this.#send();
    }
  }

  #replace(reason) {
    clearTimeout(this.#timer);
    this.#worker.terminate();
    this.#worker = null;
    this.#next ??= this.#asked?.question ?? null;
    this.#asked = null;
    if (this.#replaced >= MOST_REPLACED) {
      this.#replaced = 0;
      this.tell({ failed: reason });
      return;
    }
    this.#replaced += 1;
    this.tell({ replaced: reason });
    this.#start();
  }
}
