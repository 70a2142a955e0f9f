/**
 * Decides which updates may be made to an order, by a rulebook, which is data.
 *
 * A value of a fact is a string, a number, a boolean or null, or an object for what JSON has no such value for:
 * `{state: "unknown"}` for a value that the page does not list, `{state: "left out"}` or `{state: "not shown"}` for one
 * that is not there, and `{above, "at most"}` for a range of numbers.
 */
import { languages, rulebook } from "./data.js";

export { rulebook };

const UNSET = Object.freeze({ state: "unset" });

/** A value of a JSON text that no value of JavaScript stands for; it is told where it is read, or at the end. */
class Flaw {
  isTold = false;

  constructor(pointer, code, params) {
    Object.assign(this, { pointer, code, params });
  }
}
const UNKNOWN = Object.freeze({ state: "unknown" });
const id = (value) => JSON.stringify(value);
const has = (object, key) => Object.prototype.hasOwnProperty.call(object, key);
/** Say whether a value is an object as JSON knows it, and not a Map, a Promise or an instance of some class. */
const isObject = (value) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};
/** Say whether an array has no holes: JSON has none. */
const isDense = (array) => Object.keys(array).length === array.length;
const unique = (list) => [...new Set(list)];

/** Freeze data with all that it contains. */
const freeze = (value) => {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value))
    Object.values(Object.freeze(value)).forEach(freeze);
  return value;
};
freeze(rulebook);

// --- Facts ----------------------------------------------------------------------------------------------------------

const bandsOf = (fact) =>
  fact.bands.length === 0
    ? []
    : [undefined, ...fact.bands].map((above, place) => ({
        ...(above === undefined ? {} : { above }),
        ...(place < fact.bands.length ? { "at most": fact.bands[place] } : {}),
      }));

const prepare = (entry, of) => {
  const fact = { ...entry, of };
  fact.values = [...bandsOf(entry), ...entry.values];
  fact.ids = new Set(fact.values.map(id));
  fact.hasUnknown = fact.ids.has(id(UNKNOWN));
  fact.unset = fact.values.find((value) => value?.state === "left out" || value?.state === "not shown");
  for (const name of ["labels", "phrases", "notes", "remedies"]) {
    fact[name] = new Map(entry[name].map(([value, text]) => [id(value), text]));
  }
  fact.spellings = new Map(entry.aliases);
  return fact;
};
const orderFacts = rulebook.facts.filter((fact) => fact.of === "order").map((fact) => prepare(fact, "order"));
const updateFacts = rulebook.facts.filter((fact) => fact.of === "update").map((fact) => prepare(fact, "update"));
const parameters = rulebook.parameters.map((parameter) => prepare(parameter, "parameter"));
const factByName = new Map([...orderFacts, ...updateFacts, ...parameters].map((fact) => [fact.name, fact]));

/** Return the value of a fact that a raw value of its attribute means. */
const valueOf = (fact, raw) => {
  if (raw === UNSET) return fact.unset ?? unlisted(fact, raw);
  const given = typeof raw === "string" && fact.spellings.has(raw) ? fact.spellings.get(raw) : raw;
  if (fact.bands.length > 0) {
    const number = fact.counts && Array.isArray(given) ? given.length : given;
    if (typeof number === "number") return fact.values[fact.bands.filter((bound) => number > bound).length];
  }
  return fact.ids.has(id(given)) ? given : unlisted(fact, raw);
};

const unlisted = (fact, raw) => {
  if (fact.hasUnknown) return UNKNOWN;
  throw new TypeError(`${fact.name} cannot be ${String(raw)}`);
};

// --- Conditions -----------------------------------------------------------------------------------------------------

const factsOf = (condition) => {
  if (condition.all || condition.any) return unique((condition.all ?? condition.any).flatMap(factsOf));
  return condition.follows ? [condition.follows, condition.fact] : [condition.fact];
};

const holds = (condition, point) => {
  if (condition.all) return condition.all.every((part) => holds(part, point));
  if (condition.any) return condition.any.some((part) => holds(part, point));
  const value = id(point[condition.fact]);
  if (!condition.follows) {
    return has(condition, "in")
      ? condition.in.some((each) => id(each) === value)
      : !condition["not in"].some((each) => id(each) === value);
  }
  const present = id(point[condition.follows]);
  const row = condition.table.find(([from]) => id(from) === present);
  const follows = Boolean(row?.[1].some((to) => id(to) === value)) || (condition.staying && present === value);
  return follows !== condition.not;
};

/** Iterate over all values of some facts. */
function* assignments(names) {
  const [first, ...others] = names;
  if (first === undefined) {
    yield {};
    return;
  }
  for (const value of factByName.get(first).values) {
    for (const rest of assignments(others)) yield { [first]: value, ...rest };
  }
}

const unknownIn = (condition, point) => factsOf(condition).filter((name) => !has(point, name));
const possible = (condition, point) => {
  for (const more of assignments(unknownIn(condition, point))) if (holds(condition, { ...point, ...more })) return true;
  return false;
};
const certain = (condition, point) => {
  for (const more of assignments(unknownIn(condition, point)))
    if (!holds(condition, { ...point, ...more })) return false;
  return true;
};
const isNever = (condition) => !possible(condition, {});

// --- Sentences ------------------------------------------------------------------------------------------------------

const FOREIGN_CHARACTER = "[A-Za-z0-9_/@:.?=#&+%~<>\\[\\]-]";
const FOREIGN_WORD = `(?=${FOREIGN_CHARACTER}*[A-Za-z])${FOREIGN_CHARACTER}*[A-Za-z0-9_/#+>\\]](?:\\([ -'*-~]*\\))?`;
const FOREIGN = new RegExp(`\\{[^{}]*\\}|${FOREIGN_WORD}(?: ${FOREIGN_WORD})*|\\+?\\d+(?:[-/ .:]\\d+)+`, "g");
const mark = (text) => `\u2068${text}\u2069`;

const languageOf = (code) => {
  const name = String(code).replace("_", "-").split("-")[0].toLowerCase();
  if (!has(languages, name)) {
    throw new RangeError(`there is no language '${code}'; the languages are: ${Object.keys(languages).join(", ")}`);
  }
  return languages[name];
};

/** Isolate a text of unknown direction in a sentence that is written from right to left. */
const isolate = (text, language) => {
  if (language.DIRECTION !== "rtl" || text === "" || /^\d+$/.test(text) || text.includes("\u2068")) return text;
  return /[\u0590-\u08ff]/.test(text) && !/^\/|[A-Za-z]/.test(text) ? text : mark(text);
};

const isolateForeign = (text, language) =>
  language.DIRECTION === "rtl" ? text.replace(FOREIGN, (found) => (found[0] === "{" ? found : mark(found))) : text;

/** Return a text in a language; a string without translations is English. */
const translate = (text, language) => {
  if (typeof text === "string") return isolate(text, language);
  const own = text[language.CODE];
  return own === undefined ? isolate(text.en, language) : isolateForeign(own, language);
};

const quote = (text) => {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replace(/\\/g, "\\\\")
    .replaceAll(mark, `\\${mark}`)
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (each) => {
      const code = each.charCodeAt(0);
      const names = { 9: "\\t", 10: "\\n", 13: "\\r" };
      return names[code] ?? (code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`);
    });
  return mark + escaped + mark;
};

const group = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, " ");
const join = (words, conjunction, language) => {
  const [between, last] = language.JOINERS[conjunction];
  const texts = words.map((word) => isolate(String(word), language));
  return texts.length < 2 ? texts.join("") : texts.slice(0, -1).join(between) + last + texts.at(-1);
};

/** Put parameters into a fragment of a table. */
const render = (language, table, code, values = {}) =>
  isolateForeign(language[table][code], language)
    .replace(/\{(\w+)(?:(!r)|:(\w+))?\}/g, (_, name, quoted, noun) => {
      const value = values[name];
      if (quoted) return isolate(quote(String(value)), language);
      if (noun && Number.isInteger(value)) return count(value, noun, language);
      return textOf(name, value, language);
    })
    .replaceAll("{{}}", "{}");

const textOf = (name, value, language) => {
  if (Array.isArray(value)) return join(value, name === "choices" ? "list" : "or", language);
  if (name === "expected" || name === "found") {
    return has(language.KINDS, value)
      ? render(language, "KINDS", value)
      : render(language, "KINDS", "any", { kind: value });
  }
  if (typeof value === "number") return isolate(group(value), language);
  return translate(value, language);
};

const count = (number, noun, language) => {
  const forms = language.NOUNS[noun];
  const form = forms[new Intl.PluralRules(language.CODE).select(number)] ?? forms.other;
  return form.replace("{count}", isolate(group(number), language));
};

const label = (fact, value, language) => {
  const text = fact.labels.get(id(value));
  if (text !== undefined) return translate(text, language);
  if (typeof value === "boolean" && fact.of === "parameter") return render(language, "VALUES", value ? "yes" : "no");
  if (isObject(value)) {
    if (value.state === "unknown") return render(language, "VALUES", "unknown");
    if (value.state) return render(language, "VALUES", "left out");
    if (value.text !== undefined) return isolate(value.text, language);
    const bounds = { above: value.above, at_most: value["at most"] };
    const parts = Object.entries(bounds)
      .filter(([, bound]) => bound !== undefined)
      .map(([code, bound]) => render(language, "VALUES", code, { bound: String(bound) }));
    return parts.length > 0 ? join(parts, "and", language) : render(language, "VALUES", "any_number");
  }
  const python = { true: "True", false: "False", null: "None" };
  return isolate(python[String(value)] ?? String(value), language);
};

const phrase = (fact, value, language) => {
  const text = fact.phrases.get(id(value));
  return text === undefined ? label(fact, value, language) : translate(text, language);
};

/** Return some values, with ranges that touch made one. */
const joinBands = (values) =>
  values.reduce((joined, value) => {
    const last = joined.at(-1);
    const touches =
      isObject(value) && isObject(last) && last["at most"] !== undefined && last["at most"] === value.above;
    if (!touches) return [...joined, value];
    const { above } = last;
    const merged = {
      ...(above === undefined ? {} : { above }),
      ...(has(value, "at most") ? { "at most": value["at most"] } : {}),
    };
    return [...joined.slice(0, -1), merged];
  }, []);

const formOf = (values, negated) => (!negated ? "is" : values.length === 1 ? "is_not" : "is_none_of");
const title = (fact) => ({ ...fact.names, en: fact.name });

/** State that a fact has one of some values, or none of them; `wording` says in which words. */
const state = (fact, values, negated, wording) => {
  const chosen = joinBands(values);
  const { language } = wording;
  if (wording.forMerchants) {
    const note = fact.notes.get(id(chosen[0]));
    if (chosen.length === 1 && note !== undefined && !negated) return translate(note, language);
    if (Object.keys(fact.says).length > 0) {
      const form = formOf(chosen, negated);
      const sentences = fact.says[language.CODE];
      if (sentences === undefined) {
        return isolate(state(fact, chosen, negated, { ...wording, language: languages.en }), language);
      }
      const phrases = chosen.map((value) => phrase(fact, value, language));
      const listed = join(phrases, form === "is_none_of" ? "nor" : "or", language);
      const place = (wording.required ? language.FORMS[`while_${form}`] : undefined) ?? language.FORMS[form];
      return sentences[place].replace("{}", () => listed);
    }
  }
  const isFlag = fact.flag && chosen.length === 1;
  const code = isFlag ? ((chosen[0] === true) !== negated ? "flag" : "not_flag") : formOf(chosen, negated);
  const labels = chosen.map((value) => label(fact, value, language));
  const listed = join(labels, code === "is_none_of" ? "nor" : "or", language);
  return render(language, "CONDITIONS", code, { fact: title(fact), values: listed });
};

const conditionText = (condition, wording) => {
  const { language } = wording;
  const either = language.JOINERS.or[1];
  const combine = (parts, conjunction, empty) => {
    if (parts.length === 0) return render(language, "CONDITIONS", empty);
    const texts = parts.map((part) => [conditionText(part, wording), conjunction === "or" && Boolean(part.all)]);
    return unique(texts.map(([text, all]) => (all || text.includes(either) ? `(${text})` : text))).join(
      language.JOINERS[conjunction][1],
    );
  };
  if (condition.all) return combine(condition.all, "and", "always");
  if (condition.any) return combine(condition.any, "or", "never");
  const fact = factByName.get(condition.fact);
  if (condition.follows) {
    const names = { asked: title(fact), current: title(factByName.get(condition.follows)) };
    return render(language, "CONDITIONS", condition.not ? "may_not_follow" : "may_follow", names);
  }
  const negated = !has(condition, "in");
  const listed = condition.in ?? condition["not in"];
  if (listed.length === 0) return render(language, "CONDITIONS", negated ? "always" : "never");
  return state(fact, listed, negated, wording);
};

/** Say what must be true for a condition to hold, in the words of a merchant. */
const expectedText = (condition, point, isChange, language) => {
  if (condition.follows && !condition.not) {
    const present = point[condition.follows];
    const row = condition.table.find(([from]) => id(from) === id(present));
    if (row === undefined) return render(language, "DECISIONS", "undocumented");
    const asked = factByName.get(condition.fact);
    const following = new Set(row[1].map(id));
    const statuses = asked.values
      .filter((value) => following.has(id(value)))
      .map((value) => phrase(asked, value, language));
    const status = phrase(factByName.get(condition.follows), present, language);
    return render(language, "DECISIONS", statuses.length > 0 ? "next" : "final", { statuses, status });
  }
  if (isNever(condition)) return render(language, "DECISIONS", "nothing");
  const text = conditionText(condition, { language, forMerchants: true, required: true });
  const code = isChange ? "change_only_while" : "possible_only_while";
  const remedies = factsOf(condition)
    .map((name) => factByName.get(name).remedies.get(id(point[name])))
    .filter((remedy) => remedy !== undefined)
    .map((remedy) => translate(remedy, language));
  return join([render(language, "DECISIONS", code, { condition: text }), ...remedies], "clauses", language);
};

const pointText = (pairs, wording) =>
  pairs.length > 0
    ? join(
        pairs.map(([name, value]) => state(factByName.get(name), [value], false, wording)),
        "and",
        wording.language,
      )
    : render(wording.language, "DECISIONS", "no_difference");

// --- Problems -------------------------------------------------------------------------------------------------------

const MOST_PROBLEMS = 100;
const MOST_LINES = 20;

/** The input cannot be read. `problems` has the first hundred, each with a JSON pointer and a code; `more` counts the others. */
export class InvalidInput extends Error {
  constructor(what, problems, more, language) {
    const tell = (code, values) => render(language, "ERRORS", code, values);
    const whole = tell("whole");
    const lines = problems
      .slice(0, MOST_LINES)
      .map(({ pointer, message }) => `${isolate(pointer, language) || whole}: ${message}`);
    const total = problems.length + more;
    if (total > lines.length) lines.push(tell("more", { count: total - lines.length }));
    const input = render(language, "INPUTS", what, { platform: platformName });
    const task = render(language, "INPUTS", "read", { input });
    super([tell("problems", { what: task, count: total }), ...lines].join("\n  "));
    this.name = "InvalidInput";
    this.problems = problems;
    this.more = more;
  }
}

/** The update is refused; `decision` says why. */
export class UpdateRefused extends Error {
  constructor(decision) {
    super(decision.violations.map(({ message }) => message).join("; "));
    this.name = "UpdateRefused";
    this.decision = decision;
  }
}

const KIND_OF = { string: "string", boolean: "boolean" };
const kindOf = (value) => {
  if (value instanceof Flaw) return "flaw";
  if (value === null) return "null";
  if (Array.isArray(value)) return isDense(value) ? "array" : "unknown";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return isObject(value) ? "object" : (KIND_OF[typeof value] ?? "unknown");
};

const token = (key) => "/" + String(key).replace(/~/g, "~0").replace(/\//g, "~1");

class Reader {
  constructor(language) {
    this.language = language;
    this.problems = [];
    this.more = 0;
    this.flaws = [];
    this.fractions = new Set();
  }

  flaw(pointer, code, params) {
    const flaw = new Flaw(pointer, code, params);
    this.flaws.push(flaw);
    return flaw;
  }

  /** Forget the flaws of a value that another one replaces. */
  forget(pointer) {
    this.flaws = this.flaws.filter((flaw) => flaw.pointer !== pointer && !flaw.pointer.startsWith(`${pointer}/`));
  }

  /** Throw an error if there is a problem. */
  finish(what) {
    const hidden = this.problems
      .filter(({ code }) => code === "unknown_key" || code === "duplicate_key")
      .map(({ pointer }) => `${pointer}/`);
    for (const { isTold, pointer, code, params } of this.flaws) {
      // A long number under a key that is not read is no loss.
      const isLost = code !== "number_too_long" || !hidden.some((key) => `${pointer}/`.startsWith(key));
      if (!isTold && isLost) this.add(pointer, code, params);
    }
    if (this.problems.length > 0) throw new InvalidInput(what, this.problems, this.more, this.language);
  }

  add(pointer, code, params = {}) {
    if (this.problems.length >= MOST_PROBLEMS) {
      this.more += 1;
      return undefined;
    }
    let fragment = params.reason === undefined ? code : `${code}.${params.reason}`;
    if (params.choices?.length < 2) fragment += params.choices.length === 1 ? ".only" : ".none";
    const message = render(this.language, "PROBLEMS", fragment, params);
    this.problems.push({ pointer, code, params, message });
    return undefined;
  }

  wrongType(pointer, expected, value, found = kindOf(value)) {
    if (value instanceof Flaw) {
      value.isTold = true;
      return this.add(pointer, value.code, value.params);
    }
    return value === null
      ? this.add(pointer, "null", { expected })
      : this.add(pointer, "wrong_type", { expected, found });
  }

  /** Read a value strictly, by its JSON Schema; return a copy of it. */
  value(schema, value, pointer) {
    if (schema.anyOf) return this.anyOf(schema.anyOf, value, pointer);
    const expected = schema.format === "date" ? "date" : schema.type;
    const kind = kindOf(value);
    const found = kind === "integer" && this.fractions.has(pointer) ? "number" : kind;
    const fits = found === schema.type || (schema.type === "number" && found === "integer");
    if (!fits) return this.wrongType(pointer, expected, value, found);
    if (schema.type === "object") return this.object(schema, value, pointer);
    if (schema.type === "array")
      return value.map((item, place) => this.value(schema.items, item, `${pointer}/${place}`));
    if (schema.type === "integer" && !Number.isSafeInteger(value)) this.add(pointer, "number_too_long", { bound: 15 });
    else if (schema.enum && !schema.enum.includes(value)) this.add(pointer, "not_a_choice", { choices: schema.enum });
    else if (schema.format === "date") this.date(value, pointer);
    else if (found === "string") this.text(value, pointer);
    else if (found === "number" && !Number.isFinite(value)) this.add(pointer, "not_finite");
    return value;
  }

  anyOf(schemas, value, pointer) {
    let last;
    for (const schema of schemas) {
      last = new Reader(this.language);
      last.fractions = this.fractions;
      const read = last.value(schema, value, pointer);
      if (last.problems.length === 0) return read;
    }
    this.problems.push(...last.problems);
    return undefined;
  }

  /** Read an object; a key whose value is undefined is not there, as `JSON.stringify` has it. */
  object(schema, value, pointer) {
    const read = {};
    for (const [key, inner] of Object.entries(value)) {
      if (inner === undefined) continue;
      if (has(schema.properties, key)) read[key] = this.value(schema.properties[key], inner, pointer + token(key));
      else if (inner instanceof Flaw && inner.code === "duplicate_key") this.wrongType(inner.pointer, "", inner);
      else this.add(pointer + token(key), "unknown_key");
    }
    for (const key of schema.required ?? []) {
      if (value[key] === undefined) this.add(pointer + token(key), "missing");
    }
    return read;
  }

  date(value, pointer) {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) this.add(pointer, "not_a_date");
    else if (!isDay(value)) this.add(pointer, "not_a_date", { reason: "no_such_day" });
  }

  text(value, pointer) {
    if (value.includes("\0")) this.add(pointer, "bad_text", { reason: "nul" });
    else if (!value.isWellFormed()) {
      const at = [...value].findIndex((each) => !each.isWellFormed());
      this.add(pointer, "bad_text", { reason: "surrogate", at });
    }
  }
}

const isDay = (text) => {
  const [year, month, day] = text.split("-").map(Number);
  if (year === 0) return false;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
};

const TOKEN =
  /([{}[\],:])|("(?:[^"\\]|\\.)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)|(NaN|-?Infinity)/y;
const BLANKS = new Set([32, 9, 10, 13]);
/** What may stand in a string, up to its end or to the first mistake. */
const RIGHT_TEXT = /(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
const NOT_BLANK = /[^ \t\n\r]/;
const DEEPEST = 64;
const LONGEST_UPDATE = 1 << 20;
const LONGEST_ORDER = 1 << 22;

/** Parses a JSON text. A key that is there twice, and a number that a double cannot hold, are problems with a place. */
class Parser {
  #tokens = new RegExp(TOKEN);
  #text;
  #reader;
  /** Where the token begins that was read last. */
  #start = 0;
  /** Whether a comma, a colon or a bracket must stand there. */
  #wantsMark = false;

  constructor(text, reader) {
    this.#text = text;
    this.#reader = reader;
  }

  parse() {
    const reader = this.#reader;
    if (this.#text.startsWith("\ufeff")) return reader.add("", "byte_order_mark");
    if (!NOT_BLANK.test(this.#text)) return reader.add("", "not_json", { reason: "empty" });
    try {
      const value = this.#value(this.#next(), "", 0);
      const end = this.#afterBlanks(this.#tokens.lastIndex);
      if (end === this.#text.length) return value;
      reader.flaws = [];
      return reader.add("", "trailing_text", this.#place(end));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      reader.flaws = [];
      return reader.add("", "not_json", this.#mistake());
    }
  }

  #afterBlanks(position) {
    let at = position;
    while (BLANKS.has(this.#text.charCodeAt(at))) at += 1;
    return at;
  }

  /** Say what is wrong, and where. */
  #mistake() {
    const isText = this.#text[this.#start] === '"' && !this.#wantsMark;
    const position = isText ? this.#wrongInString() : this.#start;
    const rest = this.#text.slice(position);
    const isCutOff = !NOT_BLANK.test(rest) || (isText && position === this.#start);
    const reason = isCutOff ? "cut_off" : rest.startsWith("'") ? "single_quotes" : "syntax";
    return { reason, ...this.#place(position) };
  }

  #place(position) {
    const lines = this.#text.slice(0, position).split("\n");
    return { line: lines.length, column: lines.at(-1).length + 1 };
  }

  /** Return where a string is wrong: at its beginning if it has no end, otherwise at a character or an escape in it. */
  #wrongInString() {
    const right = new RegExp(RIGHT_TEXT);
    right.lastIndex = this.#start + 1;
    right.test(this.#text);
    const end = right.lastIndex;
    const rest = this.#text.slice(end);
    // As the library has it, an escape at the very end of a text is wrong, and not cut off.
    if (rest === "" && /(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}$/.test(this.#text)) return end - 5;
    if (rest === "" || rest === "\\") return this.#start;
    return rest.startsWith("\\u") ? end + 1 : end;
  }

  #next() {
    this.#peek();
    this.#tokens.lastIndex = this.#start;
    const found = this.#tokens.exec(this.#text);
    if (found === null) throw new SyntaxError("unexpected character");
    return found;
  }

  #expect(marks) {
    const mark = this.#peek();
    this.#wantsMark = true;
    if (mark === "" || !marks.includes(mark)) throw new SyntaxError("unexpected token");
    this.#wantsMark = false;
    this.#tokens.lastIndex = this.#start + 1;
    return mark;
  }

  #value([, mark, string, number, word, constant], pointer, depth) {
    if (string) return JSON.parse(string);
    if (word) return JSON.parse(word);
    if (number) return this.#number(number, pointer);
    if (constant) return this.#reader.flaw(pointer, "not_finite", { reason: "constant", literal: constant });
    if (depth >= DEEPEST) return this.#tooDeep();
    if (mark === "[") return this.#array(pointer, depth + 1);
    if (mark === "{") return this.#object(pointer, depth + 1);
    throw new SyntaxError("unexpected token");
  }

  #tooDeep() {
    this.#reader.add("", "too_deep", { bound: DEEPEST });
    this.#tokens.lastIndex = this.#text.length;
    throw new RangeError("too deep");
  }

  #number(text, pointer) {
    const number = Number(text);
    if (/^-?\d+$/.test(text)) {
      return Number.isSafeInteger(number) ? number : this.#reader.flaw(pointer, "number_too_long", { bound: 15 });
    }
    this.#reader.fractions.add(pointer);
    return number;
  }

  #array(pointer, depth) {
    const items = [];
    for (let found = this.#next(); found[1] !== "]"; found = this.#next()) {
      items.push(this.#value(found, `${pointer}/${items.length}`, depth));
      if (this.#expect(",]") === "]") return items;
      if (this.#peek() === "]") throw new SyntaxError("unexpected token");
    }
    return items;
  }

  #object(pointer, depth) {
    const entries = new Map();
    for (let found = this.#next(); found[1] !== "}"; found = this.#next()) {
      if (!found[2]) throw new SyntaxError("expected a key");
      const key = JSON.parse(found[2]);
      const place = pointer + token(key);
      const isRepeated = entries.has(key);
      this.#expect(":");
      if (isRepeated) this.#reader.forget(place);
      const twice = isRepeated ? this.#reader.flaw(place, "duplicate_key", {}) : undefined;
      const value = this.#value(this.#next(), place, depth);
      entries.set(key, twice ?? value);
      if (this.#expect(",}") === "}") break;
      if (this.#peek() === "}") throw new SyntaxError("unexpected token");
    }
    return Object.fromEntries(entries);
  }

  /** Return the character at which the next token begins. */
  #peek() {
    this.#start = this.#afterBlanks(this.#tokens.lastIndex);
    return this.#text.charAt(this.#start);
  }
}

const parse = (text, reader) => {
  try {
    return new Parser(text, reader).parse();
  } catch (error) {
    if (error instanceof RangeError && reader.problems.length > 0) return undefined;
    throw error;
  }
};

const load = (source, reader, longest) => {
  if (source instanceof ArrayBuffer) return load(new Uint8Array(source), reader, longest);
  if (source instanceof Uint8Array) {
    if (source.length > longest) return tooLarge(reader, "bytes", source.length, longest);
    let text;
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(source);
    } catch {
      return reader.add("", "not_utf8", { reason: "bytes" });
    }
    return parse(text, reader);
  }
  if (typeof source !== "string") return source;
  return source.length > longest ? tooLarge(reader, "characters", source.length, longest) : parse(source, reader);
};
const tooLarge = (reader, reason, found, bound) => reader.add("", "too_large", { reason, found, bound });

// --- Orders and updates ---------------------------------------------------------------------------------------------

const sectionOf = new Map(
  Object.entries(rulebook.sections).flatMap(([section, { keys }]) => keys.map((key) => [key, section])),
);
const pageOrder = Object.keys(rulebook.body.properties);
const sections = Object.keys(rulebook.sections);
const platformName = rulebook.platform[0].toUpperCase() + rulebook.platform.slice(1);

/**
 * Read an update strictly: only documented keys, of the documented types.
 * @throws {InvalidInput} it lists every problem.
 */
export function readPatch(source, { language = "en" } = {}) {
  const reader = new Reader(languageOf(language));
  const document = load(source, reader, LONGEST_UPDATE);
  let body;
  if (reader.problems.length === 0) {
    if (isObject(document)) body = reader.object(rulebook.body, document, "");
    else reader.wrongType("", "object", document);
  }
  reader.finish("update_of");
  return makePatch(body);
}

/** The orders and patches that were read here: no other object is decided on. */
const made = new WeakSet();
const make = (thing) => {
  made.add(thing);
  return freeze(thing);
};
const check = (thing, name, reader) => {
  if (!made.has(thing)) throw new TypeError(`expected ${name} that ${reader} of this module has returned`);
};

const makePatch = (body) => {
  const keys = pageOrder.filter((key) => has(body, key));
  const facts = Object.fromEntries(
    updateFacts.map((fact) => [fact.name, valueOf(fact, has(body, fact.attribute) ? body[fact.attribute] : UNSET)]),
  );
  return make({ keys, body: Object.fromEntries(keys.map((key) => [key, body[key]])), facts });
};

/** Return an order with these raw values of its attributes. */
const makeOrder = (attributes) => {
  const facts = Object.fromEntries(orderFacts.map((fact) => [fact.name, valueOf(fact, attributes[fact.attribute])]));
  return make({ id: attributes.id ?? null, facts, attributes });
};

const fromData = (data) => (data?.state === "unset" ? UNSET : data);

/**
 * Read an order from an answer of the API or a webhook; a bare order is accepted too.
 * @throws {InvalidInput} it is not an order, or a fact that a rule needs cannot be read.
 */
export function readOrder(source, { guest = false, language = "en" } = {}) {
  const layout = rulebook.payload;
  if (typeof guest !== "boolean" || (guest && !layout.guest)) {
    throw new TypeError(guest === true ? `${platformName} has no guest customers` : "guest must be true or false");
  }
  const reader = new Reader(languageOf(language));
  const document = load(source, reader, LONGEST_ORDER);
  const found = reader.problems.length > 0 ? undefined : findOrder(layout, document, reader);
  const attributes = {};
  if (found !== undefined) {
    for (const place of layout.places)
      attributes[place.attribute] = readPlace(place, found.order, found.pointer, reader);
    if (isObject(found.order))
      attributes.id =
        Number.isSafeInteger(found.order.id) || typeof found.order.id === "string" ? found.order.id : null;
  }
  // A long number elsewhere in an order is not read, and is no loss; the id is.
  reader.flaws = reader.flaws.filter((flaw) => flaw.code !== "number_too_long" || flaw === found?.order.id);
  reader.finish("order_of");
  for (const { attribute, value, then } of layout.implies) {
    if (attributes[attribute] === value) attributes[then.attribute] = then.value;
  }
  if (guest && attributes[layout.guest.attribute] !== layout.guest.unless) {
    attributes[layout.guest.attribute] = layout.guest.value;
  }
  return makeOrder(attributes);
}

const findOrder = (layout, document, reader) => {
  let pointer = "";
  if (!isObject(document)) return reader.wrongType("", "object", document);
  let item = document;
  if (has(item, layout.inside)) {
    const event = item[layout.event];
    if (typeof event === "string" && layout.others.some((prefix) => event.startsWith(prefix))) {
      return reader.add("", "not_an_order", { reason: "other_webhook", event });
    }
    if (item[layout.success] === false) return reader.add("", "not_an_order", { reason: "failed" });
    pointer += token(layout.inside);
    item = item[layout.inside];
    if (!isObject(item)) return reader.wrongType(pointer, "order", item);
  }
  if (layout.activity && has(item, layout.activity)) {
    const { status = null } = item;
    if (typeof status === "string" || (status === null && isObject(item[layout.activity]))) {
      pointer += token(layout.activity);
      item = item[layout.activity];
      if (!isObject(item)) return reader.wrongType(pointer, "order", item);
    }
  }
  const foreign = layout.never.filter((key) => has(item, key));
  if (foreign.length > 0) return reader.add(pointer, "not_an_order", { reason: "foreign_keys", keys: foreign });
  const shows =
    layout.shows.length === 0 ||
    layout.shows.some((key) => has(item, key)) ||
    (has(item, "id") && layout.beside_id.some((key) => has(item, key)));
  if (!shows) return reader.add(pointer, "not_an_order", { reason: "no_key", keys: layout.shows });
  return { order: item, pointer };
};

const emptyKind = (value) => {
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? "[]" : "";
  return isObject(value) && Object.keys(value).length === 0 ? "{}" : "";
};

const readPlace = (place, order, pointer, reader) => {
  const [first, inner] = place.path;
  if (!has(order, first) || order[first] === undefined) {
    return place.required ? reader.add(pointer + token(first), "missing") : fromData(place.if_left_out);
  }
  let value = order[first];
  let at = pointer + token(first);
  if (place.empty.includes(emptyKind(value))) return fromData(place.if_empty);
  if (inner !== undefined) {
    if (!isObject(value)) return reader.wrongType(at, place.expected, value);
    value = (has(value, inner) ? value[inner] : null) ?? null;
    if (value === null) return fromData(place.if_key_left_out);
    at += token(inner);
  } else if (place.length) {
    return Array.isArray(value) ? value.length : reader.wrongType(at, "array", value);
  } else if (place.schema === null) {
    return isObject(value) ? fromData(place.if_present) : reader.wrongType(at, place.expected, value);
  }
  reader.value(place.schema, value, at);
  if (!place.quoted) return value;
  return typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : null;
};

// --- Decisions ------------------------------------------------------------------------------------------------------

const ordered = [...rulebook.rules].sort((one, other) => {
  const places = [...sections, ...Object.keys(rulebook.actions)];
  const difference = places.indexOf(one.section) - places.indexOf(other.section);
  return difference || (one.id < other.id ? -1 : Number(one.id > other.id));
});
const isSection = (rule) => has(rulebook.sections, rule.section);

/** Return the rules under some alternatives. A rule that several of them change holds what each of them changes. */
const rulesUnder = (alternatives) =>
  ordered.map((rule) => {
    const others = alternatives.flatMap(({ rules }) => rules.filter((other) => other.id === rule.id));
    if (others.length < 2) return others[0] ?? rule;
    const conditions = others.map((other) => other.only_if);
    const told = others.find((other) => id(other.reason) !== id(rule.reason)) ?? others[0];
    return { ...told, only_if: combined(rule.only_if, conditions) };
  });

/** The answer that the rulebook gives, which changes no rule; its name is empty if it has none. */
const ownAnswer = ({ name, answer }) => ({ name, answer, rules: [] });
const answersTo = (assumption) =>
  assumption.name === "" ? assumption.alternatives : [ownAnswer(assumption), ...assumption.alternatives];

const answerOf = (assumption, name) => {
  const known = rulebook.assumptions.find((each) => each.id === assumption);
  const answers = known === undefined ? [] : answersTo(known);
  const answer = answers.find((each) => each.name === name);
  if (answer !== undefined) return answer;
  const names = answers.map((each) => each.name).join(", ");
  throw new RangeError(`there is no answer ${name} to ${assumption}${names ? `; there are: ${names}` : ""}`);
};

const implies = (one, other) => !possible({ all: [one, negated(other)] }, {});
const negated = (condition) => {
  if (condition.all) return { any: condition.all.map(negated) };
  if (condition.any) return { all: condition.any.map(negated) };
  if (condition.follows) return { ...condition, not: !condition.not };
  const { fact } = condition;
  return has(condition, "in") ? { fact, "not in": condition.in } : { fact, in: condition["not in"] };
};

/** Return the condition that differs from one wherever one of some others does. */
const combined = (condition, others) => {
  if (others.every((other) => implies(other, condition))) return joined("all", others);
  if (others.every((other) => implies(condition, other))) return joined("any", others);
  return { any: [{ all: [condition, ...others] }, { all: [negated(condition), { any: others }] }] };
};

/** Join conditions; those on the values of one fact are one such condition. */
const joined = (how, conditions) => {
  const { fact } = conditions[0];
  const form = has(conditions[0], "in") ? "in" : "not in";
  if (!conditions.every((each) => each.fact === fact && has(each, form))) return { [how]: conditions };
  const lists = conditions.map((each) => new Set(each[form].map(id)));
  const isListed = (how === "any") === (form === "in") ? lists.some.bind(lists) : lists.every.bind(lists);
  return { fact, [form]: factByName.get(fact).values.filter((value) => isListed((list) => list.has(id(value)))) };
};

/** The methods of a policy; they may be taken out of it, as the functions of this module are. */
const QUESTIONS = ["canUpdate", "can", "editable", "split", "nextStatuses", "given"];

class Policy {
  #rules;
  #settings;
  #assumptions;
  #decided = new Map();
  #alternatives;

  constructor({ given = {}, assumptions = {} } = {}) {
    for (const name of QUESTIONS) this[name] = this[name].bind(this);
    this.#settings = settingsOf(given);
    this.#assumptions = { ...assumptions };
    const chosen = new Map(
      Object.entries(assumptions).map(([assumption, name]) => [assumption, answerOf(assumption, name)]),
    );
    this.#rules = rulesUnder([...chosen.values()]);
    this.#alternatives = rulebook.assumptions.flatMap((each) => {
      const present = chosen.get(each.id) ?? ownAnswer(each);
      const others = answersTo(each).filter(({ name }) => name !== present.name);
      const assumption = { ...each, answer: present.answer, alternatives: others };
      return others
        .map((other) => rulesUnder([...new Map([...chosen, [each.id, other]]).values()]))
        .filter((rules) => this.#rules.some((rule, place) => rule !== rules[place]))
        .map((rules) => ({ assumption, rules }));
    });
  }

  /** Decide whether an update may be sent for an order. */
  canUpdate(order, patch, { language = "en" } = {}) {
    check(order, "an order", "readOrder");
    check(patch, "an update", "readPatch");
    return this.#toJson(this.#decide(order.facts, patch.facts, patch.keys), languageOf(language), order, patch);
  }

  /** Decide whether an action other than an update is possible for an order. */
  can(order, action, { language = "en" } = {}) {
    check(order, "an order", "readOrder");
    if (!has(rulebook.actions, action)) {
      throw new RangeError(`'${action}' is not an action; there are: ${Object.keys(rulebook.actions).join(", ")}`);
    }
    return this.#toJson(this.#action(order.facts, action), languageOf(language), order, action);
  }

  /** Return a decision for each section: whether it may change now. */
  editable(order, { language = "en" } = {}) {
    check(order, "an order", "readOrder");
    const chosen = languageOf(language);
    return Object.fromEntries(
      sections.map((section) => [section, this.#toJson(this.#section(order.facts, section), chosen, order)]),
    );
  }

  /** Return the statuses that may follow the present one; null if no rule reads the status asked for. */
  nextStatuses(order, key) {
    check(order, "an order", "readOrder");
    const pairs = followed.filter(([, asked]) => key === undefined || asked.attribute === key);
    if (pairs.length === 0) {
      if (key === undefined) return null;
      throw new RangeError(`${key} is not the key of a status`);
    }
    const [current, asked] = pairs[0];
    return asked.values.filter((value) => {
      if (id(value) === id(asked.unset) || id(value) === id(order.facts[current.name])) return false;
      const patch = makePatch({ [asked.attribute]: value });
      return this.#decide(order.facts, patch.facts, patch.keys).violations.length === 0;
    });
  }

  /** Split an update into the largest part that is allowed and the rest. */
  split(order, patch, { language = "en" } = {}) {
    const decision = this.canUpdate(order, patch, { language });
    const touched = unique(patch.keys.map((key) => sectionOf.get(key)));
    for (const without of subsets(touched)) {
      const part = (isKept) =>
        makePatch(
          Object.fromEntries(
            Object.entries(patch.body).filter(([key]) => isKept(without.includes(sectionOf.get(key)))),
          ),
        );
      const allowed = part((dropped) => !dropped);
      if (this.#decide(order.facts, allowed.facts, allowed.keys).violations.length === 0) {
        return { allowed: allowed.body, refused: part((dropped) => dropped).body, decision };
      }
    }
    throw new Error("the empty update is always allowed");
  }

  /** Return this policy with the values of some parameters. */
  given(values) {
    const known = Object.entries(this.#settings).map(([name, value]) => [factByName.get(name).attribute, value]);
    return new Policy({ given: { ...Object.fromEntries(known), ...values }, assumptions: this.#assumptions });
  }

  /** Return what was decided before for the same facts and keys, or decide: an answer depends on nothing else. */
  #once(question, answer) {
    const asked = id(question);
    const known = this.#decided.get(asked);
    if (known !== undefined) return known;
    if (this.#decided.size >= MOST_DECISIONS) this.#decided.clear();
    const decision = answer();
    this.#decided.set(asked, decision);
    return decision;
  }

  #decide(orderPoint, updatePoint, keys) {
    return this.#once([orderPoint, updatePoint, keys], () => this.#decideAnew(orderPoint, updatePoint, keys));
  }

  #section(orderPoint, section) {
    return this.#once([orderPoint, section], () => this.#sectionAnew(orderPoint, section));
  }

  #action(orderPoint, action) {
    return this.#once([orderPoint, action], () => this.#actionAnew(orderPoint, action));
  }

  #actionAnew(orderPoint, action) {
    const point = { ...orderPoint, ...this.#settings };
    const own = this.#rules.filter((rule) => rule.section === action);
    const violations = own
      .filter((rule) => !possible(rule.only_if, point))
      .map((rule) => this.#violation(rule, [], point));
    const isOpen = (rules) =>
      rules.filter((rule) => rule.section === action).every((rule) => possible(rule.only_if, point));
    return {
      violations,
      waivers: [],
      assumptions: this.#flipped((rules) => isOpen(rules) === violations.length > 0),
      caveats: own.flatMap((rule) => this.#notesOn(rule, point)),
    };
  }

  #decideAnew(orderPoint, updatePoint, keys) {
    const point = { ...orderPoint, ...updatePoint, ...this.#settings };
    const broken = this.#brokenRules(this.#rules, point);
    const waivers = rulebook.waivers.filter((waiver) => possible(waiver.when, point));
    const closed = new Set(broken.map((rule) => rule.section));
    const touched = (rule) => keys.filter((key) => sectionOf.get(key) === rule.section);
    const touches = (names) => keys.some((key) => names.has(sectionOf.get(key)));
    const refused = touches(closed) && waivers.length === 0;
    const isOpened = waivers.some((waiver) => certain(waiver.when, point));
    const notes = this.#rules
      .filter((rule) => isSection(rule) && touched(rule).length > 0)
      .flatMap((rule) => this.#notesOn(rule, point))
      .filter((note) => !isOpened || note.note === "caveat");
    const doubtful =
      isOpened || !touches(closed) ? [] : waivers.flatMap((waiver) => notGiven(waiver, waiver.when, this.#settings));
    return {
      violations: refused
        ? broken.filter((rule) => touched(rule).length > 0).map((rule) => this.#violation(rule, touched(rule), point))
        : [],
      waivers: touches(closed) ? waivers : [],
      assumptions: this.#flipped((rules) => {
        const there = new Set(waivers.length > 0 ? [] : this.#brokenRules(rules, point).map((rule) => rule.section));
        return touches(there) !== refused;
      }),
      caveats: [...notes, ...doubtful],
    };
  }

  #brokenRules(rules, point) {
    return rules.filter((rule) => isSection(rule) && !possible(rule.only_if, point));
  }

  #flipped(isFlipped) {
    return unique(this.#alternatives.filter(({ rules }) => isFlipped(rules)).map(({ assumption }) => assumption));
  }

  #violation(rule, keys, point) {
    const facts = factsOf(rule.only_if)
      .filter((name) => has(point, name))
      .map((name) => [name, point[name]]);
    return { rule, keys, facts };
  }

  #notesOn(rule, point) {
    const notes = rule.caveat ? [{ note: "caveat", params: { rule: rule.id }, text: rule.caveat }] : [];
    const isUncertain = possible(rule.only_if, point) && !certain(rule.only_if, point);
    return isUncertain ? [...notes, ...notGiven(rule, rule.only_if, this.#settings)] : notes;
  }

  #sectionAnew(orderPoint, section) {
    const own = updateFacts.filter((fact) => sectionOf.get(fact.attribute) === section);
    const keys = rulebook.sections[section].keys;
    const still = Object.fromEntries(updateFacts.map((fact) => [fact.name, fact.unset]));
    if (own.length === 0) return this.#decide(orderPoint, still, keys);
    const decisions = [];
    for (const values of assignments(own.map((fact) => fact.name))) {
      const asked = own.filter((fact) => id(values[fact.name]) !== id(fact.unset));
      const isPresent = followed.some(
        ([current, fact]) => own.includes(fact) && id(values[fact.name]) === id(orderPoint[current.name]),
      );
      if (asked.length === 0 || isPresent) continue;
      const sent = asked.map((fact) => fact.attribute);
      const decision = this.#decide(orderPoint, { ...still, ...values }, sent);
      if (decision.violations.length === 0) {
        const free = keys.filter((key) => !own.some((fact) => fact.attribute === key));
        return this.#decide(orderPoint, { ...still, ...values }, [...free, ...sent]);
      }
      decisions.push(decision);
    }
    if (decisions.length === 0) return this.#decide(orderPoint, still, keys);
    // Every value is refused, so the evidence does not mention the value asked for.
    const refusing = new Map(decisions.flatMap(({ violations }) => violations).map((each) => [each.rule.id, each]));
    const violations = [...refusing.values()].map((each) => ({
      ...each,
      facts: each.facts.filter(([name]) => has(orderPoint, name)),
    }));
    return { ...decisions[0], violations };
  }

  #toJson(decision, language, order, asked) {
    const given = Object.entries(this.#settings);
    const { violations, notes, ...told } = tell(decision, language);
    const evidence = ([name, value]) => {
      const fact = factByName.get(name);
      return { fact: name, value: fact.of === "order" ? shown(fact, order) : value };
    };
    return {
      version: 1,
      rulebook: {
        name: rulebook.platform,
        edition: rulebook.edition,
        ...(Object.keys(this.#assumptions).length > 0
          ? { assumptions: this.#assumptions }
          : { digest: rulebook.digest }),
        ...(given.length > 0 ? { given: Object.fromEntries(given) } : {}),
      },
      order: Object.fromEntries(orderFacts.map((fact) => [fact.name, shown(fact, order)])),
      ...(asked?.keys
        ? { update: { keys: [...asked.keys], facts: { ...asked.facts } } }
        : asked
          ? { action: asked }
          : {}),
      allowed: violations.length === 0,
      violations: violations.map((each) => ({ ...each, facts: each.facts.map(evidence) })),
      ...told,
      notes: [...notesOn(order).map((note) => noteJson(note, language)), ...notes],
    };
  }
}

/** How many decisions a policy keeps. */
const MOST_DECISIONS = 2048;
const toldBefore = new WeakMap();

/** Return what an answer says of a decision whatever the order's spelling is; it is frozen and kept with the decision. */
const tell = (decision, language) => {
  const byLanguage = toldBefore.get(decision) ?? {};
  toldBefore.set(decision, byLanguage);
  return (byLanguage[language.CODE] ??= freeze(tellAnew(decision, language)));
};

const tellAnew = (decision, language) => ({
  violations: decision.violations.map(({ rule, keys, facts }) => {
    const actual = pointText(facts, { language, forMerchants: true });
    const needed = expectedText(rule.only_if, Object.fromEntries(facts), keys.length > 0, language);
    const code = keys.length > 0 ? "cannot_change" : "not_possible";
    return {
      rule: rule.id,
      section: rule.section,
      keys,
      facts,
      condition: rule.only_if,
      actual,
      expected: needed,
      message: render(language, "DECISIONS", code, { subject: rule.subject, actual, needed }),
      reason: translate(rule.reason, language),
    };
  }),
  waivers: decision.waivers.map((waiver) => ({
    waiver: waiver.id,
    condition: waiver.when,
    when: conditionText(waiver.when, { language }),
    reason: translate(waiver.reason, language),
  })),
  assumptions: decision.assumptions.map((each) => ({
    assumption: each.id,
    question: translate(each.question, language),
    answer: translate(each.answer, language),
    alternatives: each.alternatives.map((other) => other.name),
  })),
  notes: [
    ...new Map(decision.caveats.map((note) => [noteText(note, languages.en), noteJson(note, language)])).values(),
  ],
});

const noteJson = (note, language) => ({
  note: note.note,
  params: Object.fromEntries(Object.entries(note.params).map(([name, value]) => [name, value.en ?? value])),
  message: noteText(note, language),
});

const settingsOf = (values) =>
  Object.fromEntries(
    Object.entries(values).map(([keyword, raw]) => {
      const parameter = parameters.find((each) => each.attribute === keyword);
      if (parameter === undefined) {
        const known = parameters.map((each) => each.attribute).join(", ") || "none";
        throw new TypeError(
          `the ${rulebook.platform} rulebook has no parameter ${keyword}, its parameters are: ${known}`,
        );
      }
      return [parameter.name, valueOf(parameter, raw)];
    }),
  );

const notGiven = (entry, condition, settings) =>
  parameters
    .filter(({ name }) => factsOf(condition).includes(name) && !has(settings, name))
    .map((parameter) => ({
      note: "not_given",
      params: { rule: entry.id, parameter: title(parameter) },
      text: parameter.missing,
    }));

/** Return pairs of a fact of the order and the fact of the update that changes it. */
const tablesIn = (condition) =>
  (condition.all ?? condition.any ?? []).flatMap(tablesIn).concat(condition.follows ? [condition] : []);
const followed = (() => {
  const conditions = [...rulebook.rules.map((rule) => rule.only_if), ...rulebook.waivers.map((waiver) => waiver.when)];
  const read = new Set(conditions.flatMap(factsOf));
  const byTable = rulebook.rules.flatMap((rule) => tablesIn(rule.only_if)).map((table) => [table.follows, table.fact]);
  const byName = updateFacts
    .filter((asked) => read.has(asked.name) && asked.bands.length === 0)
    .map((asked) => [orderFacts.find((fact) => fact.attribute === asked.attribute)?.name, asked.name])
    .filter(([current]) => current !== undefined);
  const pairs = new Map([...byTable, ...byName].map((pair) => [id(pair), pair]));
  return [...pairs.values()].map((pair) => pair.map((name) => factByName.get(name)));
})();

/** Iterate over all sets of sections, smaller ones first. */
function* subsets(list) {
  for (let size = 0; size <= list.length; size += 1) yield* choose(list, size);
}
function* choose(list, size) {
  if (size === 0) yield [];
  else
    for (const [place, first] of list.entries())
      for (const rest of choose(list.slice(place + 1), size - 1)) yield [first, ...rest];
}

/** Return the value of a fact of an order for JSON; a value that is not listed is shown as the order spells it. */
const shown = (fact, order) => {
  const value = order.facts[fact.name];
  if (value !== UNKNOWN) return value;
  const raw = order.attributes[fact.attribute];
  return raw === null || raw === UNSET || raw === undefined
    ? { state: "not shown" }
    : { ...UNKNOWN, ...spelling(fact, raw) };
};

const LONGEST = 40;
const spelling = (fact, raw) => {
  const word = String(raw);
  const suggestion = closeTo(word, fact);
  const characters = [...word.slice(0, 2 * LONGEST + 2)];
  const cut = characters.length > LONGEST ? `${characters.slice(0, LONGEST).join("")}…` : word;
  return { shown: cut, ...(suggestion ? { suggestion } : {}) };
};

const notesOn = (order) =>
  orderFacts
    .filter((fact) => order.facts[fact.name] === UNKNOWN)
    .map((fact) => {
      const raw = order.attributes[fact.attribute];
      const text = fact.notes.get(id(raw === UNSET ? { state: "left out" } : raw)) ?? "";
      const params = { fact: title(fact) };
      if (raw === null || raw === undefined) return { note: "not_shown", params, text };
      return raw === UNSET
        ? { note: "unreadable", params, text }
        : { note: "not_listed", params: { ...params, ...spelling(fact, raw) }, text };
    });

const noteText = (note, language) =>
  note.text
    ? translate(note.text, language)
    : render(language, "NOTES", has(note.params, "suggestion") ? "not_listed_but" : note.note, note.params);

/** Return the value that is probably meant: a usual mistake, or the most similar one. */
const closeTo = (word, fact) => {
  if (word.length > 64) return "";
  const normalized = word.trim().toLowerCase();
  const words = new Map(fact.words);
  const meant = words.get(normalized) ?? words.get(normalized.replaceAll(" ", "_").replaceAll("-", "_"));
  if (meant !== undefined) return meant;
  const known = fact.values.map((value) => (isObject(value) ? value.state : String(value)));
  const ranked = known
    .map((text) => [similarity(normalized, text), text])
    .filter(([ratio]) => ratio >= 0.75)
    .sort(([one, first], [other, second]) => other - one || (first < second ? 1 : -1));
  return ranked[0]?.[1] ?? "";
};

/** Return how similar two texts are, from 0 to 1: twice the matching characters over all (Ratcliff and Obershelp). */
const similarity = (one, other) => {
  const matching = (first, second) => {
    let best = [0, 0, 0];
    for (let start = 0; start < second.length; start += 1) {
      for (let place = 0; place < first.length; place += 1) {
        let size = 0;
        while (size < first.length - place && first[place + size] === second[start + size]) size += 1;
        const isBetter = size > best[2] || (size === best[2] && size > 0 && place < best[0]);
        if (isBetter) best = [place, start, size];
      }
    }
    const [place, start, size] = best;
    if (size === 0) return 0;
    return (
      size +
      matching(first.slice(0, place), second.slice(0, start)) +
      matching(first.slice(place + size), second.slice(start + size))
    );
  };
  return one.length + other.length === 0 ? 1 : (2 * matching(other, one)) / (one.length + other.length);
};

/** Return a policy: with some parameters given, and with other answers to assumptions, `{ S2: "family" }`. */
export const policy = (options) => new Policy(options);

/** The policy with the answers of the rulebook. */
export const POLICY = policy();
export const { canUpdate, can, editable, split, nextStatuses, given } = POLICY;

/** Return a decision unless it refuses. */
export const assertAllowed = (decision) => {
  if (!decision.allowed) throw new UpdateRefused(decision);
  return decision;
};
