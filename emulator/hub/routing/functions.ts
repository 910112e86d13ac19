import { isObject } from '../../world/json';
import { isPrimitive, type Value } from '../conditions/operators';

type Work = (...args: Value[]) => Value;

const ofNumber =
  (work: (n: number) => number): Work =>
  (value) =>
    typeof value === 'number' ? work(value) : undefined;
const ofText =
  (work: (text: string) => Value): Work =>
  (value) =>
    typeof value === 'string' ? work(value) : undefined;
const ofTexts =
  (work: (a: string, b: string) => Value): Work =>
  (a, b) =>
    typeof a === 'string' && typeof b === 'string' ? work(a, b) : undefined;

/** As number, or undefined for what is none. */
function asNumber(value: Value): Value {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined;
}

function substring(text: Value, start: Value, length: Value): Value {
  if (typeof text !== 'string' || typeof start !== 'number') return undefined;
  return text.slice(Math.max(0, start), typeof length === 'number' ? Math.max(0, start) + length : undefined);
}

const TABLE = {
  ABS: [1, 1, ofNumber(Math.abs)],
  EXP: [1, 1, ofNumber(Math.exp)],
  POWER: [2, 2, (a, b) => (typeof a === 'number' && typeof b === 'number' ? a ** b : undefined)],
  SQUARE: [1, 1, ofNumber((n) => n * n)],
  CEILING: [1, 1, ofNumber(Math.ceil)],
  FLOOR: [1, 1, ofNumber(Math.floor)],
  SIGN: [1, 1, ofNumber(Math.sign)],
  SQRT: [1, 1, ofNumber(Math.sqrt)],
  AS_NUMBER: [1, 1, asNumber],
  IS_ARRAY: [1, 1, (value) => Array.isArray(value)],
  IS_BOOL: [1, 1, (value) => typeof value === 'boolean'],
  IS_DEFINED: [1, 1, (value) => value !== undefined],
  IS_NULL: [1, 1, (value) => value === null],
  IS_NUMBER: [1, 1, (value) => typeof value === 'number'],
  IS_OBJECT: [1, 1, (value) => isObject(value)],
  IS_PRIMITIVE: [1, 1, isPrimitive],
  IS_STRING: [1, 1, (value) => typeof value === 'string'],
  CONCAT: [2, 20, (...texts) => (texts.every((text) => typeof text === 'string') ? texts.join('') : undefined)],
  LENGTH: [1, 1, ofText((text) => text.length)],
  LOWER: [1, 1, ofText((text) => text.toLowerCase())],
  UPPER: [1, 1, ofText((text) => text.toUpperCase())],
  SUBSTRING: [2, 3, substring],
  INDEX_OF: [2, 2, ofTexts((text, part) => text.indexOf(part))],
  STARTS_WITH: [2, 2, ofTexts((text, part) => text.startsWith(part))],
  ENDS_WITH: [2, 2, ofTexts((text, part) => text.endsWith(part))],
  CONTAINS: [2, 2, ofTexts((text, part) => text.includes(part))],
} as const satisfies Record<string, readonly [fewest: number, most: number, work: Work]>;

export type FunctionName = keyof typeof TABLE;

/** How many arguments each function takes, for the grammar. */
export const ARITIES: Readonly<Record<string, readonly [number, number]>> = Object.fromEntries(
  Object.entries(TABLE).map(([name, [fewest, most]]) => [name, [fewest, most] as const]),
);

/** What a function does with its arguments; the grammar has checked how many there are. */
export const functionOf = (name: FunctionName): Work => TABLE[name][2];
