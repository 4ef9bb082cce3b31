import { AppError } from '@gatehouse/errors';
import { z } from 'zod';
import { ok, type Reply, type ReplyOptions } from './reply.ts';

const CURSOR_LIMIT_CHARACTERS = 512;

/** `page × limit` beyond this is refused with 422: deep pages cost what they skip, the cursor does not. */
export const PAGE_DEPTH_LIMIT = 10_000;

/**
 * The paging part of a query: spread it into the route's `z.strictObject`. `page` from 1 (1), `limit` 1 to 100 (10). The
 * kit refuses `page × limit` over 10 000 on every route whose query has both, unless there is a `cursor`.
 *
 * @example query: z.strictObject({ ...pageQuery, status: z.enum(['draft', 'published']).optional() })
 */
export const pageQuery = {
  page: z.coerce.number().int().min(1).max(PAGE_DEPTH_LIMIT).default(1),
  limit: z.coerce.number().int().min(1).max(100).default(10),
  cursor: z.string().min(1).max(CURSOR_LIMIT_CHARACTERS).optional(),
};

/** Turns the position after a page's last item into an opaque text and back. */
export type CursorCodec<T> = Readonly<{
  encode(position: T): string;
  /** `validation_failed` at `/cursor` for what this codec did not make, or not for this list. */
  decode(cursor: string): T;
}>;

/**
 * @param position the sort key of an item, as JSON keeps it, with its id as the tie-breaker. It comes back from clients,
 * so it is checked, and must be nothing secret.
 *
 * @example const cursor = createCursor(z.strictObject({ createdAt: z.iso.datetime(), id: z.uuid() }));
 */
export const createCursor = <T>(position: z.ZodType<T>): CursorCodec<T> => ({
  encode: (value) => Buffer.from(JSON.stringify(value)).toString('base64url'),
  decode: (cursor) => {
    const parsed = position.safeParse(parseCursor(cursor));
    if (!parsed.success) throw cursorRefused();
    return parsed.data;
  },
});

const parseCursor = (cursor: string): unknown => {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch (cause) {
    throw cursorRefused(cause);
  }
};

const cursorRefused = (cause?: unknown): AppError =>
  new AppError({
    code: 'validation_failed',
    kind: 'invalid',
    message: 'The cursor is not one of this list.',
    details: { errors: [{ path: '/cursor', message: 'Use the nextCursor of a former page.' }] },
    cause,
  });

export type PageOfItems = Readonly<{
  items: readonly unknown[];
  /** Counted, or counted up to 10 000 and then `totalIsCapped`. */
  total: number;
  totalIsCapped?: boolean;
  page: number;
  limit: number;
  /** Absent on the last page. */
  nextCursor?: string | null | undefined;
}>;

/** 200 with the items as `data` and `meta: { total, page, limit, totalPages, nextCursor, totalIsCapped? }`. */
export const pageReply = (page: PageOfItems, options: Omit<ReplyOptions, 'meta'> = {}): Reply =>
  ok(page.items, {
    ...options,
    meta: {
      total: page.total,
      page: page.page,
      limit: page.limit,
      totalPages: Math.ceil(page.total / page.limit),
      nextCursor: page.nextCursor ?? null,
      ...(page.totalIsCapped ? { totalIsCapped: true } : {}),
    },
  });
