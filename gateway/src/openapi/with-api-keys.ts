import type { OpenApiDocument } from './merge-documents.ts';

const scheme = {
  type: 'apiKey',
  in: 'header',
  name: 'X-Api-Key',
  description: 'A key of `POST /api/users/me/api-keys`. Not together with a bearer token.',
} as const;

type Requirement = Readonly<Record<string, unknown>>;

/**
 * A service's document as its callers outside see it: services know bearer tokens alone, and the gateway makes one of an API
 * key. So wherever a token opens, a key does.
 */
export const withApiKeys = (document: OpenApiDocument): OpenApiDocument => {
  const { paths = {}, components = {} } = document;
  return {
    ...document,
    paths: mapValues(paths, (item) => mapValues(item, withKey)),
    components: { ...components, securitySchemes: { ...components.securitySchemes, apiKey: scheme } },
  };
};

const withKey = (operation: unknown): unknown => {
  if (typeof operation !== 'object' || operation === null || !('security' in operation)) return operation;
  const { security } = operation;
  if (!Array.isArray(security) || !security.some(isBearer)) return operation;
  return { ...operation, security: [...security, { apiKey: [] }] };
};

const isBearer = (requirement: Requirement): boolean => 'bearer' in requirement;

const mapValues = <A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
