import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, eventually, newUser, password, signIn, signInAdministrator } from './client.ts';
import { isOurs, type Product, startProduct } from './product.ts';

if (!isOurs)
  console.warn('SKIPPED: the tests that end the product and start it again, which runs elsewhere.');

describe.skipIf(!isOurs)('the product', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct();
  });
  afterAll(() => product?.dispose());

  it('says at the start what runs where and what to try', () => {
    expect(product.output()).toContain(product.url.replace('127.0.0.1', 'localhost'));
    expect(product.output()).toMatch(/curl /);
  });

  it('refuses a second start beside it and says where it is', async () => {
    const second = spawn(process.execPath, ['infra/embedded/src/main.ts'], {
      cwd: join(import.meta.dirname, '../..'),
      env: { PATH: process.env.PATH ?? '', DATA_DIR: product.dataDir, PORT: '0', OPERATIONS_PORT: '0' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    second.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const [code] = await once(second, 'exit');

    expect(code).toBe(1);
    expect(said).toMatch(/already running/i);
    expect(said).toContain(new URL(product.url).port);
  });

  it.each([
    ['an orderly end', 'SIGTERM'],
    ['a kill', 'SIGKILL'],
  ] as const)('has everything again after %s', async (_what, signal) => {
    const admin = await signInAdministrator(product.url);
    const user = await newUser(product.url, admin, 'Ada');
    const order = (await user.call('POST /api/orders', { body: {} })).body.data;

    const code = await product.end(signal);
    expect(code).toBe(signal === 'SIGTERM' ? 0 : null);
    await product.restart();

    const again = await signIn(product.url, user.email, password);
    const seen = await eventually('the order', async () => {
      const answer = await again.call(`GET /api/orders/${order.id}`);
      return answer.status === 200 ? answer.body.data : undefined;
    });
    expect(seen).toMatchObject({ id: order.id, status: 'draft' });
    expect((await clientOf(product.url)('GET /.well-known/jwks.json')).status).toBe(200);
  });
});
