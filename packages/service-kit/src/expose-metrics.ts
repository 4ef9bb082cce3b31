import { type Metric, type OpenMetricsContentType, Registry } from 'prom-client';

export type ExposedMetrics = Readonly<{ type: string; body: string }>;

/**
 * The metrics in the format that is asked for. Exemplars are in OpenMetrics alone, which Prometheus asks for by default.
 * prom-client would rename the counters of `registry` for it, and the plain format would be wrong ever after: so it gets
 * copies.
 */
export const exposeMetrics = async (registry: Registry, accept = ''): Promise<ExposedMetrics> => {
  if (!accept.includes('application/openmetrics-text'))
    return { type: registry.contentType, body: await registry.metrics() };

  const open = new Registry<OpenMetricsContentType>();
  open.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  for (const metric of await registry.getMetricsAsJSON()) {
    const isCounter = String(metric.type) === 'counter';
    const name = isCounter ? metric.name.replace(/_total$/, '') : metric.name;
    const copy = { ...metric, name };
    open.registerMetric({ ...copy, get: async () => copy } as unknown as Metric);
  }
  return { type: open.contentType, body: await open.metrics() };
};
