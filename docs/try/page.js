/** The page: takes what is asked, answers it, has it shown, and keeps it in the link. */
import { answerTo, settingsOf, variantsOf } from "./answer.js";
import { context, refusedKeys, text } from "./context.js";
import { byId } from "./dom.js";
import { Editor } from "./editor.js";
import { pack, unpack } from "./link.js";
import { placesOf, rangeOf } from "./places.js";
import { askAgain, askPython, isPythonAsked, showPython } from "./python_view.js";
import { showRules } from "./rules.js";
import { presentSample, showSamples, takeSample } from "./samples.js";
import { showAsked, showSections, showSteps } from "./sections.js";
import { showSwitches } from "./switches.js";
import { showFailure, showVerdict } from "./verdict.js";
import { words } from "./words.js";

const PLATFORMS = ["salla", "awal"];
/** A text of more characters is answered only when one pauses, and has no link. */
const LONG = 100_000;
const { state } = context;
let site = { version: "", python: 0 };
let isLinkBroken = false;

// --- What is asked --------------------------------------------------------------------------------------------------

const files = new Map();
/** Load the engine of a platform, with its clauses, choices and samples. */
const load = (platform) => {
  if (!files.has(platform)) files.set(platform, loadAnew(platform));
  return files.get(platform);
};
class LoadError extends Error {}
const loadAnew = async (platform) => {
  try {
    const [engine, found] = await Promise.all([
      import(`./${platform}/engine.js`),
      fetchJson(`${platform}/clauses.json`),
    ]);
    return { engine, ...found };
  } catch (error) {
    files.delete(platform);
    throw new LoadError(error.message);
  }
};
const fetchJson = async (name) => {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new LoadError(`${name}: ${response.status}`);
  return response.json();
};

/** Take over a state from a link: what cannot be asked is an error. */
const takeState = async ({ platform, language, order, body, guest, assumptions, given }) => {
  if (!PLATFORMS.includes(platform) || !Object.hasOwn(words, language))
    throw new Error("an unknown platform or language");
  if (typeof order !== "string" || typeof body !== "string" || typeof guest !== "boolean")
    throw new Error("not a state");
  const next = await load(platform);
  const taken = { platform, language, order, body, guest, assumptions: { ...assumptions }, given: { ...given } };
  const isChosen = ([id, name]) => next.choices[id]?.answers[name] !== undefined;
  if (!Object.entries(taken.assumptions).every(isChosen)) throw new Error("an unknown answer");
  if (Object.values(taken.given).includes(null)) throw new Error("a parameter without a value");
  answerTo(next.engine, { ...taken, variants: [] });
  context.loaded = next;
  Object.assign(state, taken);
};

// --- What is answered -----------------------------------------------------------------------------------------------

/** What was asked last about each platform. */
const questions = new Map();
let linkTimer = 0;
let answerTimer = 0;
const isLong = ({ order, body }) => order.length + body.length > LONG;
/** Steps that follow each other faster, in milliseconds, are one in the history: a key that is held steps often. */
const PAUSE = 1000;

const decide = () => {
  const { loaded } = context;
  context.question = { ...state, settings: settingsOf(loaded.choices, state.assumptions) };
  context.question.variants = variantsOf(loaded.engine, loaded.choices, context.question);
  context.answer = answerTo(loaded.engine, context.question);
  const { platform, language, ...own } = state;
  questions.set(platform, own);
  show();
  askAgain();
};

/** Change the state, and answer anew. */
const change = (changes) => {
  if (context.loaded === null) return;
  Object.assign(state, changes);
  isLinkBroken = false;
  byId("copied").textContent = "";
  clearTimeout(answerTimer);
  if (isLong(state)) answerTimer = setTimeout(decide, 300);
  else decide();
  clearTimeout(linkTimer);
  linkTimer = setTimeout(writeLink, 300);
};

const linkTo = async (asked) => (isLong(asked) ? "#" : `#${await pack(asked)}`);
const writeLink = async () => {
  clearTimeout(linkTimer);
  history.replaceState(null, "", await linkTo(state));
};

/** Change the state in a way that the button *Back* takes back. */
let written = Promise.resolve();
let lastStep = -PAUSE;
const step = (act) => {
  const isNew = performance.now() - lastStep > PAUSE;
  lastStep = performance.now();
  const before = linkTo({ ...state });
  act();
  change({});
  clearTimeout(linkTimer);
  const after = linkTo({ ...state });
  const write = async () => {
    if (isNew) {
      history.replaceState(null, "", await before);
      history.pushState(null, "", await after);
    } else {
      history.replaceState(null, "", await after);
    }
  };
  // A browser may refuse a page that writes too often; then the link is written with the next change.
  written = written.then(write).catch(() => {});
};

// --- What is shown --------------------------------------------------------------------------------------------------

const editors = {
  order: new Editor(byId("order"), (value) => change({ order: value })),
  body: new Editor(byId("body"), (value) => change({ body: value })),
};
const places = {};

const show = () => {
  showFrame();
  showSamples();
  showMarks();
  showVerdict(isLinkBroken, site.python > 0 && !isPythonAsked());
  showSteps();
  showSections();
  showSwitches();
  showRules();
  showPython();
};

/** Show what does not depend on the answer. */
const showFrame = () => {
  const { rulebook } = context.loaded.engine;
  Object.assign(document.documentElement, { lang: state.language, dir: text().direction });
  document.documentElement.dataset.platform = state.platform;
  document.title = text().documentTitle;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = text()[element.dataset.word];
  for (const name of ["platform", "language"]) {
    for (const input of document.getElementsByName(name)) input.checked = input.value === state[name];
  }
  for (const [name, editor] of Object.entries(editors)) editor.text = state[name];
  byId("guest").checked = state.guest;
  byId("guest-line").hidden = rulebook.payload.guest === null;
  byId("version").textContent = text().version(site.version, rulebook.edition, rulebook.digest.slice(0, 12));
  byId("ask").hidden = site.python === 0;
  byId("python-about").textContent =
    site.python === 0 ? text().noPython : text().pythonAbout((site.python / 1e6).toFixed(1));
};

/** Underline what cannot be read, and the keys that a rule refuses. */
const showMarks = () => {
  const { orderProblems, bodyProblems } = context.answer;
  for (const [name, problems, keys] of [
    ["order", orderProblems, []],
    ["body", bodyProblems, refusedKeys()],
  ]) {
    places[name] = placesOf(state[name]);
    editors[name].mark([
      ...(problems?.problems ?? []).map((problem) => [rangeOf(places[name], state[name], problem), "unreadable"]),
      ...keys.map((key) => [keyRange(key), "refused"]),
    ]);
    editors[name].area.setAttribute("aria-invalid", String(problems !== null));
  }
};

const keyRange = (key) => places.body.get(`/${key}`)?.key;

// --- What the parts of the page ask for -----------------------------------------------------------------------------

const focusVerdict = () => {
  byId("verdict").focus({ preventScroll: true });
  byId("verdict").scrollIntoView({ block: "nearest" });
};
const replaceBody = (body) => step(() => (state.body = JSON.stringify(body, null, 2)));
Object.assign(context.act, {
  change,
  replaceBody,
  showProblem: (name, problem) => editors[name].select(rangeOf(places[name], state[name], problem) ?? [0, 0]),
  showKey: (key) => editors.body.select(keyRange(key) ?? [0, 0]),
  putIntoBody: (body) => {
    replaceBody(body);
    focusVerdict();
  },
  useSample: (number) => {
    step(() => takeSample(number));
    if (presentSample().sample?.action === undefined) focusVerdict();
    else showAsked();
  },
});

const onChoice = (name, act) => {
  for (const input of document.getElementsByName(name)) input.addEventListener("change", () => act(input.value));
};
onChoice("language", (language) => change({ language }));

let wanted = state.platform;
onChoice("platform", async (platform) => {
  wanted = platform;
  const next = await load(platform).catch(fail);
  if (wanted !== platform || next === undefined) return;
  step(() => {
    context.loaded = next;
    state.platform = platform;
    if (questions.has(platform)) Object.assign(state, questions.get(platform));
    else takeSample(0);
  });
});

const THEME = "orderrules-theme";
const takeTheme = (theme) => {
  document.documentElement.dataset.theme = theme;
  for (const input of document.getElementsByName("theme")) input.checked = input.value === theme;
};
/** Call a function of the browser's storage, which it may deny. */
const withStorage = (act) => {
  try {
    return act(localStorage);
  } catch {
    return null;
  }
};
onChoice("theme", (theme) => {
  takeTheme(theme);
  withStorage((storage) => storage.setItem(THEME, theme));
});

byId("guest").addEventListener("change", (event) => change({ guest: event.target.checked }));
byId("samples").addEventListener("change", (event) => step(() => takeSample(Number(event.target.value))));
byId("ask").addEventListener("click", () => {
  if (isPythonAsked() || context.question === null) return;
  askPython();
  show();
});
for (const link of [byId("skip"), byId("bar")]) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    byId("verdict").focus();
  });
}
byId("copy").addEventListener("click", async () => {
  await writeLink();
  const isCopied = await navigator.clipboard?.writeText(location.href).then(
    () => true,
    () => false,
  );
  byId("copied").textContent = isLong(state) ? text().tooLong : isCopied ? text().copied : text().notCopied;
});

// --- The beginning --------------------------------------------------------------------------------------------------

/** Say that something could not be loaded; the page stays as it is. */
const fail = (error) => {
  const told = `${text().notLoaded} (${error.message})`;
  showFailure(told);
  if (context.loaded !== null) showFrame();
};

/** Take over the state in the link, if there is one. */
const restore = async () => {
  const fragment = location.hash.slice(1);
  isLinkBroken = false;
  if (fragment === "") return false;
  try {
    await takeState(await unpack(fragment));
    return true;
  } catch (error) {
    if (error instanceof LoadError) throw error;
    isLinkBroken = true;
    return false;
  }
};
addEventListener("hashchange", async () => {
  const { language } = state;
  try {
    const isRestored = await restore();
    state.language = language; // The buttons Back and Forward do not change the language.
    if (isRestored || isLinkBroken) decide();
  } catch (error) {
    fail(error);
  }
});

const begin = async () => {
  if (navigator.language.startsWith("ar")) state.language = "ar";
  takeTheme(withStorage((storage) => storage.getItem(THEME)) ?? "");
  const about = fetchJson("site.json").catch(() => site);
  if (!(await restore())) {
    context.loaded = await load(state.platform);
    takeSample(0);
  }
  wanted = state.platform;
  site = await about;
  decide();
  for (const { area } of Object.values(editors)) area.readOnly = false;
  performance.mark("answered");
  document.documentElement.dataset.ready = "";
};
begin().catch(fail);
