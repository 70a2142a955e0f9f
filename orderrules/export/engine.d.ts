/** A value that JSON has no value for, or a range of numbers. */
export type State =
  | { state: "unknown"; shown?: string; suggestion?: string }
  | { state: "left out" | "not shown" }
  | { text: string }
  | { above?: number; "at most"?: number };
export type Condition =
  | { all: Condition[] }
  | { any: Condition[] }
  | { fact: string; in: unknown[] }
  | { fact: string; "not in": unknown[] }
  | { fact: string; follows: string; table: [unknown, unknown[]][]; staying: boolean; not: boolean };
/** An order that was read: the facts that the rules read, and the raw values of its attributes. */
export interface Order {
  readonly id: number | string | null;
  readonly facts: Readonly<Facts>;
  readonly attributes: Readonly<Record<string, unknown>>;
}
/** An update that was read: the keys that it sends, in the order of the page. */
export interface Patch {
  readonly keys: readonly Key[];
  readonly body: Readonly<Body>;
  readonly facts: Readonly<Record<string, unknown>>;
}
/** One thing that could not be read. */
export interface Problem {
  pointer: string;
  code: Code;
  params: Record<string, unknown>;
  message: string;
}
export interface Violation {
  rule: RuleId;
  section: Section | Action;
  keys: readonly Key[];
  facts: { fact: string; value: unknown }[];
  condition: Condition;
  actual: string;
  expected: string;
  message: string;
  reason: string;
}
/** The answer, as the library's `Decision.to_dict()` returns it. */
export interface Decision {
  version: 1;
  /** The digest is that of the rulebook; under other assumptions, these stand in its place. */
  rulebook: {
    name: string;
    edition: string;
    digest?: string;
    assumptions?: Record<string, string>;
    given?: Record<string, unknown>;
  };
  order: Facts;
  update?: { keys: Key[]; facts: Record<string, unknown> };
  action?: Action;
  allowed: boolean;
  violations: Violation[];
  waivers: readonly { waiver: WaiverId; condition: Condition; when: string; reason: string }[];
  assumptions: readonly { assumption: AssumptionId; question: string; answer: string; alternatives: string[] }[];
  notes: {
    note: "caveat" | "not_given" | "not_shown" | "unreadable" | "not_listed";
    params: Record<string, string>;
    message: string;
  }[];
}
export interface Sentences {
  /** Also with a region, such as "ar-SA". */
  language?: Language | `${Language}-${string}` | undefined;
}
/** The input cannot be read; it has every problem. */
export class InvalidInput extends Error {
  private constructor();
  /** The first hundred. */
  readonly problems: Problem[];
  /** How many further problems there are. */
  readonly more: number;
}
/** The update is refused; `decision` says why. */
export class UpdateRefused extends Error {
  private constructor();
  readonly decision: Decision;
}
export interface Policy {
  canUpdate(order: Order, patch: Patch, options?: Sentences): Decision;
  can(order: Order, action: Action, options?: Sentences): Decision;
  editable(order: Order, options?: Sentences): Record<Section, Decision>;
  split(order: Order, patch: Patch, options?: Sentences): { allowed: Body; refused: Body; decision: Decision };
  /** The statuses that may follow the present one; null if no rule reads the status asked for. */
  nextStatuses(order: Order, key?: Key): Status[] | null;
  given(values: NonNullable<Options["given"]>): Policy;
}
/** Everything that the rules are made of. */
export const rulebook: Record<string, any>;
/** Read an order from an answer of the API or a webhook. Throws InvalidInput. */
export function readOrder(
  source: string | Uint8Array | ArrayBuffer | object,
  options?: Sentences & { guest?: boolean | undefined },
): Order;
/** Read the body of an update strictly. Throws InvalidInput. */
export function readPatch(source: Body | string | Uint8Array | ArrayBuffer, options?: Sentences): Patch;
/** Return a policy with parameters given, and with other answers to assumptions. */
export function policy(options?: Options): Policy;
export const POLICY: Policy;
export const canUpdate: Policy["canUpdate"];
export const can: Policy["can"];
export const editable: Policy["editable"];
export const split: Policy["split"];
export const nextStatuses: Policy["nextStatuses"];
export const given: Policy["given"];
/** Return a decision unless it refuses; throws UpdateRefused. */
export function assertAllowed(decision: Decision): Decision;
