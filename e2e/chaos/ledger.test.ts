import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LedgerLine, openLedger, readLedger } from './ledger.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-ledger-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const line = (orderId: string): LedgerLine => ({ orderId, buyer: 1, step: 'created' });

describe('a ledger', () => {
  it('has a line on the disk before it counts', () => {
    const file = join(folder, 'ledger.jsonl');
    const ledger = openLedger(file);
    ledger.record(line('a'));
    expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(line('a'))}\n`);
    ledger.close();
  });

  it('is the same for a client that crashed and reads it again, but for a line that was cut', () => {
    const file = join(folder, 'ledger.jsonl');
    const ledger = openLedger(file);
    ledger.record(line('a'));
    ledger.record(line('b'));
    ledger.close();
    expect(readLedger(readFileSync(file, 'utf8'))).toEqual([line('a'), line('b')]);
    expect(readLedger(readFileSync(file, 'utf8').slice(0, -5))).toEqual([line('a')]);
  });
});
