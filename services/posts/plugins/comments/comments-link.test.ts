import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { commentsLink } from './comments-link.ts';

const id = '01900000-0000-7000-8000-00000000002a';

const linkOf = async (method: string, path: string, status: number): Promise<string | null> => {
  const server = createServer((request, response) => {
    commentsLink(request, response, () => {
      response.statusCode = status;
      response.end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    const { port } = server.address() as AddressInfo;
    return (await fetch(`http://127.0.0.1:${port}${path}`, { method })).headers.get('link');
  } finally {
    server.close();
  }
};

describe('the way to the comments of a post', () => {
  it('is said with the post', async () => {
    expect(await linkOf('GET', `/api/posts/${id}`, 200)).toBe(`</api/comments?postId=${id}>; rel="replies"`);
  });

  it.each([
    ['GET', `/api/posts/${id}`, 404],
    ['DELETE', `/api/posts/${id}`, 204],
    ['GET', '/api/posts', 200],
    ['GET', `/api/posts/${id}/publish`, 200],
  ])('is not said by %s %s with %i', async (method, path, status) => {
    expect(await linkOf(method, path, status)).toBeNull();
  });
});
