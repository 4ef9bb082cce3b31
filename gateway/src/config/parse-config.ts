import type { AppError } from '@gatehouse/errors';
import { isMap, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { gatewayError } from '../gateway-error.ts';
import { describeIssue, toMistakes } from './explain-issue.ts';
import { defaultsSchema, type GatewayConfig, gatewayConfigSchema, routeSchema } from './gateway-config.ts';
import { findRouteMistakes, type Mistake, type PartialConfig } from './route-mistakes.ts';
import { serviceSchema } from './service-config.ts';

type Source = Readonly<{ document: ReturnType<typeof parseDocument>; lines: LineCounter; fileName: string }>;

/**
 * Turns the text of a `gateway.yaml` into a configuration with every default filled in.
 *
 * @throws AppError `config_invalid` that names every mistake at once, each as `file:line:column: path: what`.
 */
export const parseGatewayConfig = (text: string, fileName = 'gateway.yaml'): GatewayConfig => {
  const lines = new LineCounter();
  const source: Source = { document: parseDocument(text, { lineCounter: lines }), lines, fileName };
  if (source.document.errors.length > 0) throw syntaxError(source);

  const raw: unknown = source.document.toJS({ maxAliasCount: 100 }) ?? {};
  const parsed = gatewayConfigSchema.safeParse(raw, { error: describeIssue });
  const mistakes = [
    ...(parsed.error?.issues ?? []).flatMap((issue) => toMistakes(issue, gatewayConfigSchema)),
    ...findRouteMistakes(soundParts(raw)),
  ];
  if (!parsed.success || mistakes.length > 0)
    throw configError(mistakes.map((mistake) => place(source, mistake)));
  return parsed.data;
};

/** Every part by itself, so that one that is broken does not hide what is wrong between the others. */
const soundParts = (raw: unknown): PartialConfig => {
  const { routes, services, defaults } = (raw ?? {}) as Readonly<Record<string, unknown>>;
  const named = typeof services === 'object' && services !== null ? Object.entries(services) : [];
  return {
    routes: Array.isArray(routes) ? routes.map((route) => routeSchema.safeParse(route).data) : [],
    services: Object.fromEntries(named.map(([name, one]) => [name, serviceSchema.safeParse(one).data])),
    defaults: defaultsSchema.safeParse(defaults ?? {}).data ?? defaultsSchema.parse({}),
  };
};

type Placed = Readonly<{ line: number; text: string }>;

const place = ({ document, lines, fileName }: Source, { path, message, other }: Mistake): Placed => {
  const lineOf = (of: readonly PropertyKey[]) =>
    lines.linePos(offsetOf(document.contents as Node | null, of));
  const { line, col } = lineOf(path);
  const see = other === undefined ? '' : ` (the other: ${toDottedPath(other)} in line ${lineOf(other).line})`;
  return { line, text: `${fileName}:${line}:${col}: ${toDottedPath(path)}: ${message}${see}` };
};

/** Where the value stands; a setting that is not there is told at the place that lacks it. */
const offsetOf = (root: Node | null, path: readonly PropertyKey[]): number => {
  let node: Node | null = root;
  let offset = node?.range?.[0] ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === step);
      if (pair === undefined) return offset;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value as Node | null;
    } else {
      const items: readonly unknown[] = (node as { items?: readonly unknown[] } | null)?.items ?? [];
      node = (items[Number(step)] as Node | undefined) ?? null;
      if (node === null) return offset;
      offset = node.range?.[0] ?? offset;
    }
  }
  return offset;
};

const toDottedPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : join(text, String(step))),
    '',
  ) || 'the file';

const join = (text: string, step: string): string => (text === '' ? step : `${text}.${step}`);

const syntaxError = ({ document, fileName }: Source): AppError =>
  configError(
    document.errors.map(({ message, linePos }) => {
      const { line, col } = linePos?.[0] ?? { line: 1, col: 1 };
      return { line, text: `${fileName}:${line}:${col}: ${message.split('\n', 1)[0]}` };
    }),
  );

const configError = (mistakes: readonly Placed[]): AppError => {
  const sorted = [...mistakes].sort((a, b) => a.line - b.line).map(({ text }) => text);
  const count = sorted.length === 1 ? 'one mistake' : `${sorted.length} mistakes`;
  return gatewayError('config_invalid', {
    message: `The gateway's configuration has ${count}:\n${sorted.join('\n')}`,
    details: { mistakes: sorted },
  });
};
