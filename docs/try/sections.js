/** The diagram of the statuses, and the table of the sections and actions. */
import { context, inLanguage, text } from "./context.js";
import { button, byId, code, codes, fill, h, sentence } from "./dom.js";
import { ruleLink } from "./rules.js";
import { presentSample } from "./samples.js";

/** The facts that the platform's transition table compares, if it has one. */
const transitions = () => {
  const { rules, facts } = context.loaded.engine.rulebook;
  const table = rules.map((rule) => rule.only_if).find((condition) => condition.follows !== undefined);
  if (table === undefined) return null;
  const named = (name) => facts.find((fact) => fact.name === name);
  return { current: named(table.follows), asked: named(table.fact) };
};

const TEXT = /"(?:[^"\\]|\\.)*"/g;
/** Return the body as an object that a status can be put into without losing anything; null if it is none. */
const bodyToChange = () => {
  const { answer, state } = context;
  const isRepeated = answer.bodyProblems?.problems.some(({ code: problem }) => problem === "duplicate_key");
  // JavaScript would round a longer number.
  if (isRepeated || /\d{16}/.test(state.body.replace(TEXT, ""))) return null;
  try {
    const body = JSON.parse(state.body);
    return typeof body === "object" && body !== null && !Array.isArray(body) ? body : null;
  } catch {
    return null;
  }
};

export const showSteps = () => {
  const { answer } = context;
  const table = transitions();
  const isShown = table !== null && answer.sections !== null;
  byId("steps").hidden = !isShown;
  if (!isShown) return;
  const present = Object.values(answer.sections)[0].order[table.current.name];
  const asked = answer.decision?.update.facts[table.asked.name] ?? null;
  const canChange = bodyToChange() !== null;
  fill(byId("diagram"), [context.state.language, present, answer.next, asked, canChange], () =>
    table.current.values
      .filter((value) => typeof value === "string")
      .map((status) => statusItem(table.asked.attribute, status, status === present, status === asked, canChange)),
  );
  const note = canChange ? text().stepsNote : text().stepsBlocked;
  byId("steps-note").textContent = answer.next.length > 0 ? note : text().noSteps;
};

const statusItem = (key, status, isPresent, isAsked, canChange) => {
  if (!context.answer.next.includes(status)) {
    const hidden = isPresent ? h("span", { class: "hidden" }, ` (${text().present})`) : null;
    return h(
      "li",
      { class: isPresent ? "present" : null, "aria-current": isPresent && "step" },
      h("span", {}, code(status), hidden),
    );
  }
  const label = [h("span", { class: "hidden" }, text().stepTo("")), code(status)];
  const attributes = { "data-status": status, "aria-pressed": String(isAsked), disabled: !canChange };
  return h(
    "li",
    {},
    button(label, () => askFor(key, status), attributes),
  );
};

/** Ask for a status, beside what the body asks for already. */
const askFor = (key, status) => {
  const body = bodyToChange();
  if (body[key] !== status) context.act.replaceBody({ ...body, [key]: status });
  document.querySelector(`[data-status="${status}"]`)?.focus();
};

/** Bring the row of the action into view that a sample is about. */
export const showAsked = () => {
  byId("sections").focus({ preventScroll: true });
  byId("sections").querySelector(".asked")?.scrollIntoView({ block: "center" });
};

export const showSections = () => {
  const { answer, state } = context;
  const { sample } = presentSample();
  fill(byId("sections"), [state.language, answer.sections, answer.actions, answer.next, sample?.action], table);
};

const table = ([, sections, actions, next, askedAction]) => {
  if (sections === null) return h("p", {}, text().noOrder);
  const { rulebook } = context.loaded.engine;
  const statusKey = transitions()?.asked.attribute;
  const rows = [
    ...Object.entries(rulebook.sections).map(([name, { title, keys }]) => ({
      title,
      keys,
      decision: sections[name],
      words: [text().open, text().closed],
      more: keys.includes(statusKey) && next.length > 0 ? [`${text().onlyTo} `, codes(next)] : null,
    })),
    ...Object.entries(rulebook.actions).map(([name, title]) => ({
      title,
      keys: [],
      decision: actions[name],
      words: [text().possible, text().notPossible],
      more: null,
      isAsked: name === askedAction,
    })),
  ];
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
    h("tbody", {}, rows.map(row)),
  );
};

const row = ({ title, keys, decision, words, more, isAsked = false }) =>
  h(
    "tr",
    { class: `${decision.allowed ? "open" : "closed"}${isAsked ? " asked" : ""}` },
    h("th", { scope: "row" }, inLanguage(title), keys.length > 0 ? h("div", { class: "keys" }, codes(keys)) : null),
    h(
      "td",
      {},
      h("p", { class: "badge" }, decision.allowed ? words[0] : words[1]),
      more ? h("p", {}, more) : why(decision),
    ),
  );

const why = ({ violations, waivers, notes }) => {
  if (violations.length > 0) {
    return violations.map(({ rule, expected }) => h("p", {}, ruleLink(rule), " ", sentence(expected)));
  }
  if (waivers.length > 0)
    return waivers.map(({ waiver, reason }) => h("p", {}, ruleLink(waiver), " ", sentence(reason)));
  return notes.length > 0 ? notes.map(({ message }) => h("p", {}, sentence(message))) : h("p", {}, text().noRule);
};
