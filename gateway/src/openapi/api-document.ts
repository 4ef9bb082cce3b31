import type { Registry, ServiceClient } from '@gatehouse/registry';
import type { Clock } from '@gatehouse/resilience';
import { type DocumentPart, mergeDocuments, type OpenApiDocument } from './merge-documents.ts';

/** How long a merged document is given out before the services are asked again. */
const FRESH_MS = 2_000;

export type ApiDocument = Readonly<{ get(): Promise<OpenApiDocument> }>;

/**
 * The OpenAPI document of the whole product, merged live from the services that are registered and the gateway's own routes. A
 * service that is away keeps its place with the last document known of it.
 */
export const createApiDocument = (o: {
  registry: Pick<Registry, 'list'>;
  client: Pick<ServiceClient, 'request'>;
  own: () => OpenApiDocument;
  isRouted: (method: string, path: string) => boolean;
  clock: Clock;
  version: string;
}): ApiDocument => {
  const known = new Map<string, OpenApiDocument>();
  let merged: { at: number; document: Promise<OpenApiDocument> } | undefined;

  const askAll = async (): Promise<void> => {
    const services = new Set((await o.registry.list()).map(({ service }) => service));
    await Promise.allSettled(
      [...services].map(async (service) => {
        const { data } = await o.client.request<OpenApiDocument>(service, { path: '/internal/openapi.json' });
        known.set(service, data);
      }),
    );
  };

  const build = async (): Promise<OpenApiDocument> => {
    await askAll();
    const parts: readonly DocumentPart[] = [...known]
      .map(([service, document]) => ({ service, document }))
      .sort((a, b) => (a.service < b.service ? -1 : 1));
    const ownPaths = new Set(Object.keys(o.own().paths ?? {}));
    return mergeDocuments(
      [...parts, { service: 'gateway', document: o.own() }],
      { title: 'Gatehouse', version: o.version, description: 'Everything behind the gateway.' },
      (method, path) => ownPaths.has(path) || o.isRouted(method, path),
    );
  };

  return {
    get: () => {
      const now = o.clock.monotonic();
      if (merged === undefined || now - merged.at > FRESH_MS) merged = { at: now, document: build() };
      return merged.document;
    },
  };
};
