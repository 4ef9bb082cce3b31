import type { TracingLimits } from './otlp-tracing.ts';
import type { OpenTracing } from './tracing.ts';

export type TracingOptions = Readonly<{
  /** Of an OTLP collector, such as `http://127.0.0.1:4318`; spans go to `/v1/traces` there. Undefined: there are none. */
  endpoint: string | undefined;
  /** Spans could not be sent. Told at most once a minute for each `OpenTracing`. */
  onFailure: (error: unknown) => void;
  limits?: Partial<TracingLimits>;
}>;

const defaultLimits: TracingLimits = {
  waiting: 4096,
  batch: 512,
  delayMs: 2_000,
  exportTimeoutMs: 5_000,
  closeMs: 2_000,
};

const complainEveryMs = 60_000;

/**
 * What opens the tracing of each part of a process; undefined without an endpoint. Loads OpenTelemetry's SDK, which nothing
 * else does: a process without a collector pays nothing for it. Headers for the collector, its certificates and
 * compression are read by the SDK itself (`OTEL_EXPORTER_OTLP_HEADERS` and so on).
 */
export const loadTracing = async ({
  endpoint,
  onFailure,
  limits,
}: TracingOptions): Promise<OpenTracing | undefined> => {
  if (endpoint === undefined) return undefined;
  const { openOtlpTracing } = await import('./otlp-tracing.ts');
  const target = {
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    limits: { ...defaultLimits, ...limits },
    onFailure: atMostEvery(complainEveryMs, onFailure),
  };
  return (resource) => openOtlpTracing(resource, target);
};

const atMostEvery = (intervalMs: number, tell: (error: unknown) => void): ((error: unknown) => void) => {
  let quietUntil = 0;
  return (error) => {
    const now = performance.now();
    if (now < quietUntil) return;
    quietUntil = now + intervalMs;
    tell(error);
  };
};
