/** What Python says: whether it agrees, and what the exported JavaScript does not know. */
import { compare } from "./answer.js";
import { context, text } from "./context.js";
import { byId, code, english, fill, h, json, sentence } from "./dom.js";
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
  const place = (pointer) => (pointer === "" ? null : [code(pointer), ": "]);
  const list = (title, items) => items.length > 0 && [h("h3", {}, title), h("ul", {}, items)];
  return [
    differing.length > 0 && h("p", { class: "notice" }, text().whyDifferent),
    differing.length > 0 &&
      answer.decision &&
      h(
        "p",
        {},
        answer.decision.allowed ? text().allowed : text().refused,
        ": ",
        answer.decision.violations.map(({ message }) => sentence(`${message}. `)),
      ),
    differing.length > 0 &&
      list(
        text().problems,
        problems.map(({ pointer, message }) => h("li", {}, place(pointer), sentence(message))),
      ),
    list(
      text().hints,
      problems.filter(({ hint }) => hint).map(({ pointer, hint }) => h("li", {}, place(pointer), sentence(hint))),
    ),
    plan && [h("h3", {}, text().plan), planParts(plan)],
    guard && [h("h3", {}, text().guard), h("p", {}, sentence(guard))],
    advice && [
      h("h3", {}, text().advice),
      advice.length === 0
        ? h("p", {}, text().adviceNone)
        : h(
            "ul",
            {},
            advice.map(({ advice: id, message }) => h("li", {}, ruleLink(id), " ", sentence(message))),
          ),
    ],
    h("h3", {}, text().lint),
    findings.length === 0
      ? h("p", {}, text().lintNone)
      : h(
          "ul",
          english,
          findings.map(({ finding, about, message }) => h("li", {}, code(finding), ` ${about.join(", ")}: ${message}`)),
        ),
  ].map((part) => part || null);
};

const planParts = ({ steps, blocked }) => {
  if (blocked !== null)
    return h(
      "p",
      {},
      text().planBlocked,
      " ",
      blocked.violations.map(({ message }) => sentence(`${message}. `)),
    );
  return steps.length === 0
    ? h("p", {}, text().planNone)
    : h(
        "ol",
        {},
        steps.map((step) => h("li", {}, json(step))),
      );
};
