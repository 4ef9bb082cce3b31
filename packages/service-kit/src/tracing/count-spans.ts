import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { TracingReport } from './tracing.ts';

/**
 * Counts what becomes of spans, and bounds how many wait: OpenTelemetry's own queue has a bound too, but tells nobody how
 * many it let go. `exporter` goes into a batch processor, whose `guard` goes into the provider.
 */
export const countSpans = (
  exporter: SpanExporter,
  { waitingLimit, onFailure }: { waitingLimit: number; onFailure: (error: unknown) => void },
) => {
  let waiting = 0;
  let sent = 0;
  let failed = 0;
  let dropped = 0;

  const counted: SpanExporter = {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        waiting -= spans.length;
        if (result.error === undefined) sent += spans.length;
        else {
          failed += spans.length;
          onFailure(result.error);
        }
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
  };

  const guard = (processor: SpanProcessor): SpanProcessor => ({
    onStart: () => {},
    onEnd: (span: ReadableSpan) => {
      if (waiting >= waitingLimit) {
        dropped += 1;
        return;
      }
      waiting += 1;
      processor.onEnd(span);
    },
    forceFlush: () => processor.forceFlush(),
    shutdown: () => processor.shutdown(),
  });

  const report = (): TracingReport => ({ sent, failed, dropped });
  return { exporter: counted, guard, report };
};
