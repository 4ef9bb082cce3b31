import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

/** What the client saw, in the order it saw it. An order whose answer never came has no line: it is unknown, neither lost nor done. */
export type LedgerLine = Readonly<{ orderId: string; buyer: number; step: 'created' | 'confirm-accepted' }>;

export type Ledger = Readonly<{
  record(line: LedgerLine): void;
  lines(): readonly LedgerLine[];
  close(): void;
}>;

/**
 * A line counts once it is on the disk: an answer is acknowledged only when the client can still prove it after its own crash.
 * `lines` reads them from there.
 */
export const openLedger = (file: string): Ledger => {
  const descriptor = openSync(file, 'a');
  return {
    record: (line) => {
      writeSync(descriptor, `${JSON.stringify(line)}\n`);
      fsyncSync(descriptor);
    },
    lines: () => readLedger(readFileSync(file, 'utf8')),
    close: () => closeSync(descriptor),
  };
};

/** What comes after the last end of a line was being written when the client ended: its answer does not count. */
export const readLedger = (text: string): readonly LedgerLine[] =>
  text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LedgerLine);
