/** What Python says: whether it agrees, and what the exported JavaScript does not know. */
import { compare } from "./answer.js";
import { context, text } from "./context.js";
import { byId, code, english, fill, h, jsonText, sentence, ul } from "./dom.js";
import { Python } from "./python.js";
import { ruleLink } from "./rules.js";

/** Calls a function of the page's words, so that the state is told in the language that is chosen when it is shown. */
let state = () => "";
let told = null;
let isWanted = false;
let timer = 0;

const python = new Python((message) => {
  if ("progress" in message) byId("loading").value = message.progress;
  byId("loading").hidden = !("progress" in message);
  if ("progress" in message) state = () => text().loading;
  else if (message.asking) state = () => text().asking;
  else if (message.replaced) state = () => text().restarted;
  else if (message.failed) state = () => `${text().failed} ${message.failed}`;
  else if (message.answer) told = message;
  if (message.failed) isWanted = false;
  showPython();
});

export const isPythonAsked = () => isWanted;

export const askPython = () => {
  isWanted = true;
  state = () => text().loading;
  python.ask(context.question);
};

/** Ask the present question, if Python was asked before; while one types, only the last one. */
export const askAgain = () => {
  clearTimeout(timer);
  if (isWanted) timer = setTimeout(() => python.ask(context.question), 40);
};

export const showPython = () => {
  byId("ask").setAttribute("aria-disabled", String(isWanted));
  const isFresh = told !== null && JSON.stringify(told.question) === JSON.stringify(context.question);
  const comparison = isFresh ? compare(context.answer, told.answer.answer) : null;
  byId("python").dataset.agrees = comparison === null ? "" : String(comparison.differing.length === 0);
  const line = comparison === null ? state() : verdict(comparison);
  if (byId("python-state").textContent !== line) byId("python-state").textContent = line;
  const found = isFresh ? told.answer : null;
  fill(byId("python-answer"), [context.state.language, found, comparison], () => found && parts(found, comparison));
};

const verdict = ({ compared, differing }) => {
  if (differing.length === 0) return text().agrees(told.answer.python, compared);
  return text().differs(told.answer.python, differing.map((name) => text().parts[name]).join(text().separator));
};

const parts = ({ answer, plan, guard, advice, findings }, { differing }) => {
  const problems = [answer.orderProblems, answer.bodyProblems].flatMap((found) => found?.problems ?? []);
  const hinted = problems.filter(({ hint }) => hint);
  return [
    differing.length > 0 && differenceParts(answer.decision, problems),
    hinted.length > 0 && [
      h("h3", {}, text().hints),
      ul(hinted, ({ pointer, hint }) => [place(pointer), sentence(hint)]),
    ],
    plan && [h("h3", {}, text().plan), planParts(plan)],
    guard && [h("h3", {}, text().guard), h("p", {}, sentence(guard))],
    advice && [
      h("h3", {}, text().advice),
      advice.length === 0
        ? h("p", {}, text().adviceNone)
        : ul(advice, ({ advice: id, message }) => [ruleLink(id), " ", sentence(message)]),
    ],
    h("h3", {}, text().lint),
    findings.length === 0
      ? h("p", {}, text().lintNone)
      : ul(findings, ({ finding, about, message }) => [code(finding), ` ${about.join(", ")}: ${message}`], english),
  ];
};

const place = (pointer) => pointer !== "" && [code(pointer), ": "];
const messages = (violations) => violations.map(({ message }) => sentence(`${message}. `));

/** What Python says where it does not say the same. */
const differenceParts = (decision, problems) => [
  h("p", { class: "notice" }, text().whyDifferent),
  decision && h("p", {}, `${decision.allowed ? text().allowed : text().refused}. `, messages(decision.violations)),
  problems.length > 0 && [
    h("h3", {}, text().problems),
    ul(problems, ({ pointer, message }) => [place(pointer), sentence(message)]),
  ],
];

const planParts = ({ steps, blocked }) => {
  if (blocked !== null) return h("p", {}, `${text().planBlocked} `, messages(blocked.violations));
  if (steps.length === 0) return h("p", {}, text().planNone);
  return h(
    "ol",
    {},
    steps.map((step) => h("li", {}, jsonText(step))),
  );
};
