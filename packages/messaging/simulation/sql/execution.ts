import type { CallContext } from './functions.ts';
import type { Value } from './values.ts';

export type Values = Readonly<Record<string, Value>>;

/**
 * A stored row. `committed` is what everybody sees, `pending` what the transaction that holds the lock has made of it
 * (`undefined`: only locked; `null`: not there).
 */
export type Row = {
  readonly table: Table;
  committed: Values | null;
  pending: Values | null | undefined;
  lockedBy: Transaction | undefined;
};

export type Column = Readonly<{
  name: string;
  type: string;
  isIdentity: boolean;
  isRequired: boolean;
  /** Gives what stands in the column when an insert does not name it. */
  byDefault: ((execution: Execution) => Value) | undefined;
}>;

export type Table = {
  readonly name: string;
  columns: readonly Column[];
  /** Columns that no two rows share. */
  readonly uniques: (readonly string[])[];
  rows: Row[];
  lastIdentity: number;
};

export type Transaction = {
  readonly startedMs: number;
  xid: number | undefined;
  /** `failed`: a statement threw, only a rollback is taken. */
  state: 'open' | 'failed' | 'over';
  readonly touched: Set<Row>;
  /** Told once when it is over: those who wait for its locks. */
  readonly onEnd: (() => void)[];
};

/** A statement has to wait: the row is locked by this transaction. What it did so far is undone. */
export class Blocked extends Error {
  readonly by: Transaction;
  constructor(by: Transaction) {
    super('waits for a lock');
    this.by = by;
  }
}

/** An error as PostgreSQL gives it, with its SQLSTATE. */
export const sqlError = (code: string, message: string): Error => Object.assign(new Error(message), { code });

/** One statement while it runs: what it sees and how it writes. Reads see what is committed and its own writes. */
export type Execution = CallContext &
  Readonly<{
    tx: Transaction;
    table(name: string): Table;
    hasTable(name: string): boolean;
    /** The row as this transaction sees it. */
    see(row: Row): Values | null;
    /** Whether another transaction has the row. */
    isTaken(row: Row): boolean;
    lock(row: Row): void;
    write(row: Row, values: Values | null): void;
    /** Adds a row; `undefined` when another one has its key (throws 23505 unless `onConflict`). */
    insert(table: Table, values: Values, onConflict: boolean): Row | undefined;
    /** The row that has the same key. */
    findConflict(table: Table, values: Values): Row | undefined;
    tableFunction(name: string): TableFunction | undefined;
  }>;

/** A function in a FROM: gives rows. */
export type TableFunction = Readonly<{
  columns: readonly string[];
  run(execution: Execution, args: readonly Value[]): readonly (readonly Value[])[];
}>;
