import { AppError } from '@gatehouse/errors';
import type { ServiceClient, ServiceRequest } from '@gatehouse/registry';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createExportReader } from './export-reader.ts';

const readerOf = (answer: unknown) => {
  const asked: (readonly [string, ServiceRequest])[] = [];
  const client: ServiceClient = {
    request: async (service, request) => {
      asked.push([service, request]);
      if (answer instanceof Error) throw answer;
      return { status: 200, data: answer as never, headers: {} };
    },
    requestAll: async () => [],
    close: () => {},
  };
  const item = z.object({ id: z.string() });
  const read = createExportReader({ client, service: 'users', path: '/internal/users/export', item });
  return { asked, read };
};

describe('reading the export of another service', () => {
  it('asks for the page after a position, and gives its items and the next one', async () => {
    const { asked, read } = readerOf({
      data: [{ id: 'a', more: 'than is known' }],
      meta: { nextCursor: 'a' },
    });

    expect(await read(undefined)).toEqual({ items: [{ id: 'a' }], next: 'a' });
    await read('a');
    expect(asked).toEqual([
      ['users', { path: '/internal/users/export', query: { limit: 500 }, timeoutMs: 4_000 }],
      ['users', { path: '/internal/users/export', query: { limit: 500, after: 'a' }, timeoutMs: 4_000 }],
    ]);
  });

  it('ends with the page that has no next one', async () => {
    const { read } = readerOf({ data: [], meta: { nextCursor: null } });

    expect(await read('a')).toEqual({ items: [], next: undefined });
  });

  it.each([
    ['an item of another shape', { data: [{ id: 1 }], meta: { nextCursor: null } }],
    ['a body without its end', { data: [] }],
    ['no body', undefined],
  ])('refuses %s', async (_, body) => {
    await expect(readerOf(body).read(undefined)).rejects.toMatchObject({ code: 'export_unreadable' });
  });

  it('says that the other service is away', async () => {
    const away = new AppError({ code: 'service_unavailable', kind: 'unavailable', message: 'away' });

    await expect(readerOf(away).read(undefined)).rejects.toBe(away);
  });
});
