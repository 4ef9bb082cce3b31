import {
  Blocked,
  type Execution,
  type Row,
  sqlError,
  type Table,
  type TableFunction,
  type Transaction,
  type Values,
} from './execution.ts';
import type { Outcome, Statement } from './statement.ts';
import { parseStatement } from './statement.ts';
import { compare, fromClient, type Value } from './values.ts';

/** What a commit changed. */
type Change = Readonly<{ table: string; before: Values | null; after: Values | null }>;

/**
 * As much of PostgreSQL as decides whether events are lost or doubled: transactions at READ COMMITTED with row locks,
 * unique keys that wait for whoever is inserting the same, SKIP LOCKED, transaction ids and the snapshot's xmin. Each
 * statement happens at one moment; one that meets a lock throws `Blocked` and is run again, with what is committed by then.
 */
export type MemoryDatabase = Readonly<{
  begin(): Transaction;
  /** @throws Blocked, or an error with an SQLSTATE, which leaves the transaction `failed` */
  run(tx: Transaction, text: string, params: readonly unknown[]): Outcome;
  commit(tx: Transaction): void;
  rollback(tx: Transaction): void;
  /** What is committed, for those who check it. */
  rows(table: string): readonly Values[];
  onCommit(listener: (changes: readonly Change[]) => void): void;
}>;

export type MemoryDatabaseSettings = Readonly<{
  nowMs: () => number;
  tableFunctions: Readonly<Record<string, TableFunction>>;
  /** Where the transaction ids begin. */
  firstXid?: number;
}>;

const parsed = new Map<string, Statement>();
const statementOf = (text: string): Statement => {
  const known = parsed.get(text) ?? parseStatement(text);
  parsed.set(text, known);
  return known;
};

export const createMemoryDatabase = (settings: MemoryDatabaseSettings): MemoryDatabase => {
  const tables = new Map<string, Table>();
  const open = new Set<Transaction>();
  const listeners: ((changes: readonly Change[]) => void)[] = [];
  let nextXid = settings.firstXid ?? 700;

  const end = (tx: Transaction): void => {
    tx.state = 'over';
    open.delete(tx);
    for (const row of tx.touched) {
      row.lockedBy = undefined;
      row.pending = undefined;
      if (row.committed === null) row.table.rows.splice(row.table.rows.indexOf(row), 1);
    }
    for (const tell of tx.onEnd.splice(0)) tell();
  };

  const table = (name: string): Table => {
    const found = tables.get(name);
    if (found === undefined) throw sqlError('42P01', `relation "${name}" does not exist`);
    return found;
  };

  const executionFor = (tx: Transaction, undo: (() => void)[]): Execution => {
    const xid = (): number => {
      tx.xid ??= nextXid++;
      return tx.xid;
    };
    const lock = (row: Row): void => {
      if (row.lockedBy === tx) return;
      if (row.lockedBy !== undefined) throw new Blocked(row.lockedBy);
      xid();
      row.lockedBy = tx;
      tx.touched.add(row);
      undo.push(() => {
        row.lockedBy = undefined;
        tx.touched.delete(row);
      });
    };
    const write = (row: Row, values: Values | null): void => {
      lock(row);
      const before = row.pending;
      row.pending = values;
      undo.push(() => {
        row.pending = before;
      });
    };
    const see = (row: Row): Values | null =>
      row.lockedBy === tx && row.pending !== undefined ? row.pending : row.committed;
    const findConflict = (of: Table, values: Values): Row | undefined =>
      of.rows.find((row) => {
        // What another transaction is about to insert or delete may count: wait until it is known.
        const other = row.lockedBy === tx ? undefined : row.lockedBy;
        const candidates = other ? [row.committed, row.pending ?? null] : [see(row)];
        const same = candidates.filter((one) => one !== null && isSameKey(of, one, values));
        if (same.length === 0) return false;
        if (other !== undefined && (row.committed === null || row.pending === null)) throw new Blocked(other);
        return true;
      });
    const execution: Execution & { addTable(added: Table): void } = {
      tx,
      nowMs: tx.startedMs,
      xid,
      xmin: () => Math.min(nextXid, ...[...open].map((one) => one.xid ?? nextXid)),
      table,
      hasTable: (name) => tables.has(name),
      see,
      isTaken: (row) => row.lockedBy !== undefined && row.lockedBy !== tx,
      lock,
      write,
      findConflict,
      insert: (to, values, onConflict) => {
        if (findConflict(to, values) !== undefined) {
          if (onConflict) return undefined;
          throw Object.assign(sqlError('23505', `duplicate key in ${to.name}`), { constraint: to.name });
        }
        const row: Row = { table: to, committed: null, pending: undefined, lockedBy: undefined };
        to.rows.push(row);
        undo.push(() => void to.rows.splice(to.rows.indexOf(row), 1));
        write(row, values);
        return row;
      },
      tableFunction: (name) => settings.tableFunctions[name],
      addTable: (added) => void tables.set(added.name, added),
    };
    return execution;
  };

  return {
    begin: () => {
      const tx: Transaction = {
        startedMs: settings.nowMs(),
        xid: undefined,
        state: 'open',
        touched: new Set(),
        onEnd: [],
      };
      open.add(tx);
      return tx;
    },
    run: (tx, text, params) => {
      if (tx.state === 'failed') throw sqlError('25P02', 'current transaction is aborted');
      if (tx.state === 'over') throw sqlError('25P01', 'there is no transaction in progress');
      const undo: (() => void)[] = [];
      const values: readonly Value[] = params.map(fromClient);
      try {
        return statementOf(text).run({
          execution: executionFor(tx, undo),
          params: values,
          scope: undefined,
        });
      } catch (error) {
        for (const step of undo.toReversed()) step();
        if (!(error instanceof Blocked)) tx.state = 'failed';
        throw error;
      }
    },
    commit: (tx) => {
      if (tx.state !== 'open') {
        end(tx);
        return;
      }
      const changes: Change[] = [];
      for (const row of tx.touched) {
        if (row.pending === undefined) continue;
        changes.push({ table: row.table.name, before: row.committed, after: row.pending });
        row.committed = row.pending;
      }
      end(tx);
      for (const listener of listeners) listener(changes);
    },
    rollback: end,
    rows: (name) => table(name).rows.flatMap(({ committed }) => (committed === null ? [] : [committed])),
    onCommit: (listener) => void listeners.push(listener),
  };
};

const isSameKey = ({ uniques }: Table, a: Values, b: Values): boolean =>
  uniques.some((columns) => columns.every((column) => compare(a[column] ?? null, b[column] ?? null) === 0));
