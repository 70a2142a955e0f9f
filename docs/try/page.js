/** The page: what is asked, what is answered, and what is shown of it. */
import { answerTo, compare, settingsOf, variantsOf } from "./answer.js";
import { Editor } from "./editor.js";
import { pack, unpack } from "./link.js";
import { placesOf, rangeOf } from "./places.js";
import { Python } from "./python.js";
import { words } from "./words.js";

const PLATFORMS = ["salla", "awal"];
const byId = (id) => document.getElementById(id);

/** Make an element; attributes that are null or false are left out, and functions listen. */
const h = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null));
  return element;
};
const code = (text) => h("code", { dir: "ltr" }, text);
/** A sentence of the rulebook: *words of the page* are emphasized, and those of another script keep their direction. */
const sentence = (told) =>
  told
    .split(/(\*[^*]+\*)/)
    .map((part) => (/^\*.+\*$/s.test(part) ? h("em", {}, isolated(part.slice(1, -1))) : isolated(part)));
const isolated = (told) =>
  text().direction === "rtl"
    ? told
        .split(/([A-Za-z][\w./#-]*(?: [A-Za-z][\w./#-]*)*)/)
        .map((part, place) => (place % 2 ? h("bdi", {}, part) : part))
    : told;
const english = { lang: "en", dir: "ltr" };
const json = (value) => h("pre", { class: "json", dir: "ltr", tabindex: "0" }, JSON.stringify(value, null, 2));

/** Fill an element anew, unless what it is made of is the same as before: then the focus in it stays where it is. */
const shownOf = new WeakMap();
const fill = (element, data, make) => {
  const wanted = JSON.stringify(data);
  if (shownOf.get(element) === wanted) return;
  shownOf.set(element, wanted);
  element.replaceChildren(...[make(data)].flat(Infinity).filter((child) => child !== null));
};

// --- What is asked --------------------------------------------------------------------------------------------------

/** What the link holds. */
const state = { platform: "salla", language: "en", order: "", body: "", guest: false, assumptions: {}, given: {} };
/** What was loaded for the present platform: its engine, and its clauses, choices and samples. */
let loaded;
let site = { version: "", python: 0 };
let isLinkBroken = false;
const text = () => words[state.language];
const inLanguage = (phrase) => phrase[state.language] ?? phrase.en ?? phrase;

const files = new Map();
const load = (platform) => {
  if (!files.has(platform)) {
    const clauses = fetch(new URL(`${platform}/clauses.json`, import.meta.url)).then((response) => response.json());
    files.set(
      platform,
      Promise.all([import(`./${platform}/engine.js`), clauses]).then(([engine, found]) => ({ engine, ...found })),
    );
  }
  return files.get(platform);
};

const orderOf = (sample) => sample.order ?? loaded.samples[0].order;
const isSample = (sample) =>
  state.order === orderOf(sample) &&
  state.body === sample.body &&
  state.guest === (sample.guest ?? false) &&
  JSON.stringify(state.assumptions) === JSON.stringify(sample.assumptions ?? {});

const takeSample = (number) => {
  const sample = loaded.samples[number];
  Object.assign(state, {
    order: orderOf(sample),
    body: sample.body,
    guest: sample.guest ?? false,
    assumptions: sample.assumptions ?? {},
    given: {},
  });
};

/** Take over a state from a link: what is not of the right kind is an error. */
const takeState = async (from) => {
  const { platform, language, order, body, guest, assumptions, given } = from;
  if (!PLATFORMS.includes(platform) || !Object.hasOwn(words, language))
    throw new Error("an unknown platform or language");
  if (typeof order !== "string" || typeof body !== "string" || typeof guest !== "boolean")
    throw new Error("not a state");
  const next = await load(platform);
  const options = { assumptions: { ...assumptions }, given: { ...given } };
  const isChosen = ([id, name]) => next.choices[id]?.answers[name] !== undefined;
  if (!Object.entries(options.assumptions).every(isChosen)) throw new Error("an unknown answer");
  next.engine.policy(options);
  loaded = next;
  Object.assign(state, { platform, language, order, body, guest, ...options });
};

// --- What is answered -----------------------------------------------------------------------------------------------

let question;
let answer;
let linkTimer = 0;
let pythonTimer = 0;

const decide = () => {
  question = { ...state, settings: settingsOf(loaded.choices, state.assumptions) };
  question.variants = variantsOf(loaded.engine, loaded.choices, question);
  answer = answerTo(loaded.engine, question);
  show();
  clearTimeout(linkTimer);
  linkTimer = setTimeout(writeLink, 300);
  if (isPythonWanted) {
    clearTimeout(pythonTimer);
    pythonTimer = setTimeout(() => python.ask(question), 40);
  }
};

const writeLink = async () => {
  clearTimeout(linkTimer);
  history.replaceState(null, "", `#${await pack(state)}`);
};

// --- What is shown --------------------------------------------------------------------------------------------------

const editors = {
  order: new Editor(byId("order"), (value) => change({ order: value })),
  body: new Editor(byId("body"), (value) => change({ body: value })),
};

/** Change the state, and answer anew. */
const change = (changes) => {
  Object.assign(state, changes);
  isLinkBroken = false;
  decide();
};

/** Show what does not depend on the answer: words, samples, switches and rules. */
const showFrame = () => {
  const { direction, documentTitle } = text();
  Object.assign(document.documentElement, { lang: state.language, dir: direction });
  document.documentElement.dataset.platform = state.platform;
  document.title = documentTitle;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = text()[element.dataset.word];
  for (const name of ["platform", "language"]) {
    for (const input of document.getElementsByName(name)) input.checked = input.value === state[name];
  }
  byId("guest-line").hidden = loaded.engine.rulebook.payload.guest === null;
  const { edition, digest } = loaded.engine.rulebook;
  byId("version").textContent = text().version(site.version, edition, digest.slice(0, 12));
  byId("ask").hidden = !site.python;
  byId("python-about").textContent = site.python ? text().pythonAbout((site.python / 1e6).toFixed(1)) : text().noPython;
  const about = [state.platform, state.language];
  fill(byId("samples"), about, samplesList);
  fill(byId("switches"), about, switchesList);
  fill(byId("rules"), about, rulesList);
};

const samplesList = () => {
  const { samples } = loaded;
  const option = (sample, number) =>
    h(
      "option",
      { value: number, lang: sample.title ? null : "en" },
      sample.title ? text().samples[sample.title] : sample.says,
    );
  const first = samples.filter((sample) => sample.title !== undefined);
  const groups = Map.groupBy(samples.slice(first.length), (sample) => sample.of);
  return [
    h("option", { value: "", hidden: true }, text().ownInput),
    h("optgroup", { label: text().firstSamples }, first.map(option)),
    ...[...groups].map(([id, group]) =>
      h(
        "optgroup",
        { label: id },
        group.map((sample) => option(sample, samples.indexOf(sample))),
      ),
    ),
  ];
};

const show = () => {
  showFrame();
  editors.order.text = state.order;
  editors.body.text = state.body;
  byId("guest").checked = state.guest;
  byId("samples").value = String(loaded.samples.findIndex(isSample)).replace("-1", "");
  showMarks();
  showVerdict();
  showSteps();
  fill(byId("sections"), [state.language, answer.sections, answer.actions], sectionsTable);
  showSwitches();
  for (const element of byId("rules").querySelectorAll("[data-entry]")) {
    const isRefusing = answer.decision?.violations.some(({ rule }) => rule === element.dataset.entry) ?? false;
    element.classList.toggle("refusing", isRefusing);
    element.querySelector(".state").textContent = isRefusing ? text().refusing : "";
  }
  showPython();
};

const places = { order: placesOf(""), body: placesOf("") };
const showMarks = () => {
  for (const [name, problems] of [
    ["order", answer.orderProblems],
    ["body", answer.bodyProblems],
  ]) {
    places[name] = placesOf(state[name]);
    const unreadable = (problems?.problems ?? []).map(({ pointer, code: problem }) => [
      rangeOf(places[name], state[name], pointer, problem),
      "unreadable",
    ]);
    const refused =
      name === "order"
        ? []
        : (answer.decision?.violations ?? []).flatMap(({ keys }) =>
            keys.map((key) => [places.body.places.get(`/${key}`)?.key, "refused"]),
          );
    editors[name].mark(
      [...unreadable, ...refused].filter(([range]) => range).map(([[start, end], kind]) => ({ start, end, kind })),
    );
    editors[name].area.setAttribute("aria-invalid", String(problems !== null));
  }
};

const showPlace = (name, pointer, problem) => {
  const range =
    problem === undefined
      ? places[name].places.get(pointer)?.key
      : rangeOf(places[name], state[name], pointer, problem);
  editors[name].select(range ?? [0, 0]);
};

const ruleLink = (id) =>
  h("button", { type: "button", class: "rule", click: () => openRule(id), title: text().rules }, code(id));
const openRule = (id) => {
  const found = document.querySelector(`[data-entry="${id}"]`);
  for (let around = found; around !== null; around = around.parentElement) {
    if (around instanceof HTMLDetailsElement) around.open = true;
  }
  found?.scrollIntoView({ block: "start" });
  found?.querySelector("summary, input:checked")?.focus();
};

const headline = () => {
  const { orderProblems, bodyProblems, decision } = answer;
  if (orderProblems && bodyProblems) return ["unreadable", text().bothUnreadable];
  if (orderProblems) return ["unreadable", text().orderUnreadable];
  if (bodyProblems) return ["unreadable", text().bodyUnreadable];
  return decision.allowed ? ["allowed", text().allowed] : ["refused", text().refused];
};

const showVerdict = () => {
  const [kind, title] = headline();
  byId("verdict").className = kind;
  fill(byId("verdict-title"), title, () => title);
  const { orderProblems, bodyProblems, decision, split } = answer;
  fill(byId("why"), [state.language, isLinkBroken, orderProblems, bodyProblems, decision, split], () => [
    isLinkBroken ? h("p", { class: "notice" }, text().brokenLink) : null,
    problemsList("order", orderProblems),
    problemsList("body", bodyProblems),
    decision && decisionParts(decision, split),
  ]);
};

const problemsList = (name, found) =>
  found &&
  h(
    "ul",
    { class: "problems" },
    found.problems.map(({ pointer, code: problem, message }) =>
      h(
        "li",
        {},
        pointer === "" ? null : [code(pointer), ": "],
        message,
        " ",
        h("button", { type: "button", class: "quiet", click: () => showPlace(name, pointer, problem) }, text().place),
      ),
    ),
    found.more > 0 ? h("li", {}, text().moreProblems(found.more)) : null,
  );

const decisionParts = ({ allowed, violations, waivers, assumptions, notes }, split) => [
  violations.map(({ rule, keys, message, reason }) =>
    h(
      "article",
      { class: "violation" },
      h("p", { class: "message" }, message),
      h("p", {}, h("span", { class: "term" }, `${text().why}: `), reason),
      h(
        "p",
        { class: "row" },
        ruleLink(rule),
        keys.map((key) =>
          h(
            "button",
            { type: "button", class: "quiet", title: text().place, click: () => showPlace("body", `/${key}`) },
            code(key),
          ),
        ),
      ),
    ),
  ),
  allowed && waivers.length === 0 ? h("p", {}, text().nothingRefuses) : null,
  waivers.map(({ waiver, reason, when }) =>
    h("p", { class: "message" }, `${text().waived}: ${reason} (${when}) `, ruleLink(waiver)),
  ),
  assumptions.length === 0 ? null : h("h3", {}, text().rests),
  assumptions.map(({ assumption, question: asked, answer: taken }) =>
    h("p", {}, ruleLink(assumption), " ", sentence(`${asked}: ${text().restsOn(taken)}`)),
  ),
  notes.length === 0
    ? null
    : [
        h("h3", {}, text().notes),
        h(
          "ul",
          {},
          notes.map(({ message }) => h("li", {}, message)),
        ),
      ],
  allowed ? null : insteadParts(split, violations),
];

const insteadParts = (split, violations) => [
  h("h3", {}, text().instead),
  Object.keys(split.allowed).length === 0
    ? h("p", {}, text().insteadNone)
    : [
        json(split.allowed),
        h("p", { class: "row" }, h("button", { type: "button", click: () => putIntoBody(split.allowed) }, text().use)),
      ],
  h("h3", {}, text().waits),
  h(
    "ul",
    {},
    violations.map(({ keys, expected }) =>
      h(
        "li",
        {},
        keys.map((key) => [code(key), " "]),
        expected,
      ),
    ),
  ),
  json(split.refused),
];

const putIntoBody = (body) => {
  change({ body: JSON.stringify(body, null, 2) });
  byId("verdict").focus();
};

// --- The statuses ---------------------------------------------------------------------------------------------------

/** The transition table of the platform, if it has one: the facts that it compares. */
const transitions = () => {
  const { rules, facts } = loaded.engine.rulebook;
  const table = rules.map((rule) => rule.only_if).find((condition) => condition.follows !== undefined);
  if (table === undefined) return null;
  const named = (name) => facts.find((fact) => fact.name === name);
  return { current: named(table.follows), asked: named(table.fact) };
};

const showSteps = () => {
  const table = transitions();
  const isShown = table !== null && answer.sections !== null;
  byId("steps").hidden = !isShown;
  if (!isShown) return;
  const [anySection] = Object.values(answer.sections);
  const present = anySection.order[table.current.name];
  const asked = answer.decision?.update.facts[table.asked.name];
  const data = [state.language, present, answer.next, typeof asked === "string" ? asked : null];
  fill(byId("diagram"), data, () =>
    table.current.values
      .filter((value) => typeof value === "string")
      .map((status) => {
        const isPresent = status === present;
        const isNext = answer.next.includes(status);
        const attributes = {
          class: isPresent ? "present" : isNext ? "next" : null,
          "aria-current": isPresent && "step",
        };
        return h(
          "li",
          attributes,
          isNext
            ? h(
                "button",
                {
                  type: "button",
                  "data-status": status,
                  "aria-pressed": String(status === asked),
                  click: () => askFor(table.asked.attribute, status),
                },
                h("span", { class: "hidden" }, text().stepTo("")),
                code(status),
              )
            : h("span", {}, code(status), isPresent ? h("span", { class: "hidden" }, ` (${text().present})`) : null),
        );
      }),
  );
  byId("steps-note").textContent = answer.next.length > 0 ? text().stepsNote : text().noSteps;
};

/** Ask for a status, beside what the body asks for already. */
const askFor = (key, status) => {
  const sent = answer.bodyProblems === null ? JSON.parse(state.body) : {};
  change({ body: JSON.stringify({ ...sent, [key]: status }, null, 2) });
  document.querySelector(`[data-status="${status}"]`)?.focus();
};

// --- Sections -------------------------------------------------------------------------------------------------------

const sectionsTable = ([, sections, actions]) => {
  if (sections === null) return h("p", {}, text().noOrder);
  const { rulebook } = loaded.engine;
  const row = (title, keys, decision, [yes, no]) =>
    h(
      "tr",
      { class: decision.allowed ? "open" : "closed" },
      h(
        "th",
        { scope: "row" },
        title,
        keys.length > 0
          ? h(
              "div",
              { class: "keys" },
              keys.map((key) => [code(key), " "]),
            )
          : null,
      ),
      h("td", {}, h("p", { class: "badge" }, decision.allowed ? yes : no), sectionReason(decision)),
    );
  return h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        [text().part, text().may].map((title) => h("th", { scope: "col" }, title)),
      ),
    ),
    h(
      "tbody",
      {},
      Object.entries(rulebook.sections).map(([name, { title, keys }]) =>
        row(inLanguage(title), keys, sections[name], [text().open, text().closed]),
      ),
      Object.entries(rulebook.actions).map(([name, title]) =>
        row(inLanguage(title), [], actions[name], [text().possible, text().notPossible]),
      ),
    ),
  );
};

const sectionReason = ({ violations, waivers, notes }) => {
  if (violations.length > 0) return violations.map(({ rule, expected }) => h("p", {}, ruleLink(rule), " ", expected));
  if (waivers.length > 0) return waivers.map(({ waiver, reason }) => h("p", {}, ruleLink(waiver), " ", reason));
  return notes.length > 0 ? notes.map(({ message }) => h("p", {}, message)) : h("p", {}, text().noRule);
};

// --- Switches -------------------------------------------------------------------------------------------------------

const switchesList = () => {
  const { assumptions, parameters } = loaded.engine.rulebook;
  const option = (kind, id, value, label) =>
    h(
      "label",
      {},
      h("input", { type: "radio", name: id, value: JSON.stringify(value), change: () => choose(kind, id, value) }),
      h("span", {}, label, " ", h("span", { class: "flip" })),
    );
  const isFixed = ({ alternatives }) => alternatives.length === 0;
  return [
    h(
      "div",
      { class: "switches" },
      parameters.map(({ attribute, values, about }) =>
        h(
          "fieldset",
          {},
          h("legend", {}, code(attribute), " ", sentence(inLanguage(about))),
          [null, ...values].map((value) => option("given", attribute, value, valueLabel(value))),
        ),
      ),
      assumptions
        .filter((each) => !isFixed(each))
        .map((each) =>
          h(
            "fieldset",
            { "data-entry": each.id },
            h("legend", {}, code(each.id), " ", sentence(inLanguage(each.question))),
            option("assumptions", each.id, null, [sentence(inLanguage(each.answer)), ` (${text().ours})`]),
            each.alternatives.map(({ name, answer: other }) =>
              option("assumptions", each.id, name, sentence(inLanguage(other))),
            ),
            h("details", {}, h("summary", {}, text().behind), behind(each.id)),
          ),
        ),
    ),
    h(
      "details",
      {},
      h("summary", {}, text().fixed),
      assumptions
        .filter(isFixed)
        .map((each) => entry(each.id, sentence(`${inLanguage(each.question)}: ${inLanguage(each.answer)}`))),
    ),
  ];
};

const valueLabel = (value) => {
  if (value === null) return text().notGiven;
  return typeof value === "boolean" ? (value ? text().yes : text().no) : JSON.stringify(value);
};

const choose = (kind, id, value) => {
  const { [id]: _, ...others } = state[kind];
  change({ [kind]: value === null ? others : { ...others, [id]: value } });
};

const showSwitches = () => {
  const flips = new Map(
    question.variants.map((variant, place) => [
      JSON.stringify([variant.assumption ?? variant.parameter, variant.name]),
      answer.variants === null ? "" : flipText(answer.variants[place], variant),
    ]),
  );
  for (const input of byId("switches").querySelectorAll("input")) {
    const value = JSON.parse(input.value);
    input.checked = value === (state.assumptions[input.name] ?? state.given[input.name] ?? null);
    const flip = input.checked ? "" : (flips.get(JSON.stringify([input.name, value])) ?? "");
    const note = input.parentElement.querySelector(".flip");
    note.textContent = flip;
    note.classList.toggle("changes", flip !== "" && flip !== text().changesNothing && flip !== text().planOnly);
  }
};

/** Say what a variant would change. */
const flipText = ({ update, sections, actions }, { assumption }) => {
  const { rulebook } = loaded.engine;
  const titles = { ...rulebook.actions };
  for (const [name, { title }] of Object.entries(rulebook.sections)) titles[name] = title;
  const changed = (isOpen) =>
    [
      ...Object.entries(sections).filter(
        ([name, allowed]) => allowed === isOpen && answer.sections[name].allowed !== allowed,
      ),
      ...Object.entries(actions).filter(
        ([name, allowed]) => allowed === isOpen && answer.actions[name].allowed !== allowed,
      ),
    ].map(([name]) => inLanguage(titles[name]));
  const [opened, closed] = [changed(true), changed(false)];
  const parts = [
    answer.decision !== null && update !== answer.decision.allowed
      ? update
        ? text().wouldAllow
        : text().wouldRefuse
      : null,
    opened.length > 0 ? text().wouldOpen(opened.join(text().separator)) : null,
    closed.length > 0 ? text().wouldClose(closed.join(text().separator)) : null,
  ].filter((part) => part !== null);
  if (parts.length > 0) return parts.join(text().separator);
  const known = rulebook.assumptions.find(({ id }) => id === assumption);
  return known?.alternatives.every(({ rules }) => rules.length === 0) ? text().planOnly : text().changesNothing;
};

// --- Rules ----------------------------------------------------------------------------------------------------------

const rulesList = () => {
  const { rules, waivers, advice } = loaded.engine.rulebook;
  const told = new Map([...rules, ...waivers].map(({ id, reason }) => [id, reason]));
  for (const { id, message } of advice) told.set(id, message);
  const clauses = Object.entries(loaded.entries).filter(([, { level }]) => level !== undefined);
  const decides = ([, { level }]) => ["refuses", "waives", "open"].includes(level);
  const line = ([id, { text: clause }]) =>
    entry(id, told.has(id) ? sentence(inLanguage(told.get(id))) : h("span", english, clause));
  return [
    clauses.filter(decides).map(line),
    h("details", {}, h("summary", {}, text().others), clauses.filter((clause) => !decides(clause)).map(line)),
  ];
};

/** A rule, a waiver, advice or an assumption, with what stands behind it. */
const entry = (id, told) =>
  h(
    "details",
    { "data-entry": id, class: "entry" },
    h("summary", {}, code(id), " ", told, " ", h("span", { class: "state" })),
    behind(id),
  );

/** What stands behind an entry: its text, its source and its examples. */
const behind = (id) => {
  const { text: clause, source, why, outside, assumptions = [], examples } = loaded.entries[id];
  const parts = [
    clause === undefined ? null : h("blockquote", english, clause),
    source === undefined
      ? null
      : h("p", { class: "source" }, `${text().source}: `, h("cite", english, `${source.page}; ${source.section}`)),
    why === undefined
      ? null
      : h("p", { class: "source" }, `${text().why}: `, h("span", english, why, outside ? ` (${outside})` : "")),
    assumptions.length === 0 ? null : h("p", { class: "row" }, `${text().rests}: `, assumptions.map(ruleLink)),
    examples.length === 0
      ? null
      : h(
          "ul",
          { class: "examples" },
          examples.map((number) => {
            const { says, expect } = loaded.samples[number];
            return h(
              "li",
              {},
              h("button", { type: "button", class: "quiet", click: () => useSample(number) }, text().load),
              " ",
              h("span", english, says),
              `: ${text().expect[expect]}`,
            );
          }),
        ),
  ];
  return parts;
};

const useSample = (number) => {
  takeSample(number);
  change({});
  byId("verdict").focus();
  byId("verdict").scrollIntoView({ block: "nearest" });
};

// --- Python ---------------------------------------------------------------------------------------------------------

let isPythonWanted = false;
let pythonState = () => "";
let told = null;

const python = new Python((message) => {
  if ("progress" in message) {
    byId("loading").value = message.progress;
    pythonState = () =>
      message.progress < 0.97 ? text().loading(Math.round(100 * message.progress)) : text().starting;
  } else if (message.ready) {
    pythonState = () => "";
  } else if (message.asking) {
    pythonState = () => text().asking;
  } else if (message.replaced) {
    pythonState = () => text().restarted;
  } else if (message.failed) {
    isPythonWanted = false;
    byId("ask").hidden = false;
    pythonState = () => `${text().failed} ${message.failed}`;
  } else {
    told = message;
  }
  byId("loading").hidden = !("progress" in message);
  showPython();
});

const askPython = () => {
  isPythonWanted = true;
  byId("ask").hidden = true;
  python.ask(question);
};

const showPython = () => {
  if (isPythonWanted) byId("ask").hidden = true;
  const isFresh = told !== null && JSON.stringify(told.question) === JSON.stringify(question);
  const comparison = isFresh ? compare(answer, told.answer.answer) : null;
  const line = () => {
    if (comparison === null) return pythonState();
    const { compared, differing } = comparison;
    return differing.length === 0
      ? text().agrees(told.answer.python, compared)
      : text().differs(told.answer.python, differing.join(text().separator));
  };
  byId("python").dataset.agrees = comparison === null ? "" : String(comparison.differing.length === 0);
  byId("python-state").textContent = line();
  fill(byId("python-answer"), [state.language, isFresh ? told.answer : null], ([, found]) =>
    found === null ? null : pythonParts(found),
  );
};

const pythonParts = ({ answer: { orderProblems, bodyProblems }, plan, guard, advice, findings }) => {
  const hints = [orderProblems, bodyProblems]
    .flatMap((found) => found?.problems ?? [])
    .filter(({ hint }) => hint)
    .map(({ pointer, hint }) => h("li", {}, pointer === "" ? null : [code(pointer), ": "], hint));
  return [
    hints.length === 0 ? null : [h("h3", {}, text().hints), h("ul", {}, hints)],
    plan === null ? null : [h("h3", {}, text().plan), planParts(plan)],
    guard === null ? null : [h("h3", {}, text().guard), h("p", {}, guard)],
    advice === null
      ? null
      : [
          h("h3", {}, text().advice),
          advice.length === 0
            ? h("p", {}, text().adviceNone)
            : h(
                "ul",
                {},
                advice.map(({ advice: id, message }) => h("li", {}, ruleLink(id), " ", message)),
              ),
        ],
    h("h3", {}, text().lint),
    findings.length === 0
      ? h("p", {}, text().lintNone)
      : h(
          "ul",
          { lang: "en", dir: "ltr" },
          findings.map(({ kind, about, message }) => h("li", {}, code(kind), ` ${about.join(", ")}: ${message}`)),
        ),
  ];
};

const planParts = ({ steps, blocked }) => {
  if (blocked !== null)
    return h(
      "p",
      {},
      text().planBlocked,
      " ",
      blocked.violations.map(({ message }) => `${message}. `),
    );
  return steps.length === 0
    ? h("p", {}, text().planNone)
    : h(
        "ol",
        {},
        steps.map((step) => h("li", {}, json(step))),
      );
};

// --- The beginning --------------------------------------------------------------------------------------------------

const onChoice = (name, act) => {
  for (const input of document.getElementsByName(name)) input.addEventListener("change", () => act(input.value));
};
onChoice("language", (language) => change({ language }));
let wanted = state.platform;
onChoice("platform", async (platform) => {
  wanted = platform;
  const next = await load(platform);
  if (wanted !== platform) return;
  loaded = next;
  state.platform = platform;
  takeSample(0);
  change({});
});
onChoice("theme", (theme) => {
  if (theme === "") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
});
byId("guest").addEventListener("change", (event) => change({ guest: event.target.checked }));
byId("samples").addEventListener("change", (event) => {
  takeSample(Number(event.target.value));
  change({});
});
byId("ask").addEventListener("click", askPython);
byId("copy").addEventListener("click", async () => {
  await writeLink();
  const isCopied = await navigator.clipboard?.writeText(location.href).then(
    () => true,
    () => false,
  );
  byId("copied").textContent = isCopied ? text().copied : text().notCopied;
});

const restore = async () => {
  const fragment = location.hash.slice(1);
  try {
    if (fragment === "" || byId(fragment) !== null) return false;
    await takeState(await unpack(fragment));
    return true;
  } catch {
    isLinkBroken = true;
    return false;
  }
};
addEventListener("hashchange", async () => {
  if (await restore()) change({});
  else if (isLinkBroken) showVerdict();
});

const begin = async () => {
  if (navigator.language.startsWith("ar")) state.language = "ar";
  const about = fetch(new URL("site.json", import.meta.url)).then((response) => response.json());
  if (!(await restore())) {
    loaded = await load(state.platform);
    takeSample(0);
  }
  site = await about;
  decide();
  document.body.inert = false;
  performance.mark("answered");
  document.documentElement.dataset.ready = "";
};
begin().catch((error) => {
  byId("verdict-title").textContent = `${text().notLoaded} (${error.message})`;
  throw error;
});
