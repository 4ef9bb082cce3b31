import { SpanKind as Kind, ROOT_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import {
  ATTR_ERROR_TYPE,
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_NAMESPACE,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';
import { countSpans } from './count-spans.ts';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';
import type { TraceSpan, Tracing, TracingResource } from './tracing.ts';

export type TracingLimits = Readonly<{
  /** Spans that may wait for the collector; more are dropped. */
  waiting: number;
  batch: number;
  /** How long a span waits for others. */
  delayMs: number;
  /** For each batch, all attempts and the waits between them together. */
  exportTimeoutMs: number;
  closeMs: number;
}>;

type Target = Readonly<{ url: string; limits: TracingLimits; onFailure: (error: unknown) => void }>;

const valueLengthLimit = 1024;
const attributeCountLimit = 32;

/** The only file that OpenTelemetry's SDK is loaded by. */
export const openOtlpTracing = (
  { service, version, instanceId }: TracingResource,
  { url, limits, onFailure }: Target,
): Tracing => {
  const counts = countSpans(new OTLPTraceExporter({ url, timeoutMillis: limits.exportTimeoutMs }), {
    waitingLimit: limits.waiting,
    onFailure,
  });
  const batches = new BatchSpanProcessor({
    exporter: counts.exporter,
    maxQueueSize: limits.waiting,
    maxExportBatchSize: limits.batch,
    scheduledDelayMillis: limits.delayMs,
    exportTimeoutMillis: limits.exportTimeoutMs,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      [ATTR_SERVICE_NAMESPACE]: 'gatehouse',
      [ATTR_SERVICE_NAME]: service,
      [ATTR_SERVICE_VERSION]: version,
      [ATTR_SERVICE_INSTANCE_ID]: instanceId,
    }),
    sampler: new AlwaysOnSampler(), // whoever starts a span here has found its trace sampled
    spanLimits: { attributeValueLengthLimit: valueLengthLimit, attributeCountLimit },
    spanProcessors: [counts.guard(batches)],
  });
  const tracer = provider.getTracer('gatehouse', version);

  return {
    start: (name, { kind, parent, attributes = {} }) =>
      toTraceSpan(tracer.startSpan(name, { kind: kinds[kind], attributes }, contextOf(parent))),
    report: counts.report,
    close: () => within(limits.closeMs, provider.shutdown()),
  };
};

const kinds = { server: Kind.SERVER, client: Kind.CLIENT, consumer: Kind.CONSUMER } as const;

const contextOf = (traceparent: string | undefined) => {
  const parent = parseTraceparent(traceparent);
  if (parent === undefined) return ROOT_CONTEXT;
  const { traceId, spanId } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1, isRemote: true });
};

const toTraceSpan = (span: Span): TraceSpan => {
  const { traceId, spanId } = span.spanContext();
  return {
    traceparent: formatTraceparent(traceId, spanId, true),
    set: (attributes, name) => {
      span.setAttributes(attributes);
      if (name !== undefined) span.updateName(name);
    },
    end: (error) => {
      if (error !== undefined) {
        span.setAttribute(ATTR_ERROR_TYPE, error);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    },
  };
};

/** Whatever hangs or fails: nobody who stops waits longer, or for anything. */
const within = async (limitMs: number, work: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work.catch(() => {}), late]); // what failed was counted and told
  clearTimeout(timer);
};
