import { Counter, type Registry } from 'prom-client';
import type { TracingReport } from './tracing.ts';

/** What became of the spans; read when somebody asks. */
export const addTracingMetrics = (registry: Registry, report: () => TracingReport): void => {
  new Counter({
    name: 'trace_spans_total',
    help: 'Spans by what became of them: sent, failed (the collector did not take them), dropped (too many waited).',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [outcome, spans] of Object.entries(report())) this.inc({ outcome }, spans);
    },
  });
};
