import { defineErrors } from '@gatehouse/errors';
import type { z } from 'zod';

export const environmentError = defineErrors({
  invalid_configuration: ['invalid', 'The environment has wrong settings.'],
});

export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads environment variables by one or more schemas, whose results come in their order. An empty variable counts as
 * unset.
 *
 * @throws invalid_configuration naming every variable that is missing or wrong in any of them, at once; never a value.
 */
export const parseEnvironment = <const S extends readonly z.ZodType[]>(
  variables: Variables,
  ...schemas: S
): { readonly [K in keyof S]: z.output<S[K]> } => {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const results = schemas.map((schema) => schema.safeParse(given));
  const faults = results.flatMap(({ error }) => error?.issues ?? []).map((issue) => toFault(issue, given));
  if (faults.length > 0) {
    throw environmentError('invalid_configuration', {
      message: `These environment variables are missing or wrong (docs/reference/configuration.md lists them all):\n${[...new Set(faults)].join('\n')}`,
    });
  }
  return results.map(({ data }) => data) as { readonly [K in keyof S]: z.output<S[K]> };
};

const toFault = ({ path, message }: z.core.$ZodIssue, given: Variables): string => {
  const name = path.join('.');
  return `  ${name}: ${given[name] === undefined && path.length > 0 ? 'is missing' : message}`;
};
