import { isIPv6 } from 'node:net';
import type { Instance } from '@gatehouse/registry';
import { Pool } from 'undici';

/**
 * How one try at an instance ended.
 * - `ok`: it answered, and did what it was asked for as far as one can tell.
 * - `failed`: a broken connection, no HTTP, or a status that says that it is unwell.
 * - `refused`: no connection came about; nobody is there.
 * - `slow`: it took the request and did not answer in time.
 * - `released`: ended by somebody else (the client hung up, a refusal of ours): says nothing about the instance.
 */
export type Outcome = 'ok' | 'failed' | 'refused' | 'slow' | 'released';

/** One instance of a service as the gateway uses it. What is dialled comes from the registry alone. */
export type UpstreamInstance = {
  readonly instance: Instance;
  readonly pool: Pool;
  /** Requests that were handed to it and have not ended. */
  inFlight: number;
  /** To be told once for each try: passive health goes by it. */
  outcome(kind: Outcome): void;
};

/** Within the 2 s of one try, so that a dead machine leaves time for another instance. */
const connectTimeoutMs = 1000;
/** Below the 5 s of Node's servers, so that idle connections are closed from this side first. */
const keepAliveMs = 4000;

/** Connections are opened as needed, one for each request in flight: their number is bounded by `maxInFlight`. */
export const openInstance = (instance: Instance): UpstreamInstance => {
  const host = isIPv6(instance.address) ? `[${instance.address}]` : instance.address;
  const pool = new Pool(`http://${host}:${instance.port}`, {
    connect: { timeout: connectTimeoutMs },
    keepAliveTimeout: keepAliveMs,
    // The time limits of a try are kept by the try itself, to the millisecond.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: 32_768,
    allowH2: false,
  });
  return { instance, pool, inFlight: 0, outcome: () => {} };
};
