import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import type { Auth, Route } from './route.ts';

const problem = z
  .object({
    type: z.string().meta({ examples: ['urn:gatehouse:problem:not_found'] }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().meta({ description: 'The request id.' }),
    code: z.string().meta({ description: 'Stable, snake_case.' }),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

const pageMeta = z
  .object({
    total: z.int(),
    page: z.int(),
    limit: z.int(),
    totalPages: z.int(),
    nextCursor: z.string().nullable(),
    totalIsCapped: z.literal(true).optional(),
  })
  .meta({ id: 'PageMeta' });

/** OpenAPI 3.1 of a service's public routes, as they are now: with a plugin's when it is active. `/internal/` is left out. */
export const createOpenApi = (
  service: Readonly<{ name: string; version: string }>,
  routes: readonly Route[],
): object =>
  createDocument({
    openapi: '3.1.0',
    info: { title: `Gatehouse ${service.name}`, version: service.version },
    paths: toPaths(
      routes.filter(({ path }) => !path.startsWith('/internal/')),
      service.name,
    ),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  });

const toPaths = (routes: readonly Route[], service: string): ZodOpenApiPathsObject => {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:([a-zA-Z]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: toOperation(route, service) };
  }
  return paths;
};

const toOperation = ({ method, path, options }: Route, service: string): ZodOpenApiOperationObject => {
  const { body, query, auth, idempotent } = options;
  return {
    operationId: toOperationId(method, path),
    summary: options.summary,
    tags: [options.tag ?? service],
    security: securityOf(auth),
    requestParams: {
      path: toPathParams(path, options.params),
      ...(query instanceof z.ZodObject ? { query } : {}),
      ...(idempotent
        ? { header: z.object({ 'Idempotency-Key': z.string().min(1).max(255).optional() }) }
        : {}),
    },
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: !body.safeParse(undefined).success,
            content: { 'application/json': { schema: body } },
          },
        }),
    responses: toResponses(options),
  };
};

/** `GET /api/posts/:id` → `getApiPostsById`: as stable as the path. */
const toOperationId = (method: string, path: string): string =>
  method.toLowerCase() +
  path
    .split(/[^a-zA-Z0-9:]+/)
    .filter((part) => part !== '')
    .map((part) => (part.startsWith(':') ? `By${capitalise(part.slice(1))}` : capitalise(part)))
    .join('');

const capitalise = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

const toPathParams = (path: string, params: z.ZodType | undefined): z.ZodObject => {
  if (params instanceof z.ZodObject) return params;
  const names = [...path.matchAll(/:([a-zA-Z]+)/g)].map(([, name]) => name as string);
  return z.object(
    Object.fromEntries(names.map((name) => [name, /^id$|Id$/.test(name) ? z.uuid() : z.string()])),
  );
};

const securityOf = (auth: Auth): Record<string, string[]>[] => {
  switch (auth) {
    case 'none':
      return [];
    case 'optional':
      return [{}, { bearer: [] }];
    case 'required':
    case 'verified':
    case 'admin':
    case 'service':
      return [{ bearer: [] }];
  }
};

const toResponses = ({ responses, auth, body, query }: Route['options']): ZodOpenApiResponsesObject => {
  const isPaged = query instanceof z.ZodObject && 'cursor' in query.shape;
  const entries = Object.entries(responses ?? {}).map(([status, data]) => [
    status,
    {
      description: descriptionOf(status),
      ...(status === '204'
        ? {}
        : {
            content: {
              'application/json': {
                schema: z.object(isPaged ? { data, meta: pageMeta } : { data }),
              },
            },
          }),
    },
  ]);
  const refused = [
    ...(auth === 'none' ? [] : ['401']),
    ...(auth === 'verified' || auth === 'admin' ? ['403'] : []),
    ...(body === undefined ? [] : ['422']),
    'default',
  ].map((status) => [
    status,
    {
      description: status === 'default' ? 'A problem' : descriptionOf(status),
      content: { 'application/problem+json': { schema: problem } },
    },
  ]);
  return Object.fromEntries([...entries, ...refused]);
};

const descriptions: Readonly<Record<string, string>> = {
  200: 'Done',
  201: 'Created',
  202: 'Accepted',
  204: 'Done, nothing to say',
  401: 'No credentials, or broken ones',
  403: 'Not allowed',
  422: 'Does not fit the schema',
};

const descriptionOf = (status: string): string => descriptions[status] ?? `Status ${status}`;
