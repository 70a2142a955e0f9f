// How fast the JavaScript package of Salla decides, against ifs by hand that return a bare bool: in one process, in turn.
// Usage: node javascript.mjs FOLDER_OF_THE_PACKAGE; writes the rows as JSON.
import { pathToFileURL } from "node:url";

const { canUpdate, editable, readOrder, readPatch } = await import(pathToFileURL(`${process.argv[2]}/index.js`));
const payload = (status) => ({ id: 7, status: { slug: status }, draft: false, customer: { id: 1 } });
const body = { branch_id: 7, coupon_code: "EID" };
const text = JSON.stringify(body);

function byIfs({ status, draft, customer }, update) {
  if (draft) return true;
  if ("customer" in update && customer) return false;
  if ("payment" in update && status.slug !== "payment_pending") return false;
  if (status.slug === "completed") {
    if ("receiver" in update || "coupon_code" in update || "ship_to" in update) return false;
    if ("courier_id" in update || "branch_id" in update || "delivery_method" in update) return false;
  }
  return true;
}

let kept = 0;
const byHand = (status) => {
  const order = payload(status);
  return () => {
    kept += byIfs(order, body) ? 1 : 0;
  };
};
const asked = (status) => {
  const order = readOrder(payload(status));
  const patch = readPatch(body);
  return () => {
    kept += canUpdate(order, patch).allowed ? 1 : 0;
  };
};
const order = readOrder(payload("in_progress"));
const parsed = () => {
  kept += JSON.parse(text).branch_id;
};
const comparisons = [
  ["`canUpdate`, allowed", "the ifs by hand, a bare bool", asked("in_progress"), byHand("in_progress")],
  ["`canUpdate`, refused, with its sentences", "the ifs by hand, a bare bool", asked("completed"), byHand("completed")],
  [
    "`readPatch` of a text",
    "`JSON.parse`",
    () => {
      kept += readPatch(text).keys.length;
    },
    parsed,
  ],
  [
    "`readOrder` of an object",
    "`JSON.parse`",
    () => {
      kept += readOrder(payload("completed")).id;
    },
    parsed,
  ],
  [
    "`editable`",
    "`JSON.parse`",
    () => {
      kept += Object.keys(editable(order)).length;
    },
    parsed,
  ],
];

const ROUNDS = 101;
function time(act, times) {
  const start = process.hrtime.bigint();
  for (let index = 0; index < times; index += 1) act();
  return Number(process.hrtime.bigint() - start) / times;
}
function calibrate(act) {
  let times = 1;
  while (time(act, times) * times < 1e6) times *= 2;
  return times;
}
const quantile = (sorted, part) => sorted[Math.floor((sorted.length - 1) * part)];
const rows = comparisons.map(([what, against, ours, theirs]) => {
  for (let index = 0; index < 20000; index += 1) {
    ours();
    theirs();
  } // Compiled by now.
  const times = [calibrate(ours), calibrate(theirs)];
  const rounds = Array.from({ length: ROUNDS }, () => [time(ours, times[0]), time(theirs, times[1])]);
  const sorted = (values) => values.sort((one, other) => one - other);
  const ratios = sorted(rounds.map(([own, other]) => own / other));
  return {
    what,
    against,
    ratio: quantile(ratios, 0.5),
    low: quantile(ratios, 0.25),
    high: quantile(ratios, 0.75),
    nanoseconds: quantile(sorted(rounds.map(([own]) => own)), 0.5),
    theirs: quantile(sorted(rounds.map(([, other]) => other)), 0.5),
  };
});
if (kept < 0) throw new Error("nothing was asked");
console.log(JSON.stringify({ node: process.version, rows }));
