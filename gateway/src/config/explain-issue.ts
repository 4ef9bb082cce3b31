import type { z } from 'zod';
import { nearestName } from './nearest-name.ts';
import type { Mistake } from './route-mistakes.ts';

type Schema = z.core.$ZodType;
type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

/** What a schema says by itself, in words that tell what to write instead. For `safeParse`'s `error`. */
export const describeIssue = (issue: RawIssue): string | undefined => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `It is missing: expected ${nounOf(issue.expected)}`
        : `Expected ${nounOf(issue.expected)}`;
    case 'invalid_value': {
      const values = issue.values.map(String);
      const expected = values.length === 1 ? values[0] : `one of ${values.join(', ')}`;
      return `Expected ${expected}${didYouMean(String(issue.input), values)}`;
    }
    case 'too_small':
      return `Expected ${amount('at least', issue.minimum, issue.origin)}`;
    case 'too_big':
      return `Expected ${amount('at most', issue.maximum, issue.origin)}`;
    default:
      return undefined;
  }
};

const nouns: Readonly<Record<string, string>> = {
  object: 'settings like { name: value }',
  record: 'settings like { name: value }',
  array: 'a list like [one, other]',
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
};

const nounOf = (type: string): string => nouns[type] ?? type;

const amount = (bound: string, count: number | bigint, origin: string): string => {
  if (origin === 'string') return `${bound} ${count} characters`;
  return origin === 'array' ? `${bound} ${count} of them` : `${bound} ${count}`;
};

const didYouMean = (name: string, known: readonly string[]): string => {
  const meant = nearestName(name, known);
  return meant === undefined ? '' : `; do you mean ${meant}?`;
};

/** An issue of `schema` as mistakes: each unknown setting by itself, with the one that was most likely meant. */
export const toMistakes = (issue: Issue, schema: Schema): readonly Mistake[] => {
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = settingsAt(schema, issue.path);
      return issue.keys.map((key) => ({
        path: [...issue.path, key],
        message: `There is no such setting${didYouMean(key, known)}`,
      }));
    }
    case 'invalid_key':
      return [{ path: issue.path, message: issue.issues[0]?.message ?? issue.message }];
    case 'invalid_union': {
      // The alternative whose kind it is tells more than that none fits.
      const meant = issue.errors.find((issues) =>
        issues.every(({ code, path }) => !isOfOtherKind(code, path)),
      );
      return meant === undefined
        ? [{ path: issue.path, message: issue.message }]
        : meant.flatMap((inner) =>
            toMistakes({ ...inner, path: [...issue.path, ...inner.path] } as Issue, schema),
          );
    }
    default:
      return [{ path: issue.path, message: issue.message }];
  }
};

const isOfOtherKind = (code: string | undefined, path: readonly PropertyKey[]): boolean =>
  (code === 'invalid_type' && path.length <= 1) || code === 'unrecognized_keys' || code === 'invalid_value';

/** The names of the settings that an object at this place may have. */
const settingsAt = (schema: Schema, path: readonly PropertyKey[]): readonly string[] => {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'prefault':
      return settingsAt(def.innerType, path);
    case 'pipe':
      return settingsAt(def.in, path);
    case 'union':
      return def.options.flatMap((option) => settingsAt(option, path));
    case 'array':
      return settingsAt(def.element, path.slice(1));
    case 'record':
      return settingsAt(def.valueType, path.slice(1));
    case 'object': {
      const [step, ...rest] = path;
      if (step === undefined) return Object.keys(def.shape);
      const next = def.shape[String(step)];
      return next === undefined ? [] : settingsAt(next, rest);
    }
    default:
      return [];
  }
};
