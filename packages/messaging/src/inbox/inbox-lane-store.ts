import type { EventEnvelope, Ids } from '@gatehouse/contracts';
import { type AnyDb, type AnyTx, runText, type Transact } from '@gatehouse/database';
import type { Clock } from '@gatehouse/resilience';
import { sql } from 'kysely';
import { describeError, insertDeadLetter } from '../dead-letter/insert-dead-letter.ts';
import { runInContext } from '../message-context.ts';
import { messagingError } from '../messaging-errors.ts';
import type { MessagingLogger } from '../messaging-logger.ts';
import type { Subscription } from '../subscription.ts';
import { within } from '../within.ts';
import { faultOf } from './fault.ts';
import type { Lane, LaneStep, LaneStore } from './lanes.ts';
import { nextTryAfter, type RetryPolicy } from './retry-policy.ts';

export type InboxDeps = Readonly<{
  db: AnyDb;
  transact: Transact;
  ids: Ids;
  clock: Clock;
  retry: RetryPolicy;
  logger: MessagingLogger;
  findSubscription: (consumer: string) => Subscription | undefined;
}>;

/**
 * The second step of the inbox. A message, its effect, its outbox rows and `done` are one transaction; the row is locked
 * meanwhile, so several instances compete safely. A failure is counted afterwards in a transaction of its own: in between
 * another instance may have done the message, then there is nothing to count.
 */
export const createInboxLaneStore = (deps: InboxDeps): LaneStore => ({
  findReady: (consumers, limit) => findReady(deps.db, consumers, limit),
  processNext: (lane) => processNext(deps, lane),
});

const findReady = async (
  db: AnyDb,
  consumers: readonly string[],
  limit: number,
): Promise<readonly Lane[]> => {
  const { rows } = await sql<Lane>`-- prepared: inbox-ready
    select consumer, key from inbox_ready(${[...consumers]}::text[], ${limit}::integer)`.execute(db);
  return rows;
};

/** A handler may take this long; it holds a worker and a connection meanwhile. */
const handlerTimeoutMs = 30_000;

type Claimed = Readonly<{
  position: string;
  event_id: string;
  event: EventEnvelope;
  replay_of: string | null;
}>;

const processNext = async (deps: InboxDeps, lane: Lane): Promise<LaneStep | 'nothing'> => {
  const subscription = deps.findSubscription(lane.consumer);
  if (subscription === undefined) return 'nothing';
  let claimed: Claimed | undefined;
  try {
    return await deps.transact(async (tx) => {
      claimed = await claim(tx, lane);
      if (claimed === undefined) return 'nothing';
      const { event } = claimed;
      await handleInTime(deps, subscription, event, tx);
      return { outcome: 'done', more: await markDone(tx, lane, claimed) };
    });
  } catch (error) {
    if (claimed === undefined || faultOf(error) === 'away') return { outcome: 'away', more: false, error };
    return await recordFailure(deps, { lane, claimed, error });
  }
};

const claimText = `-- prepared: inbox-claim
  select position::text as position, event_id, event, replay_of from inbox
  where state = 'pending' and due_at <= now() and position = (
    select position from inbox
    where consumer = $1 and key = $2 and state = 'pending'
    order by position limit 1)
  for update skip locked`;

const claim = async (tx: AnyTx, { consumer, key }: Lane): Promise<Claimed | undefined> => {
  const rows = await runText<Claimed>(tx, claimText, [consumer, key]);
  return rows[0];
};

/** The commit goes out with it. `+ 0`: by the lane's own index, never by the one over all that is pending. */
const doneText = `-- last, prepared: inbox-done
  update inbox set state = 'done', settled_at = now() where position = $1::bigint
  returning exists (
    select 1 from inbox n
    where n.consumer = $2 and n.key = $3 and n.state = 'pending'
      and n.position + 0 > $1::bigint) as more`;

/** Gives whether the lane has more. */
const markDone = async (tx: AnyTx, { consumer, key }: Lane, { position }: Claimed): Promise<boolean> => {
  const rows = await runText<{ more: boolean }>(tx, doneText, [position, consumer, key]);
  return rows[0]?.more === true;
};

/**
 * The transaction is rolled back when it is over, so what a late handler still writes through it fails.
 */
const handleInTime = (
  deps: InboxDeps,
  subscription: Subscription,
  event: EventEnvelope,
  tx: AnyTx,
): Promise<void> =>
  within(
    runInContext(contextOf(subscription, event), async () => subscription.handle(event, tx)),
    {
      clock: deps.clock,
      timeoutMs: handlerTimeoutMs,
      late: () => messagingError('handler_timeout'),
    },
  );

const contextOf = ({ consumer }: Subscription, event: EventEnvelope) => ({
  correlationId: event.correlationid,
  causationId: event.id,
  command: consumer,
  ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
});

type Failure = Readonly<{ lane: Lane; claimed: Claimed; error: unknown }>;

const recordFailure = async (deps: InboxDeps, failure: Failure): Promise<LaneStep | 'nothing'> => {
  const { lane, claimed, error } = failure;
  const log = { consumer: lane.consumer, eventId: claimed.event_id, type: claimed.event.type, err: error };
  return await deps.transact(async (tx) => {
    const { rows } = await sql<{ attempts: number; first_failed_at: Date | null }>`
      select attempts, first_failed_at from inbox
      where position = ${claimed.position}::bigint and state = 'pending' for update`.execute(tx);
    const row = rows[0];
    if (row === undefined) return 'nothing';
    const attempts = row.attempts + 1;
    const next =
      faultOf(error) === 'hopeless'
        ? ({ status: 'dead-letter' } as const)
        : nextTryAfter(attempts, deps.retry);
    if (next.status === 'again') {
      await sql`
        update inbox set attempts = ${attempts}, due_at = now() + ${next.delaySeconds} * interval '1 second',
          first_failed_at = coalesce(first_failed_at, now()), last_error = ${describeError(error).message}
        where position = ${claimed.position}::bigint`.execute(tx);
      deps.logger.warn({ ...log, attempts, delaySeconds: next.delaySeconds }, 'message failed');
      return { outcome: 'failed', more: next.delaySeconds === 0 };
    }
    const id = deps.ids.next();
    await insertDeadLetter(tx, {
      id,
      consumer: lane.consumer,
      eventId: claimed.event_id,
      event: claimed.event,
      raw: undefined,
      error,
      attempts,
      firstFailedAt: row.first_failed_at ?? undefined,
      replayOf: claimed.replay_of ?? undefined,
    });
    await sql`
      update inbox set state = 'dead', attempts = ${attempts}, settled_at = now(),
        last_error = ${describeError(error).message}
      where position = ${claimed.position}::bigint`.execute(tx);
    deps.logger.error({ ...log, attempts, deadLetterId: id }, 'message is a dead letter');
    return { outcome: 'dead-letter', more: true };
  });
};
