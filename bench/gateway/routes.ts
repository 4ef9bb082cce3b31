/** How many routes the gateway has, and how many users send requests. */
export const routeCount = 100;
export const userCount = 1000;

/** A path below the route with this number; it says something else for every request. */
export const pathOf = (route: number, item: number): string => `/api/r${route}/items/${item}`;

/**
 * The gateway's configuration: all policies on, limits that never fire. What is not set here is the default (retries,
 * breaker, deadlines, body limit, traces of 1% of the requests).
 */
export const gatewayYaml = (
  count: number = routeCount,
  limitBy: 'principal' | 'ip' = 'principal',
): string => {
  const routes = Array.from(
    { length: count },
    (_, route) => `  - { name: r${route}, path: /api/r${route}/*, service: upstream, auth: required }`,
  );
  return [
    'defaults:',
    // So long a window that nobody is forgotten while a measurement lasts.
    `  rateLimit: { name: default, limit: 1000000, window: 3600s, by: ${limitBy} }`,
    'addressLimit: { requests: 100000000, failedCredentials: 1000, window: 3600s }',
    'routes:',
    ...routes,
    '',
  ].join('\n');
};
