/** What all parts of the page share: what is asked, what is answered, and in which words. */
import { words } from "./words.js";

export const context = {
  /** What a link holds. */
  state: { platform: "salla", language: "en", order: "", body: "", guest: false, assumptions: {}, given: {} },
  /** The engine of the present platform, with its clauses, choices and samples. */
  loaded: null,
  /** The state with what `answer.js` and `ask.py` need beside it. */
  question: null,
  answer: null,
  /** What the parts call to change the state; `page.js` fills it. */
  act: {},
};

/** The body keys that a rule refuses. */
export const refusedKeys = () => context.answer.decision?.violations.flatMap(({ keys }) => keys) ?? [];

export const text = () => words[context.state.language];
export const inLanguage = (phrase) => phrase[context.state.language] ?? phrase.en ?? phrase;
