import type { CatchUp } from '@gatehouse/messaging';
import type { ServiceClient } from '@gatehouse/registry';
import { z } from 'zod';
import { kitError } from './http-error.ts';

export type ExportReaderDeps<T> = Readonly<{
  client: ServiceClient;
  /** Whose export. */
  service: string;
  /** `/internal/<aggregate>/export`: takes `after` and `limit`, answers `{ data: items, meta: { nextCursor } }`. */
  path: string;
  item: z.ZodType<T>;
  /** Items of a page, so also of the transaction that applies it: 1 to 500 (500). */
  limit?: number;
}>;

/** Below the 5 s in which messaging stops. */
const timeoutMs = 4_000;

/**
 * What a subscription's catch-up reads from: another service's export, asked like any other call between parts.
 *
 * @throws AppError of the call when that service is away; `export_unreadable` (internal) when its items are others
 */
export const createExportReader = <T>(deps: ExportReaderDeps<T>): CatchUp<T>['read'] => {
  const { client, service, path, item, limit = 500 } = deps;
  const body = z.object({
    data: z.array(item),
    meta: z.object({ nextCursor: z.string().min(1).nullable() }),
  });
  return async (after) => {
    const query = { limit, ...(after === undefined ? {} : { after }) };
    const answer = await client.request(service, { path, query, timeoutMs });
    const parsed = body.safeParse(answer.data);
    if (!parsed.success) throw kitError('export_unreadable', { cause: parsed.error });
    const { data, meta } = parsed.data;
    return { items: data, next: meta.nextCursor ?? undefined };
  };
};
