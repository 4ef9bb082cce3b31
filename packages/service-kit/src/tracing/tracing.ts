/** Who sees a span's other end: `server` was called, `client` calls, `consumer` handles a message. */
export type SpanKind = 'server' | 'client' | 'consumer';

/** OpenTelemetry's semantic conventions, as far as they go. Never a secret: no query, no header, no body. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

export type TraceSpan = Readonly<{
  /** For whoever is called within the span: it is their parent. */
  traceparent: string;
  /** `name` is its final one, for a span whose route was not known when it began. */
  set(attributes: SpanAttributes, name?: string): void;
  /** Once. `error` is why it failed, in a word of a bounded set; undefined if it did not. */
  end(error?: string): void;
}>;

export type TracingReport = Readonly<{
  /** Spans that the collector has taken. */
  sent: number;
  /** Spans that were given up because the collector did not take them. */
  failed: number;
  /** Spans that found the queue full. */
  dropped: number;
}>;

/**
 * Makes spans and sends them to a collector, in batches from a bounded queue, behind everybody's back: whatever becomes of
 * the collector, no request waits or fails. Only for what is sampled; nothing is decided here.
 */
export type Tracing = Readonly<{
  /** `parent` is a `traceparent` as it was read or made here; without one the span begins a trace. */
  start(
    name: string,
    o: { kind: SpanKind; parent?: string | undefined; attributes?: SpanAttributes },
  ): TraceSpan;
  report(): TracingReport;
  /** Sends what is left, for 2 s at most. */
  close(): Promise<void>;
}>;

/** Whose spans they are. */
export type TracingResource = Readonly<{ service: string; version: string; instanceId: string }>;

export type OpenTracing = (resource: TracingResource) => Tracing;
