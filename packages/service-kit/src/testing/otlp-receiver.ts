import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as a collector gets it. */
export type ReceivedSpan = Readonly<{
  service: string;
  name: string;
  traceId: string;
  spanId: string;
  /** Empty: it begins its trace. */
  parentSpanId: string;
  kind: 'server' | 'client' | 'consumer' | 'other';
  failed: boolean;
  attributes: Readonly<Record<string, unknown>>;
}>;

const kinds: Readonly<Record<number, ReceivedSpan['kind']>> = { 2: 'server', 3: 'client', 5: 'consumer' };

/** A small OTLP collector over HTTP and JSON, on loopback. `answer` decides the status of each request, 200 by default. */
export const startOtlpReceiver = async (answer: () => number = () => 200) => {
  const spans: ReceivedSpan[] = [];
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const status = answer();
      const text = Buffer.concat(chunks).toString();
      bodies.push(text);
      if (status === 200) spans.push(...readSpans(text));
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    /** All that was ever sent to it. */
    bodies,
    close: async (): Promise<void> => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

type Attribute = Readonly<{ key: string; value: Readonly<Record<string, unknown>> }>;
type Sent = Readonly<{
  resourceSpans: readonly Readonly<{
    resource: Readonly<{ attributes: readonly Attribute[] }>;
    scopeSpans: readonly Readonly<{
      spans: readonly Readonly<{
        name: string;
        traceId: string;
        spanId: string;
        parentSpanId?: string;
        kind: number;
        status?: Readonly<{ code?: number }>;
        attributes: readonly Attribute[];
      }>[];
    }>[];
  }>[];
}>;

const readSpans = (text: string): readonly ReceivedSpan[] =>
  (JSON.parse(text) as Sent).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        service: String(toRecord(resource.attributes)['service.name']),
        name: span.name,
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        kind: kinds[span.kind] ?? 'other',
        failed: span.status?.code === 2,
        attributes: toRecord(span.attributes),
      })),
    ),
  );

const toRecord = (attributes: readonly Attribute[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
