import type { IncomingMessage, ServerResponse } from 'node:http';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Exchange } from './exchange.ts';
import { traceIdOf } from './tracing/traceparent.ts';

/** Counts and times requests. Labels are bounded: patterns instead of paths, known methods, statuses. */
export type HttpMetrics = Readonly<{
  /** A request has begun; call the result when it is over. */
  begin(): (
    request: IncomingMessage,
    response: ServerResponse,
    exchange: Exchange,
    durationMs: number,
  ) => void;
}>;

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** A registry of the service's own, since several services may live in one process. */
export const createMetricsRegistry = (service: string): Registry => {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  return registry;
};

export const createHttpMetrics = (registry: Registry): HttpMetrics => {
  // `trace_id` is a label of exemplars alone: no series has it.
  const duration = new Histogram<'route' | 'method' | 'status' | 'trace_id'>({
    name: 'http_request_duration_seconds',
    help: 'Time from the first line of a request to the end of its answer.',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
    enableExemplars: true,
    registers: [], // prom-client wants exemplars in a registry of OpenMetrics alone; `exposeMetrics` deals with that
  });
  registry.registerMetric(duration);
  const inFlight = new Gauge({
    name: 'http_requests_in_flight',
    help: 'Requests without an answer yet.',
    registers: [registry],
  });
  const problems = new Counter({
    name: 'http_problems_total',
    help: 'Answers that were problems, by code.',
    labelNames: ['route', 'code'],
    registers: [registry],
  });
  return {
    begin: () => {
      inFlight.inc();
      return (request, response, { route = 'unmatched', errorCode, span }, durationMs) => {
        inFlight.dec();
        const method = methods.has(request.method ?? '') ? (request.method ?? '') : 'other';
        const status = String(response.writableFinished ? response.statusCode : 499);
        const exemplarLabels = span === undefined ? {} : { trace_id: traceIdOf(span.traceparent) };
        duration.observe({ labels: { route, method, status }, value: durationMs / 1000, exemplarLabels });
        if (errorCode !== undefined) problems.inc({ route, code: errorCode });
      };
    },
  };
};

/**
 * Numbers that are read when somebody looks: call the result before `registry.metrics()`. While they cannot be read
 * (`read` rejects), the last ones stay.
 */
export const addGauges = <Name extends string>(
  registry: Registry,
  help: Readonly<Record<Name, string>>,
  read: () => Promise<Readonly<Record<Name, number>>>,
): (() => Promise<void>) => {
  const gauges = (Object.keys(help) as Name[]).map(
    (name) => [name, new Gauge({ name, help: help[name], registers: [registry] })] as const,
  );
  return async () => {
    const values = await read().catch(() => undefined);
    if (values !== undefined) for (const [name, gauge] of gauges) gauge.set(values[name]);
  };
};
