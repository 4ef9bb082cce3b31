import type { AppError } from '@gatehouse/errors';
import { isMap, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { gatewayError } from '../gateway-error.ts';
import { type GatewayConfig, gatewayConfigSchema, type RouteConfig, routeSchema } from './gateway-config.ts';
import { findRouteMistakes, type Mistake } from './route-mistakes.ts';

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

  const raw: unknown = source.document.toJS({ maxAliasCount: 100 });
  const parsed = gatewayConfigSchema.safeParse(raw ?? {});
  const mistakes = [...schemaMistakes(parsed.error), ...findRouteMistakes(soundRoutes(raw))];
  if (!parsed.success || mistakes.length > 0)
    throw configError(mistakes.map((mistake) => place(source, mistake)));
  return parsed.data;
};

const schemaMistakes = (error: ReturnType<typeof gatewayConfigSchema.safeParse>['error']): Mistake[] =>
  (error?.issues ?? []).flatMap((issue): Mistake[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...issue.path, key], message: 'There is no such setting' }))
      : [{ path: issue.path, message: issue.message }],
  );

/** Every route by itself, so that one broken route does not hide what is wrong between the others. */
const soundRoutes = (raw: unknown): readonly (RouteConfig | undefined)[] => {
  const routes: unknown = (raw as { routes?: unknown } | null)?.routes;
  return Array.isArray(routes) ? routes.map((route) => routeSchema.safeParse(route).data) : [];
};

type Placed = Readonly<{ line: number; text: string }>;

const place = ({ document, lines, fileName }: Source, { path, message }: Mistake): Placed => {
  const offset = offsetOf(document.contents as Node | null, path);
  const { line, col } = lines.linePos(offset);
  return { line, text: `${fileName}:${line}:${col}: ${toDottedPath(path)}: ${message}` };
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
