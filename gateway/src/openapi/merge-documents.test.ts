import { describe, expect, it } from 'vitest';
import { type FindOutside, mergeDocuments, type OpenApiDocument } from './merge-documents.ts';

const info = { title: 'Gatehouse', version: '1.0.0' };
const asItIs: FindOutside = ({ path }) => [path];
const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const documentOf = (path: string, schemas: Record<string, unknown>, uses = 'Item'): OpenApiDocument => ({
  openapi: '3.1.0',
  paths: { [path]: { get: { schema: reference(uses) } } },
  components: { schemas },
});
const merge = (
  posts: OpenApiDocument,
  orders: OpenApiDocument,
  findOutside: FindOutside = asItIs,
): OpenApiDocument =>
  mergeDocuments(
    [
      { service: 'posts', document: posts },
      { service: 'orders', document: orders },
    ],
    info,
    findOutside,
  );

describe('OpenAPI: the documents of several services', () => {
  it('become one with the paths of all', () => {
    const merged = merge(
      documentOf('/api/posts', { Item: { type: 'object' } }),
      documentOf('/api/orders', { Item: { type: 'object' } }),
    );

    expect(merged.openapi).toMatch(/^3\.1\./);
    expect(Object.keys(merged.paths ?? {})).toEqual(['/api/orders', '/api/posts']);
    expect(merged.components?.schemas).toEqual({ Item: { type: 'object' } });
    expect(merged.info).toBe(info);
  });

  it('keep two different schemas of one name apart, with their references', () => {
    const merged = merge(
      documentOf('/api/posts', { Item: { type: 'object' } }),
      documentOf('/api/orders', { Item: { type: 'string' } }),
    );

    expect(merged.components?.schemas).toEqual({ Item: { type: 'object' }, orders_Item: { type: 'string' } });
    expect(merged.paths?.['/api/orders']?.get).toEqual({ schema: reference('orders_Item') });
    expect(merged.paths?.['/api/posts']?.get).toEqual({ schema: reference('Item') });
  });

  it('keep schemas apart that are alike but speak of different ones', () => {
    const list = { type: 'array', items: reference('Item') };
    const merged = merge(
      documentOf('/api/posts', { List: list, Item: { type: 'object' } }, 'List'),
      documentOf('/api/orders', { List: list, Item: { type: 'string' } }, 'List'),
    );

    expect(merged.components?.schemas).toMatchObject({
      List: list,
      orders_List: { type: 'array', items: reference('orders_Item') },
    });
    expect(merged.paths?.['/api/orders']?.get).toEqual({ schema: reference('orders_List') });
  });

  it('find another name where the new one is taken as well', () => {
    const merged = merge(
      documentOf('/api/posts', { Item: { type: 'object' }, orders_Item: { type: 'null' } }),
      documentOf('/api/orders', { Item: { type: 'string' } }),
    );

    expect(merged.paths?.['/api/orders']?.get).toEqual({ schema: reference('orders_Item_2') });
  });

  it('follow a renamed schema into pointers below it and mappings, and a security scheme by its name', () => {
    const orders: OpenApiDocument = {
      paths: {
        '/api/orders': {
          get: {
            security: [{ key: [] }],
            a: reference('Item/properties/id'),
            discriminator: { mapping: { item: '#/components/schemas/Item' } },
          },
        },
      },
      components: { schemas: { Item: { type: 'string' } }, securitySchemes: { key: { type: 'http' } } },
    };
    const merged = merge(
      {
        paths: {},
        components: { schemas: { Item: { type: 'object' } }, securitySchemes: { key: { type: 'apiKey' } } },
      },
      orders,
    );

    expect(merged.paths?.['/api/orders']?.get).toEqual({
      security: [{ orders_key: [] }],
      a: reference('orders_Item/properties/id'),
      discriminator: { mapping: { item: '#/components/schemas/orders_Item' } },
    });
  });

  it('have operation ids of their own, and the first of two that are the same operation', () => {
    const operation = (summary: string) => ({ operationId: 'list', summary });
    const merged = merge(
      { paths: { '/api/a': { get: operation('posts') } } },
      { paths: { '/api/a': { get: operation('orders') }, '/api/b': { get: operation('orders') } } },
    );

    expect(merged.paths).toEqual({
      '/api/a': { get: operation('posts') },
      '/api/b': { get: { operationId: 'orders_list', summary: 'orders' } },
    });
  });

  it('leave out what no client can reach, and show the rest where it is reached', () => {
    const parameters = [{ name: 'id', in: 'path' }];
    const document = { paths: { '/v2/posts/{id}': { parameters, get: {}, post: {} }, '/v2/b': { get: {} } } };
    const merged = merge(document, {}, ({ method, path }) =>
      method === 'GET' && path.startsWith('/v2/posts') ? ['/api/posts/{id}', '/api/old/{id}'] : [],
    );

    expect(merged.paths).toEqual({
      '/api/old/{id}': { parameters, get: {} },
      '/api/posts/{id}': { parameters, get: {} },
    });
  });
});
