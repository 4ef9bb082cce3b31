import { type RealServer, realServer, startRedis } from '@gatehouse/testing/servers';
import { expect, it, onTestFinished } from 'vitest';
import { startTestGateway } from '../fixture/start-test-gateway.ts';
import { startRedisLimiter } from './redis-limiter-fixture.ts';

const config = `
addressLimit: { requests: 100000, window: 1h }
routes: [{ path: /api/*, service: posts, auth: none, rateLimit: { limit: 100, window: 1h, by: header, header: X-Tenant } }]`;

const startGateways = async (server: RealServer) => {
  const startOne = async () => {
    const { limiter } = await startRedisLimiter(server.url, { startMs: 30_000, answerMs: 1000 });
    return { limiter, ...(await startTestGateway({ config, limiter })) };
  };
  // One after the other: the second knows of both, and the first is told of it.
  return [await startOne(), await startOne()];
};

const countStatuses = (statuses: readonly number[]) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(statuses, String)).map(([status, all]) => [status, all?.length]),
  );

const callBoth = async (gateways: readonly { url: string }[], times: number, tenant: string) => {
  const calls = Array.from({ length: times }, async (_, index) => {
    const gateway = gateways[index % gateways.length];
    return (await fetch(`${gateway?.url}/api/a`, { headers: { 'x-tenant': tenant } })).status;
  });
  return countStatuses(await Promise.all(calls));
};

realServer('redis').describe('two gateways on one Redis', () => {
  it('let exactly the limit through together', async () => {
    const server = await startRedis();
    onTestFinished(server.dispose);
    const gateways = await startGateways(server);

    expect(await callBoth(gateways, 300, 'one')).toEqual({ 200: 100, 429: 200 });
  });

  it('answer on when Redis is killed, with no 5xx and no more than twice the limit', async () => {
    const server = await startRedis();
    onTestFinished(server.dispose);
    const gateways = await startGateways(server);

    const before = await callBoth(gateways, 60, 'one');
    const during = callBoth(gateways, 300, 'one');
    await server.kill();
    const after = [await during, await callBoth(gateways, 300, 'one')];
    const metrics = await gateways[1]?.gateway.inspection.metrics.metrics();

    expect(before).toEqual({ 200: 60 });
    expect(gateways.map(({ limiter }) => limiter.report())).toEqual([
      { mode: 'local', fallbacks: 1 },
      { mode: 'local', fallbacks: 1 },
    ]);
    const statuses = new Set(after.flatMap((counts) => Object.keys(counts)));
    expect(statuses.isSubsetOf(new Set(['200', '429']))).toBe(true);
    const passed = 60 + after.reduce((sum, { 200: good = 0 }) => sum + good, 0);
    expect(passed).toBeGreaterThanOrEqual(80);
    expect(passed).toBeLessThanOrEqual(200);
    expect(metrics).toContain('gateway_limiter_mode{mode="local"} 1');
    expect(metrics).toContain('gateway_limiter_fallbacks_total 1');
  });
});
