import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

/** What the client saw, in the order it saw it. An order whose answer never came has no line: it is unknown, neither lost nor done. */
export type LedgerLine = Readonly<{ orderId: string; buyer: number; step: 'created' | 'confirm-accepted' }>;

export type Ledger = Readonly<{
  record(line: LedgerLine): void;
  lines(): readonly LedgerLine[];
  close(): void;
}>;

/** A line counts once it is on the disk: an answer is acknowledged only when the client can still prove it after its own crash. */
export const openLedger = (file: string): Ledger => {
  const descriptor = openSync(file, 'a');
  const lines: LedgerLine[] = [];
  return {
    record: (line) => {
      writeSync(descriptor, `${JSON.stringify(line)}\n`);
      fsyncSync(descriptor);
      lines.push(line);
    },
    lines: () => lines,
    close: () => closeSync(descriptor),
  };
};
