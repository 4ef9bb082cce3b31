import { asyncApiOf, eventsByService, type Ids } from '@gatehouse/contracts';
import { bareDocument, createApiHandler, type Route, route } from '@gatehouse/service-kit';
import type { FallbackParts } from '../app.ts';
import { docsPages } from '../docs/docs-pages.ts';
import { createFleet } from '../fleet/fleet.ts';
import { noOtherGateways } from '../fleet/other-gateways.ts';
import type { Fallback } from '../front-door.ts';
import { type ApiDocument, createApiDocument } from '../openapi/api-document.ts';
import type { OpenApiDocument } from '../openapi/merge-documents.ts';
import { outsidePaths } from '../openapi/outside-paths.ts';
import { createAskServices } from './ask-services.ts';
import { gatewayRoutes } from './gateway-routes.ts';
import { messageRoutes } from './message-routes.ts';
import { serviceRoutes } from './service-routes.ts';

/**
 * What stands behind the data path: administration (role `admin`), the merged OpenAPI document and its reference. For the
 * `createFallback` of `startGateway`.
 */
export const createAdminApp = (parts: FallbackParts, o: { version: string; ids: Ids }): Fallback => {
  const { inspection, registry, client, clock } = parts;
  const ask = createAskServices({ registry, client });
  const { app, openApi } = createApiHandler({
    ...parts,
    ...o,
    name: 'gateway',
    metrics: inspection.metrics,
    routes: [
      ...gatewayRoutes(inspection, createFleet(inspection, parts.gateways ?? noOtherGateways)),
      ...serviceRoutes(ask, inspection),
      ...messageRoutes(ask),
      documentRoute(() => document),
      eventsRoute(o.version),
    ],
    pages: [docsPages()],
  });
  const document = createApiDocument({
    registry,
    client,
    clock,
    version: o.version,
    own: () => openApi() as OpenApiDocument,
    findOutside: (operation) => outsidePaths(inspection.routes(), operation),
  });
  return app;
};

const documentRoute = (document: () => ApiDocument): Route =>
  route(
    'GET /openapi.json',
    { auth: 'none', tag: 'gateway', summary: 'This document: the whole API, OpenAPI 3.1' },
    async () => bareDocument(await document().get()),
  );

const eventsRoute = (version: string): Route => {
  const events = asyncApiOf(eventsByService, { version });
  return route(
    'GET /asyncapi.json',
    { auth: 'none', tag: 'gateway', summary: 'The events that the services announce, AsyncAPI 3' },
    () => bareDocument(events),
  );
};
