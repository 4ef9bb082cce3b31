import type { Registry, ServiceClient } from '@gatehouse/registry';
import { type Clock, wait } from '@gatehouse/resilience';
import {
  type DocumentPart,
  type FindOutside,
  mergeDocuments,
  type OpenApiDocument,
} from './merge-documents.ts';
import { withApiKeys } from './with-api-keys.ts';

/** How long a merged document is given out before the services are asked again. */
const freshMs = 2_000;
/** How long a reader waits for services that are slow, when their last document is known. */
const patienceMs = 1_000;

export type ApiDocument = Readonly<{ get(): Promise<OpenApiDocument> }>;

export type ApiDocumentDeps = Readonly<{
  registry: Pick<Registry, 'list'>;
  client: Pick<ServiceClient, 'request'>;
  /** Of the gateway's own routes. */
  own: () => OpenApiDocument;
  findOutside: FindOutside;
  clock: Clock;
  version: string;
}>;

type Known = Readonly<{ document: OpenApiDocument; at: number; live: boolean }>;

/**
 * The OpenAPI document of the whole product, merged live from the services that are registered and the gateway's own routes. A
 * service that is away keeps its place with the last document known of it; `info` says of which moment each part is.
 */
export const createApiDocument = (deps: ApiDocumentDeps): ApiDocument => {
  const known = new Map<string, Known>();
  let merged: { at: number; document: Promise<OpenApiDocument> } | undefined;

  const ask = async (service: string): Promise<void> => {
    try {
      const { data } = await deps.client.request<unknown>(service, { path: '/internal/openapi.json' });
      if (isDocument(data)) known.set(service, { document: data, at: deps.clock.now(), live: true });
    } catch {
      // Whatever is wrong with it: what was known of it stays, and says so.
      const last = known.get(service);
      if (last !== undefined) known.set(service, { ...last, live: false });
    }
  };

  const askAll = async (): Promise<void> => {
    const instances = await deps.registry.list().catch(() => []);
    const services = new Set([...instances.map(({ service }) => service), ...known.keys()]);
    const asked = [...services].map((service) => ({ service, answered: ask(service) }));
    const unknown = asked.filter(({ service }) => !known.has(service)).map(({ answered }) => answered);
    const patient = new AbortController();
    await Promise.race([
      Promise.all(asked.map(({ answered }) => answered)),
      Promise.all([...unknown, wait(deps.clock, patienceMs, patient.signal).catch(() => {})]),
    ]);
    patient.abort();
  };

  const build = async (): Promise<OpenApiDocument> => {
    await askAll();
    const services = [...known].sort(([a], [b]) => (a < b ? -1 : 1));
    const own = deps.own();
    const parts: readonly DocumentPart[] = [
      { service: 'gateway', document: own },
      ...services.map(([service, { document }]) => ({ service, document: withApiKeys(document) })),
    ];
    return mergeDocuments(parts, infoOf(services, deps.version), (operation) =>
      operation.service === 'gateway' ? [operation.path] : deps.findOutside(operation),
    );
  };

  return {
    get: () => {
      const now = deps.clock.monotonic();
      if (merged === undefined || now - merged.at > freshMs) merged = { at: now, document: build() };
      return merged.document;
    },
  };
};

const isDocument = (data: unknown): data is OpenApiDocument =>
  typeof data === 'object' && data !== null && typeof (data as OpenApiDocument).paths === 'object';

const infoOf = (services: readonly (readonly [string, Known])[], version: string): object => {
  const asOf = (at: number): string => new Date(at).toISOString();
  const away = services
    .filter(([, { live }]) => !live)
    .map(([service, { at }]) => ` ${service} is away: its part is of ${asOf(at)}.`);
  return {
    title: 'Gatehouse',
    version,
    description: `Everything behind the gateway.${away.join('')}`,
    'x-gatehouse-services': services.map(([service, { at, live }]) => ({ service, live, asOf: asOf(at) })),
  };
};
