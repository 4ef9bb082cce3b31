import { get } from 'node:http';

/** Asks a health endpoint; resolves with the status, rejects when there is none within `timeoutMs`. */
export type FetchHealth = (url: string, timeoutMs: number) => Promise<number>;

/**
 * One GET on a connection of its own, as Consul does it: a check that reuses a connection would not notice that no new
 * ones are accepted. The body is not read.
 */
export const fetchHealthByHttp: FetchHealth = (url, timeoutMs) =>
  new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const request = get(url, { agent: false, signal }, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    request.on('error', reject);
  });
