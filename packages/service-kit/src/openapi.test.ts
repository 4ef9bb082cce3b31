import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createOpenApi } from './openapi.ts';
import { pageQuery } from './paging.ts';
import { created, ok } from './reply.ts';
import { route } from './route.ts';

const document = createOpenApi({ name: 'posts', version: '0.1.0' }, [
  route(
    'GET /api/posts',
    {
      auth: 'optional',
      summary: 'Posts',
      query: z.strictObject({ ...pageQuery }),
      responses: { 200: z.array(z.object({ id: z.uuid() })) },
    },
    () => ok([]),
  ),
  route(
    'POST /api/posts/:id/comments',
    {
      auth: 'verified',
      summary: 'Comment',
      body: z.strictObject({ text: z.string() }),
      idempotent: true,
      tag: 'comments',
      responses: { 201: z.object({ id: z.uuid() }) },
    },
    () => created({}),
  ),
  route('GET /internal/status', { auth: 'service', summary: 'Inside' }, () => ok({})),
]) as { openapi: string; paths: Record<string, Record<string, Record<string, unknown>>> };

describe('the OpenAPI document', () => {
  it('is 3.1 and leaves out what is inside', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(['/api/posts', '/api/posts/{id}/comments']);
  });

  it('describes a paged list with its envelope', () => {
    const { get } = document.paths['/api/posts'] ?? {};

    expect(get).toMatchObject({
      tags: ['posts'],
      security: [{}, { bearer: [] }],
      parameters: [{ name: 'page' }, { name: 'limit' }, { name: 'cursor' }],
      responses: {
        200: {
          content: {
            'application/json': {
              schema: { required: ['data', 'meta'], properties: { data: { type: 'array' } } },
            },
          },
        },
        default: { content: { 'application/problem+json': {} } },
      },
    });
  });

  it('describes a change with its body, its key and its refusals', () => {
    const { post } = document.paths['/api/posts/{id}/comments'] ?? {};

    expect(post).toMatchObject({
      operationId: 'postApiPostsByIdComments',
      tags: ['comments'],
      security: [{ bearer: [] }],
      parameters: [
        { in: 'path', name: 'id', required: true },
        { in: 'header', name: 'Idempotency-Key' },
      ],
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { required: ['text'], additionalProperties: false } } },
      },
      responses: { 201: {}, 401: {}, 403: {}, 422: {}, default: {} },
    });
  });
});
