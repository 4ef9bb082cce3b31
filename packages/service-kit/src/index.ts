export { type ApiHandlerOptions, createApiHandler } from './api-handler.ts';
export { createExportReader } from './export-reader.ts';
export { exposeMetrics } from './expose-metrics.ts';
export { HttpError, type HttpErrorCode, httpErrors, kitError, validationFailed } from './http-error.ts';
export { createLogger, type LoggerOptions, serializeError, withoutRedaction } from './logger.ts';
export {
  type CursorCodec,
  createCursor,
  PAGE_DEPTH_LIMIT,
  type PageOfItems,
  pageQuery,
  pageReply,
} from './paging.ts';
export { createProblem, statusOfKind } from './problem.ts';
export { filterText, moment } from './query-values.ts';
export {
  accepted,
  bareDocument,
  created,
  noContent,
  ok,
  type Reply,
  type ReplyHeaders,
  type ReplyOptions,
} from './reply.ts';
export {
  type Auth,
  type Client,
  type Method,
  type Once,
  type PathParams,
  type PrincipalFor,
  type Route,
  type RouteInput,
  type RouteOptions,
  type RoutePattern,
  route,
} from './route.ts';
export { findAdvertisedAddress } from './run/advertised-address.ts';
export { openConsulRegistry } from './run/open-consul-registry.ts';
export { environmentError, parseEnvironment, type Variables } from './run/parse-environment.ts';
export { type RunOptions, runService } from './run/run-service.ts';
export { explainFailure, runUntilSignal } from './run/run-until-signal.ts';
export {
  databaseEnvironment,
  rabbitMqUrl,
  registryEnvironment,
  serviceEnvironment,
} from './run/service-environment.ts';
export type {
  Background,
  RunningService,
  ServiceApp,
  ServiceDefinition,
  ServiceDeps,
  ServiceParts,
  ServicePlugins,
} from './service.ts';
export { startService } from './start-service.ts';
export { loadTracing, type TracingOptions } from './tracing/load-tracing.ts';
export { createTraceIds, type TraceIds } from './tracing/trace-ids.ts';
export {
  formatTraceparent,
  isSampled,
  parseTraceparent,
  type TraceParent,
  traceIdOf,
} from './tracing/traceparent.ts';
export type {
  OpenTracing,
  SpanAttributes,
  SpanKind,
  TraceSpan,
  Tracing,
  TracingReport,
} from './tracing/tracing.ts';
export { addTracingMetrics } from './tracing/tracing-metrics.ts';
