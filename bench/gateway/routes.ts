/** How many routes the gateway has, and how many users send requests. */
export const routeCount = 100;
export const userCount = 1000;

/** A path below the route with this number; it says something else for every request. */
export const pathOf = (route: number, item: number): string => `/api/r${route}/items/${item}`;

/**
 * The gateway's configuration: a hundred routes, all policies on, limits that never fire. What is not set here is the
 * default (retries, breaker, deadlines, body limit).
 */
export const gatewayYaml = (): string => {
  const routes = Array.from(
    { length: routeCount },
    (_, route) => `  - { name: r${route}, path: /api/r${route}/*, service: upstream, auth: required }`,
  );
  return [
    'defaults:',
    '  rateLimit: { name: default, limit: 1000000, window: 60s, by: principal }',
    'addressLimit: { requests: 100000000, failedCredentials: 1000, window: 60s }',
    'routes:',
    ...routes,
    '',
  ].join('\n');
};
