/** The verdict: what cannot be read, which rules refuse and why, and what may be sent instead. */
import { context, refusedKeys, text } from "./context.js";
import { button, byId, code, codes, fill, h, json, sentence, ul } from "./dom.js";
import { ruleLink } from "./rules.js";

const headline = ({ orderProblems, bodyProblems, decision }) => {
  if (orderProblems && bodyProblems) return ["unreadable", text().bothUnreadable];
  if (orderProblems) return ["unreadable", text().orderUnreadable];
  if (bodyProblems) return ["unreadable", text().bodyUnreadable];
  return decision.allowed ? ["allowed", text().allowed] : ["refused", text().refused];
};

/** Show a headline, and say it: to a screen reader, and on a narrow screen below the body. */
const showHeadline = (kind, title, summary) => {
  byId("verdict").className = kind;
  byId("verdict-title").textContent = title;
  for (const id of ["announced", "bar"]) if (byId(id).textContent !== summary) byId(id).textContent = summary;
  byId("bar").className = kind;
};

export const showFailure = (told) => {
  showHeadline("unreadable", told, told);
  fill(byId("why"), told, () => []);
};

export const showVerdict = (isLinkBroken, canPythonHelp) => {
  const { answer } = context;
  const { orderProblems, bodyProblems, decision, split } = answer;
  const [kind, title] = headline(answer);
  const refused = refusedKeys();
  // Each key is isolated: between Arabic words, keys would else stand in the wrong order.
  const keys = refused.map((key) => `\u2068${key}\u2069`).join(text().separator);
  showHeadline(kind, title, refused.length > 0 ? `${title}: ${keys}` : title);
  const data = [context.state.language, isLinkBroken, canPythonHelp, orderProblems, bodyProblems, decision, split];
  fill(byId("why"), data, () => [
    isLinkBroken ? h("p", { class: "notice" }, text().brokenLink) : null,
    orderProblems && bodyProblems ? h("h3", {}, text().order) : null,
    problemsList("order", orderProblems),
    orderProblems && bodyProblems ? h("h3", {}, text().body) : null,
    problemsList("body", bodyProblems),
    (orderProblems || bodyProblems) && canPythonHelp ? h("p", { class: "source" }, text().hintsInPython) : null,
    decision && decisionParts(decision, split),
  ]);
};

const placeButton = (label, place, show) =>
  button(label, show, { class: "quiet", title: text().place, "aria-label": `${text().place}: ${place}` });

const problemsList = (name, found) =>
  found &&
  h(
    "ul",
    { class: "problems" },
    found.problems.map((problem) =>
      h(
        "li",
        {},
        problem.pointer !== "" && [code(problem.pointer), ": "],
        sentence(problem.message),
        " ",
        placeButton(text().place, problem.pointer, () => context.act.showProblem(name, problem)),
      ),
    ),
    found.more > 0 && h("li", {}, text().moreProblems(found.more)),
  );

const decisionParts = ({ allowed, violations, waivers, assumptions, notes }, split) => [
  violations.map(violation),
  allowed && waivers.length === 0 ? h("p", {}, text().nothingRefuses) : null,
  waivers.map(({ waiver, reason, when }) =>
    h("p", { class: "message" }, `${text().waived}: `, sentence(`${reason} (${when}) `), ruleLink(waiver)),
  ),
  assumptions.length === 0 ? null : h("h3", {}, text().rests),
  assumptions.map(({ assumption, question, answer }) =>
    h("p", {}, ruleLink(assumption), " ", sentence(`${question}: ${text().restsOn(answer)}`)),
  ),
  notes.length === 0 ? null : [h("h3", {}, text().notes), ul(notes, ({ message }) => sentence(message))],
  allowed ? null : insteadParts(split, violations),
];

const violation = ({ rule, keys, message, reason }) =>
  h(
    "article",
    { class: "violation" },
    h("p", { class: "message" }, sentence(message)),
    h("p", {}, h("span", { class: "term" }, `${text().why}: `), sentence(reason)),
    h(
      "p",
      { class: "row" },
      ruleLink(rule),
      keys.map((key) => placeButton(code(key), key, () => context.act.showKey(key))),
    ),
  );

const insteadParts = (split, violations) => [
  h("h3", {}, text().instead),
  Object.keys(split.allowed).length === 0
    ? h("p", {}, text().insteadNone)
    : [
        json(split.allowed),
        h(
          "p",
          { class: "row" },
          button(text().use, () => context.act.putIntoBody(split.allowed)),
        ),
      ],
  h("h3", {}, text().waits),
  ul(violations, ({ keys, expected }) => [codes(keys), "– ", sentence(expected)]),
  json(split.refused),
];
