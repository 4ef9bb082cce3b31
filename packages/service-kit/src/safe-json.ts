import type { FieldError } from '@gatehouse/errors';
import { kitError, validationFailed } from './http-error.ts';
import { toPointer } from './json-pointer.ts';

const DEPTH_LIMIT = 64;

/** Keys that change what an object is once somebody copies them with `Object.assign` or `target[key] = …`. */
const dangerous: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

type Node = Readonly<{ value: unknown; path: readonly (string | number)[] }>;

/**
 * Refuses what no schema of ours ever wants: keys that pollute prototypes (422 with their pointers) and nesting over 64
 * levels (400). Iterative, so that depth cannot exhaust the stack.
 */
export const assertSafeJson = (root: unknown): void => {
  const errors: FieldError[] = [];
  const open: Node[] = [{ value: root, path: [] }];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const { value, path } = node;
    if (typeof value !== 'object' || value === null) continue;
    if (path.length >= DEPTH_LIMIT)
      throw kitError('malformed_request', {
        message: `The body is nested deeper than ${DEPTH_LIMIT} levels.`,
      });
    const isArray = Array.isArray(value);
    for (const [key, child] of Object.entries(value)) {
      const childPath = [...path, isArray ? Number(key) : key];
      if (!isArray && dangerous.has(key))
        errors.push({ path: toPointer(childPath), message: 'This field is never allowed.' });
      else if (typeof child === 'object') open.push({ value: child, path: childPath });
    }
  }
  if (errors.length > 0) throw validationFailed(errors.slice(0, 100));
};
