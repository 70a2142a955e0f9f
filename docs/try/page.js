/** The page: takes what is asked, answers it, has it shown, and keeps it in the link. */
import { answerTo, settingsOf, variantsOf } from "./answer.js";
import { context, text } from "./context.js";
import { byId } from "./dom.js";
import { Editor } from "./editor.js";
import { pack, unpack } from "./link.js";
import { placesOf, rangeOf } from "./places.js";
import { askAgain, askPython, isPythonAsked, showPython } from "./python_view.js";
import { showRules } from "./rules.js";
import { presentSample, showSamples, takeSample } from "./samples.js";
import { showSections, showSteps } from "./sections.js";
import { showSwitches } from "./switches.js";
import { showVerdict } from "./verdict.js";
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
  if (!files.has(platform)) {
    const clauses = fetch(new URL(`${platform}/clauses.json`, import.meta.url)).then((response) => response.json());
    const both = Promise.all([import(`./${platform}/engine.js`), clauses]);
    files.set(
      platform,
      both.then(([engine, found]) => ({ engine, ...found })),
    );
    both.catch(() => files.delete(platform));
  }
  return files.get(platform);
};

/** Take over a state from a link: what cannot be asked is an error. */
const takeState = async (from) => {
  const { platform, language, order, body, guest, assumptions, given } = from;
  if (!PLATFORMS.includes(platform) || !Object.hasOwn(words, language))
    throw new Error("an unknown platform or language");
  if (typeof order !== "string" || typeof body !== "string") throw new Error("no texts");
  const next = await load(platform);
  const taken = { platform, language, order, body, guest, assumptions: { ...assumptions }, given: { ...given } };
  const isChosen = ([id, name]) => next.choices[id]?.answers[name] !== undefined;
  if (!Object.entries(taken.assumptions).every(isChosen)) throw new Error("an unknown answer");
  answerTo(next.engine, { ...taken, variants: [] });
  context.loaded = next;
  Object.assign(state, taken);
};

// --- What is answered -----------------------------------------------------------------------------------------------

let linkTimer = 0;
let answerTimer = 0;
const isLong = () => state.order.length + state.body.length > LONG;

const decide = () => {
  const { loaded } = context;
  context.question = { ...state, settings: settingsOf(loaded.choices, state.assumptions) };
  context.question.variants = variantsOf(loaded.engine, loaded.choices, context.question);
  context.answer = answerTo(loaded.engine, context.question);
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
  if (isLong()) answerTimer = setTimeout(decide, 300);
  else decide();
  clearTimeout(linkTimer);
  linkTimer = setTimeout(writeLink, 300);
};

const linkTo = async (question) => (isLong() ? "#" : `#${await pack(question)}`);
const writeLink = async () => {
  clearTimeout(linkTimer);
  history.replaceState(null, "", await linkTo(state));
};

/** Change the state in a way that the button *Back* takes back. */
let written = Promise.resolve();
const step = (act) => {
  const before = linkTo({ ...state });
  act();
  change({});
  clearTimeout(linkTimer);
  const after = linkTo({ ...state });
  written = written.then(async () => {
    history.replaceState(null, "", await before);
    history.pushState(null, "", await after);
  });
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
  const { orderProblems, bodyProblems, decision } = context.answer;
  const refused = decision?.violations.flatMap(({ keys }) => keys) ?? [];
  for (const [name, problems, keys] of [
    ["order", orderProblems, []],
    ["body", bodyProblems, refused],
  ]) {
    places[name] = placesOf(state[name]);
    editors[name].mark([
      ...(problems?.problems ?? []).map(({ pointer, code }) => [placeOf(name, pointer, code), "unreadable"]),
      ...keys.map((key) => [placeOf(name, `/${key}`), "refused"]),
    ]);
    editors[name].area.setAttribute("aria-invalid", String(problems !== null));
  }
};

/** Return the range of a problem, or of a key. */
const placeOf = (name, pointer, problem) =>
  problem === undefined ? places[name].places.get(pointer)?.key : rangeOf(places[name], state[name], pointer, problem);

// --- What the parts of the page ask for -----------------------------------------------------------------------------

const focusVerdict = () => {
  byId("verdict").focus({ preventScroll: true });
  byId("verdict").scrollIntoView({ block: "nearest" });
};
const replaceBody = (body) => step(() => (state.body = JSON.stringify(body, null, 2)));
Object.assign(context.act, {
  change,
  replaceBody,
  showPlace: (name, pointer, problem) => editors[name].select(placeOf(name, pointer, problem) ?? [0, 0]),
  putIntoBody: (body) => {
    replaceBody(body);
    focusVerdict();
  },
  useSample: (number) => {
    step(() => takeSample(number));
    if (presentSample().sample?.action === undefined) focusVerdict();
    else byId("sections").focus();
  },
});

const onChoice = (name, act) => {
  for (const input of document.getElementsByName(name)) input.addEventListener("change", () => act(input.value));
};
onChoice("language", (language) => change({ language }));

/** What was asked last about each platform. */
const questions = new Map();
let wanted = state.platform;
onChoice("platform", async (platform) => {
  wanted = platform;
  const next = await load(platform).catch(fail);
  if (wanted !== platform || next === undefined) return;
  step(() => {
    const { language, ...question } = state;
    questions.set(state.platform, question);
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
onChoice("theme", (theme) => {
  takeTheme(theme);
  localStorage.setItem(THEME, theme);
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
  byId("copied").textContent = isLong() ? text().tooLong : isCopied ? text().copied : text().notCopied;
});

// --- The beginning --------------------------------------------------------------------------------------------------

/** Say that something could not be loaded; the page stays as it is. */
const fail = (error) => {
  byId("verdict-title").textContent = `${text().notLoaded} (${error.message})`;
  if (context.loaded !== null) showFrame();
};

/** Take over the state in the link, if there is one. */
const restore = async () => {
  const fragment = location.hash.slice(1);
  if (fragment === "") return false;
  try {
    await takeState(await unpack(fragment));
    return true;
  } catch {
    isLinkBroken = true;
    return false;
  }
};
addEventListener("hashchange", async () => {
  if ((await restore()) || isLinkBroken) decide();
});

const begin = async () => {
  if (navigator.language.startsWith("ar")) state.language = "ar";
  takeTheme(localStorage.getItem(THEME) ?? "");
  const about = fetch(new URL("site.json", import.meta.url)).then((response) => response.json());
  if (!(await restore())) {
    context.loaded = await load(state.platform);
    takeSample(0);
  }
  wanted = state.platform;
  site = await about.catch(() => site);
  decide();
  for (const { area } of Object.values(editors)) area.readOnly = false;
  performance.mark("answered");
  document.documentElement.dataset.ready = "";
};
begin().catch(fail);
