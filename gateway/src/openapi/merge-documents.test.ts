import { describe, expect, it } from 'vitest';
import { mergeDocuments, type OpenApiDocument } from './merge-documents.ts';

const info = { title: 'Gatehouse', version: '1.0.0' };
const all = () => true;
const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const documentOf = (path: string, schemas: Record<string, unknown>, uses = 'Item'): OpenApiDocument => ({
  openapi: '3.1.0',
  paths: { [path]: { get: { schema: reference(uses) } } },
  components: { schemas },
});

describe('the documents of several services', () => {
  it('become one with the paths of all', () => {
    const merged = mergeDocuments(
      [
        { service: 'posts', document: documentOf('/api/posts', { Item: { type: 'object' } }) },
        { service: 'orders', document: documentOf('/api/orders', { Item: { type: 'object' } }) },
      ],
      info,
      all,
    );

    expect(Object.keys(merged.paths ?? {})).toEqual(['/api/orders', '/api/posts']);
    expect(merged.components?.schemas).toEqual({ Item: { type: 'object' } });
    expect(merged.info).toBe(info);
  });

  it('keep two different schemas of one name apart, with their references', () => {
    const merged = mergeDocuments(
      [
        { service: 'posts', document: documentOf('/api/posts', { Item: { type: 'object' } }) },
        { service: 'orders', document: documentOf('/api/orders', { Item: { type: 'string' } }) },
      ],
      info,
      all,
    );

    expect(merged.components?.schemas).toEqual({ Item: { type: 'object' }, orders_Item: { type: 'string' } });
    expect(merged.paths?.['/api/orders']?.get).toEqual({ schema: reference('orders_Item') });
    expect(merged.paths?.['/api/posts']?.get).toEqual({ schema: reference('Item') });
  });

  it('leave out what no client can reach', () => {
    const document = { paths: { '/api/a': { get: {}, post: {} }, '/api/b': { get: {} } } };
    const merged = mergeDocuments([{ service: 'a', document }], info, (method, path) => {
      return method === 'GET' && path === '/api/a';
    });

    expect(merged.paths).toEqual({ '/api/a': { get: {} } });
  });
});
