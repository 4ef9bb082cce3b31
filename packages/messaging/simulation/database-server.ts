import { inboxReady, type KeptQuery, outboxReady } from '../src/ready-rows.ts';
import { appendToStream } from './append-to-stream.ts';
import type { Faults } from './faults.ts';
import type { Life } from './life.ts';
import { Blocked, sqlError, type TableFunction, type Transaction } from './sql/execution.ts';
import { createMemoryDatabase, type MemoryDatabase } from './sql/memory-database.ts';
import { type Outcome, parseStatement } from './sql/statement.ts';
import type { World } from './world.ts';

/** A connection of a process to a database. A lost one takes its transaction with it. */
export type Session = { tx: Transaction | undefined; isLost: boolean; readonly life: Life };

/** A database that can be away, and whose connections can be lost. */
export type DatabaseServer = Readonly<{
  memory: MemoryDatabase;
  open(life: Life): Session;
  begin(session: Session): Promise<void>;
  query(session: Session, text: string, params: readonly unknown[]): Promise<Outcome>;
  commit(session: Session): Promise<void>;
  rollback(session: Session): Promise<void>;
  close(session: Session): void;
  /** A session's advisory lock; undefined when another one has it. */
  lock(life: Life, key: string, onLost: () => void): Promise<(() => Promise<void>) | undefined>;
  /** Ends all sessions at once and answers nobody for so long: an immediate restart. */
  restart(awayMs: number): void;
}>;

const connectionLost = (): Error => sqlError('ECONNRESET', 'read ECONNRESET');
const refused = (): Error => sqlError('ECONNREFUSED', 'connect ECONNREFUSED');
const serializationFailure = (): Error => sqlError('40001', 'could not serialize access');

/** A statement that waits for a lock longer than this is cancelled by the server. */
const statementTimeoutMs = 15_000;
/** How long a server may take to notice that the other side is gone. */
const noticeMs = 500;

/** A function whose body is one query. */
const toTableFunction = ({ columns, query }: KeptQuery): TableFunction => {
  const statement = parseStatement(query);
  return {
    columns: columns.map(([name]) => name),
    run: (execution, params) => statement.run({ execution, params, scope: undefined }).rows,
  };
};

type Held = { readonly life: Life; readonly onLost: () => void };

export const createDatabaseServer = (world: World, faults: Faults): DatabaseServer => {
  const memory = createMemoryDatabase({
    nowMs: world.nowMs,
    tableFunctions: {
      append_to_stream: appendToStream,
      outbox_ready: toTableFunction(outboxReady),
      inbox_ready: toTableFunction(inboxReady),
      pg_control_system: { columns: ['system_identifier'], run: () => [['7000000000000000001']] },
    },
  });
  const sessions = new Set<Session>();
  const locks = new Map<string, Held>();
  const waitsFor = new Map<Transaction, Transaction>();
  let awayUntilMs = 0;

  const drop = (session: Session): void => {
    session.isLost = true;
    sessions.delete(session);
    if (session.tx !== undefined) memory.rollback(session.tx);
    session.tx = undefined;
  };

  const isUsable = (session: Session): boolean => !session.isLost && world.nowMs() >= awayUntilMs;
  const lose = (session: Session) => (): Error => {
    drop(session);
    return connectionLost();
  };

  const isDeadlock = (tx: Transaction, by: Transaction): boolean => {
    for (let next: Transaction | undefined = by; next !== undefined; next = waitsFor.get(next))
      if (next === tx) return true;
    return false;
  };

  /** Runs it now, or when the lock that it meets is free. */
  const attempt = (
    session: Session,
    statement: { tx: Transaction; run: () => Outcome; sinceMs: number },
    answer: { done: (outcome: Outcome) => void; fail: (error: Error) => void },
  ): void => {
    const { tx } = statement;
    if (session.isLost) {
      answer.fail(connectionLost());
      return;
    }
    try {
      if (world.nowMs() - statement.sinceMs > statementTimeoutMs) {
        tx.state = 'failed';
        throw sqlError('57014', 'canceling statement due to statement timeout');
      }
      answer.done(statement.run());
    } catch (error) {
      // What the stand-in cannot read is nothing that the product should deal with.
      if (error instanceof SyntaxError) throw error;
      if (!(error instanceof Blocked)) {
        answer.fail(error as Error);
        return;
      }
      if (isDeadlock(tx, error.by)) {
        tx.state = 'failed';
        answer.fail(sqlError('40P01', 'deadlock detected'));
        return;
      }
      waitsFor.set(tx, error.by);
      error.by.onEnd.push(() => {
        waitsFor.delete(tx);
        world.at(world.latencyMs() / 10, () => attempt(session, statement, answer));
      });
    }
  };

  return {
    memory,
    open: (life) => {
      const session: Session = { tx: undefined, isLost: false, life };
      sessions.add(session);
      life.onEnd(() => world.at(world.random() * noticeMs, () => drop(session)));
      return session;
    },
    close: (session) => void sessions.delete(session),
    begin: (session) =>
      session.life.reach<void>({
        point: 'begin',
        faults: ['crash-before', 'lost-before', 'slow'],
        lose: lose(session),
        act: (done, fail) => {
          if (!isUsable(session)) return fail(refused());
          session.tx = memory.begin();
          done();
        },
      }),
    query: (session, text, params) =>
      session.life.reach<Outcome>({
        point: pointOf(text),
        faults: [
          ...(['crash-before', 'crash-after', 'lost-before', 'lost-after', 'slow'] as const),
          ...(session.tx === undefined ? [] : (['refused'] as const)),
        ],
        lose: lose(session),
        refuse: () => {
          if (session.tx !== undefined) session.tx.state = 'failed';
          return serializationFailure();
        },
        act: (done, fail) => {
          if (!isUsable(session)) return fail(session.isLost ? connectionLost() : refused());
          const isOwn = session.tx === undefined;
          const tx = session.tx ?? memory.begin();
          // Ended with its session, should that be lost while it waits.
          if (isOwn) session.tx = tx;
          const over = (): void => {
            if (isOwn && session.tx === tx) session.tx = undefined;
          };
          attempt(
            session,
            { tx, run: () => memory.run(tx, text, params), sinceMs: world.nowMs() },
            {
              done: (outcome) => {
                over();
                if (isOwn) memory.commit(tx);
                done(outcome);
              },
              fail: (error) => {
                over();
                if (isOwn && tx.state !== 'over') memory.rollback(tx);
                fail(error);
              },
            },
          );
        },
      }),
    commit: (session) =>
      session.life.reach<void>({
        point: 'commit',
        faults: ['crash-before', 'crash-after', 'lost-before', 'lost-after', 'slow'],
        lose: lose(session),
        act: (done, fail) => {
          if (!isUsable(session) || session.tx === undefined) return fail(connectionLost());
          memory.commit(session.tx);
          session.tx = undefined;
          done();
        },
      }),
    rollback: (session) =>
      session.life.reach<void>({
        point: 'rollback',
        faults: ['crash-before', 'lost-before'],
        lose: lose(session),
        act: (done, fail) => {
          if (!isUsable(session)) return fail(connectionLost());
          if (session.tx !== undefined) memory.rollback(session.tx);
          session.tx = undefined;
          done();
        },
      }),
    lock: (life, key, onLost) =>
      life.reach({
        point: 'lock',
        faults: ['crash-before', 'crash-after', 'lost-before', 'slow'],
        lose: connectionLost,
        act: (done, fail) => {
          if (world.nowMs() < awayUntilMs) return fail(refused());
          if (locks.has(key)) return done(undefined);
          const held: Held = { life, onLost };
          locks.set(key, held);
          const free = (): void => {
            if (locks.get(key) === held) locks.delete(key);
          };
          life.onEnd(() => world.at(world.random() * noticeMs, free));
          // Now and then its connection is cut: somebody else may have it before the holder knows.
          if (!faults.isOver() && world.chance(0.1)) {
            world.at(world.random() * 3_000, () => {
              if (locks.get(key) !== held || faults.isOver()) return;
              faults.note('lock lost');
              locks.delete(key);
              life.clock.schedule(world.random() * 8_000, onLost);
            });
          }
          done(async () => {
            const wasHeld = locks.get(key) === held;
            free();
            if (wasHeld)
              await life.reach<void>({
                point: 'unlock',
                faults: [],
                lose: connectionLost,
                act: (ok) => ok(),
              });
          });
        },
      }),
    restart: (awayMs) => {
      faults.note('database away');
      awayUntilMs = world.nowMs() + awayMs;
      for (const session of [...sessions]) drop(session);
      for (const { life, onLost } of locks.values()) life.clock.schedule(world.random() * 1_000, onLost);
      locks.clear();
    },
  };
};

const points = new Map<string, string>();

/** The first words of a statement, to name what went wrong where. */
const pointOf = (text: string): string => {
  const known = points.get(text);
  if (known !== undefined) return known;
  const verb = /^(?:\s|--[^\n]*\n)*(\w+)/.exec(text)?.[1] ?? '';
  const table = /(?:from|into|update)\s+([a-z_]+)/i.exec(text)?.[1] ?? '';
  const point = `${verb} ${table}`;
  points.set(text, point);
  return point;
};
