/** The verdict: what cannot be read, which rules refuse and why, and what may be sent instead. */
import { context, text } from "./context.js";
import { button, byId, code, codes, fill, h, json, sentence, ul } from "./dom.js";
import { ruleLink } from "./rules.js";

const headline = ({ orderProblems, bodyProblems, decision }) => {
  if (orderProblems && bodyProblems) return ["unreadable", text().bothUnreadable];
  if (orderProblems) return ["unreadable", text().orderUnreadable];
  if (bodyProblems) return ["unreadable", text().bodyUnreadable];
  return decision.allowed ? ["allowed", text().allowed] : ["refused", text().refused];
};

export const showVerdict = (isLinkBroken, canPythonHelp) => {
  const { answer } = context;
  const { orderProblems, bodyProblems, decision, split } = answer;
  const [kind, title] = headline(answer);
  const refused = decision?.violations.flatMap(({ keys }) => keys) ?? [];
  byId("verdict").className = kind;
  byId("verdict-title").textContent = title;
  // What a screen reader says after an edit, and what a narrow screen shows below the body.
  const summary = refused.length > 0 ? `${title}: ${refused.join(text().separator)}` : title;
  for (const id of ["announced", "bar"]) if (byId(id).textContent !== summary) byId(id).textContent = summary;
  byId("bar").className = kind;
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

const placeButton = (label, name, pointer, problem) =>
  button(label, () => context.act.showPlace(name, pointer, problem), {
    class: "quiet",
    title: text().place,
    "aria-label": `${text().place}: ${pointer}`,
  });

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
        sentence(message),
        " ",
        placeButton(text().place, name, pointer, problem),
      ),
    ),
    found.more > 0 ? h("li", {}, text().moreProblems(found.more)) : null,
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
      keys.map((key) => placeButton(code(key), "body", `/${key}`)),
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
