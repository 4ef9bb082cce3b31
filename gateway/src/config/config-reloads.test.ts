import { captureLogger, createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { createConfigReloads } from './config-reloads.ts';
import type { GatewayConfig } from './gateway-config.ts';
import { parseGatewayConfig } from './parse-config.ts';

const configAt = (path: string): GatewayConfig =>
  parseGatewayConfig(`routes: [{ path: ${path}, service: posts }]`);

type Load = () => GatewayConfig | Promise<GatewayConfig>;

const start = (load: Load) => {
  let inForce = configAt('/v1');
  const applied: string[] = [];
  const logger = captureLogger();
  const reloads = createConfigReloads({
    load,
    inForce: () => inForce,
    apply: (config) => {
      inForce = config;
      applied.push(config.routes[0]?.path ?? '');
    },
    clock: createManualClock(0),
    logger,
  });
  return { reloads, applied, logger };
};

describe('configuration: a reload', () => {
  it('puts what it reads in force, and says so', async () => {
    const { reloads, applied } = start(() => configAt('/v2'));

    expect(await reloads.reload('operator')).toEqual({
      ...{ routes: 1, at: '1970-01-01T00:00:00.000Z', changed: true },
    });
    expect(applied).toEqual(['/v2']);
    expect(reloads.last()).toMatchObject({ cause: 'operator', result: 'applied', mistakes: [] });
  });

  it('touches nothing when nothing changed', async () => {
    const { reloads, applied } = start(() => configAt('/v1'));

    expect(await reloads.reload('file')).toMatchObject({ changed: false });
    expect(applied).toEqual([]);
    expect(reloads.last()).toMatchObject({ cause: 'file', result: 'unchanged' });
  });

  it('of a bad file is refused: the old one stays, the mistakes are kept', async () => {
    const { reloads, applied } = start(() => configAt('nowhere'));

    await expect(reloads.reload('file')).rejects.toMatchObject({ code: 'config_invalid' });
    expect(applied).toEqual([]);
    expect(reloads.last()).toMatchObject({
      result: 'refused',
      mistakes: [expect.stringContaining('gateway.yaml:1:12: routes[0].path')],
    });
  });

  it('never lets an older file replace a newer one, however long reading takes', async () => {
    const answers: ((config: GatewayConfig) => void)[] = [];
    const { reloads, applied } = start(() => new Promise((resolve) => answers.push(resolve)));
    const first = reloads.reload('file');
    await Promise.resolve();
    const second = reloads.reload('operator');
    const third = reloads.reload('file');

    await Promise.resolve();
    expect(answers).toHaveLength(1);
    answers[0]?.(configAt('/v2'));
    await first;
    await Promise.resolve();
    expect(answers).toHaveLength(2);
    answers[1]?.(configAt('/v3'));

    expect(await second).toBe(await third);
    expect(applied).toEqual(['/v2', '/v3']);
  });

  it('goes on after one that failed', async () => {
    const texts = ['bad', '/v2'];
    const { reloads, applied } = start(() => configAt(texts.shift() ?? ''));

    await expect(reloads.reload('file')).rejects.toThrow();
    await reloads.reload('file');
    expect(applied).toEqual(['/v2']);
  });
});
