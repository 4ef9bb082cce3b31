import { id } from '@gatehouse/contracts';
import type { FieldError } from '@gatehouse/errors';
import { z } from 'zod';
import { kitError, validationFailed } from './http-error.ts';
import { toPointer } from './json-pointer.ts';
import { PAGE_DEPTH_LIMIT } from './paging.ts';
import type { Route } from './route.ts';

/** Named fields of one answer; more are not listed. */
const ERRORS_LIMIT = 100;

type RawInput = Readonly<{
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  body: unknown;
}>;
export type InputValidator = Readonly<{
  /** 404 for what is no path of this route. */
  params(params: RawInput['params']): unknown;
  /** 422 with every field of query and body that does not fit, at once. */
  queryAndBody(query: URLSearchParams, body: unknown): Readonly<{ query: unknown; body: unknown }>;
}>;

/** Built once per route. */
export const createInputValidator = ({ path, options }: Pick<Route, 'path' | 'options'>): InputValidator => {
  const paramsSchema = options.params ?? defaultParams(path);
  const querySchema = options.query ?? z.strictObject({});
  const bodySchema = options.body ?? z.strictObject({}).optional();
  const takesBody = options.body !== undefined;

  return {
    params: (params) => {
      if (Object.values(params).some(isOddSegment)) throw kitError('not_found');
      const parsed = paramsSchema.safeParse(params);
      if (!parsed.success) throw kitError('not_found');
      return parsed.data;
    },
    queryAndBody: (rawQuery, rawBody) => {
      const errors: FieldError[] = [];
      const query = querySchema.safeParse(toQueryObject(rawQuery, errors));
      const body = bodySchema.safeParse(rawBody);
      if (!query.success) errors.push(...toFieldErrors(query.error));
      if (!body.success) errors.push(...toFieldErrors(body.error));
      if (query.success) errors.push(...findDeepPage(query.data));
      if (errors.length > 0) throw validationFailed(errors.slice(0, ERRORS_LIMIT));
      return { query: query.data, body: takesBody ? body.data : undefined };
    },
  };
};

/** A decoded parameter must not turn into another path, or end a text early, wherever it is used. */
const isOddSegment = (value: string): boolean =>
  value === '.' || value === '..' || value.length > 256 || /[/\\\p{Cc}]/u.test(value);

const defaultParams = (path: string): z.ZodType => {
  const names = path.split('/').flatMap((segment) => (segment.startsWith(':') ? [segment.slice(1)] : []));
  return z.strictObject(
    Object.fromEntries(names.map((name) => [name, /^id$|Id$/.test(name) ? id : z.string().min(1)])),
  );
};

/** Repeating a parameter is refused: which of the values counts would differ from part to part. */
const toQueryObject = (query: URLSearchParams, errors: FieldError[]): Record<string, string> => {
  const entries = new Map<string, string>();
  for (const [name, value] of query) {
    if (entries.has(name)) errors.push({ path: toPointer([name]), message: 'Give it once.' });
    entries.set(name, value);
  }
  return Object.fromEntries(entries);
};

const findDeepPage = (query: unknown): readonly FieldError[] => {
  const { page, limit, cursor } = (query ?? {}) as Readonly<Record<string, unknown>>;
  const isDeep =
    typeof page === 'number' &&
    typeof limit === 'number' &&
    cursor === undefined &&
    page * limit > PAGE_DEPTH_LIMIT;
  return isDeep
    ? [{ path: '/page', message: `page × limit is at most ${PAGE_DEPTH_LIMIT}: go on with the cursor.` }]
    : [];
};

/** Every issue with the pointer of its own field; an unknown field is named itself, not the object that it is in. */
const toFieldErrors = (error: z.ZodError): readonly FieldError[] => error.issues.flatMap(toErrors);

const toErrors = (issue: z.core.$ZodIssue): readonly FieldError[] => {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: toPointer([...issue.path, key]),
      message: 'This field is not known.',
    }));
  return [{ path: toPointer(issue.path), message: issue.message }];
};
