import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { gatewayNodeFlags } from './node-flags.ts';

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

describe('the flags of the gateway', () => {
  it('are given to Node by npm start -w gateway', () => {
    expect(JSON.parse(read('gateway/package.json')).scripts.start).toBe(
      `node ../scripts/bootstrap.mjs ${gatewayNodeFlags.join(' ')} gateway/src/main.ts`,
    );
  });

  it('are given to Node in its containers', () => {
    const { 'x-gateway': gateway } = parse(read('docker-compose.yml'), { merge: true });

    expect(gateway.command).toEqual(['node', ...gatewayNodeFlags, 'infra/docker/start.mjs']);
  });
});
