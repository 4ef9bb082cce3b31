import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'undici';

/** A post that was written and changed once, and perhaps deleted; `user` is whose it is. */
export type Expected = Readonly<{ id: string; title: string; user: number; deleted: boolean }>;

export type WriterCounts = {
  sent: number;
  byMethod: Record<string, number>;
  /** What was not answered as it should, by what it was. */
  failed: Record<string, number>;
};

export type WriterOptions = Readonly<{
  url: string;
  user: number;
  token: string;
  /** Begins every title. */
  name: string;
  counts: WriterCounts;
  enough: () => boolean;
  /** From one request to the next: well below the half second in which a gateway that stops hears its clients out. */
  everyMs: number;
}>;

type Sent = Readonly<{ status: number; id: string | undefined }>;

/**
 * One client with one connection that writes, changes, reads and deletes posts, each once and without an Idempotency-Key, one after
 * the other. Answers what there must be of those whose every request was answered.
 */
export const write = async (o: WriterOptions): Promise<readonly Expected[]> => {
  const client = new Client(o.url, { pipelining: 1 });
  const expected: Expected[] = [];
  const send = async (
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<Sent> => {
    const startedAt = performance.now();
    o.counts.sent += 1;
    o.counts.byMethod[method] = (o.counts.byMethod[method] ?? 0) + 1;
    try {
      const answer = await client.request({
        ...{ method, path },
        headers: {
          authorization: `Bearer ${o.token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.body.text();
      const { data, code } = text === '' ? {} : JSON.parse(text);
      if (answer.statusCode >= 400) fail(`${method} ${answer.statusCode} ${code}`);
      return { status: answer.statusCode, id: data?.id };
    } catch (error) {
      fail(`${method} no answer: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`);
      return { status: 0, id: undefined };
    } finally {
      await delay(Math.max(0, o.everyMs - (performance.now() - startedAt)));
    }
  };
  const fail = (what: string): void => {
    o.counts.failed[what] = (o.counts.failed[what] ?? 0) + 1;
  };

  for (let n = 0; !o.enough(); n += 1) {
    const title = `${o.name} ${n}`;
    const written = await send('POST', '/api/posts', { title, content: 'as it was written' });
    if (written.status !== 201) continue;
    const changed = await send('PATCH', `/api/posts/${written.id}`, { content: 'as it was changed' });
    await send('GET', `/api/posts/${written.id}`);
    const isToGo = n % 3 === 0;
    const deleted = isToGo ? await send('DELETE', `/api/posts/${written.id}`) : undefined;
    if (changed.status === 200 && (deleted === undefined || deleted.status === 204))
      expected.push({ id: written.id as string, title, user: o.user, deleted: isToGo });
  }
  await client.close();
  return expected;
};
