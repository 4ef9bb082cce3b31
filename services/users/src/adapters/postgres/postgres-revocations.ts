import type { Revocation, RevocationPage } from '@gatehouse/auth';
import { ApiKeyRevoked, type Ids, SessionRevoked } from '@gatehouse/contracts';
import type { AnyDb, AnyTx } from '@gatehouse/database';
import { newEvent, type Outbox } from '@gatehouse/messaging';
import type { Clock } from '@gatehouse/resilience';
import { sql } from 'kysely';
import type { RevocationStore } from '../../application/ports.ts';

type Deps = Readonly<{ outbox: Outbox; ids: Ids }>;

/** The list that every gateway and service reads every 2 s, and an event that says: look now. */
export const postgresRevocations = (tx: AnyTx, { outbox, ids }: Deps): RevocationStore => ({
  async add(revocations) {
    if (revocations.length === 0) return;
    await insert(tx, revocations);
    await outbox.append(
      tx,
      revocations.map(({ sid, sub }) =>
        newEvent(SessionRevoked, {
          aggregateId: sid ?? ids.next(),
          aggregateVersion: 1,
          data: {
            ...(sid === undefined ? {} : { sessionId: sid }),
            ...(sub === undefined ? {} : { userId: sub }),
          },
        }),
      ),
    );
  },
  async addApiKey({ id, userId, until }) {
    await insert(tx, [{ sid: id, until }]);
    const data = { apiKeyId: id, userId };
    await outbox.append(tx, [newEvent(ApiKeyRevoked, { aggregateId: id, aggregateVersion: 1, data })]);
  },
});

const insert = async (tx: AnyTx, revocations: readonly Revocation[]): Promise<void> => {
  // One writer at a time, until its commit: so `seq` is the order of commits, and a reader that has passed one
  // number has seen every smaller one.
  await sql`select pg_advisory_xact_lock(hashtextextended('gatehouse.users.revocations', 0))`.execute(tx);
  await sql`
    insert into revocations (sid, sub, not_before, until)
    select r.sid, r.sub, r."notBefore", r.until
    from jsonb_to_recordset(${JSON.stringify(revocations)}::jsonb)
      as r (sid uuid, sub uuid, "notBefore" double precision, until double precision)`.execute(tx);
};

/** As many as a reader keeps (`createRevocationList`). */
const pageLimit = 100_000;

/** What was revoked after `since`, a cursor of a former page; without one, everything that still counts. */
export const createListRevocations =
  ({ db, clock }: Readonly<{ db: AnyDb; clock: Clock }>) =>
  async (since?: string): Promise<RevocationPage> => {
    const { rows } = await sql<RevocationRow>`
      select seq, sid, sub, not_before, until from revocations
      where seq > ${since ?? '0'} and until > ${clock.now() / 1000}
      order by seq limit ${pageLimit}`.execute(db);
    return { revocations: rows.map(toRevocation), cursor: rows.at(-1)?.seq ?? since ?? '0' };
  };

type RevocationRow = Readonly<{
  seq: string;
  sid: string | null;
  sub: string | null;
  not_before: number | null;
  until: number;
}>;

const toRevocation = ({ sid, sub, not_before, until }: RevocationRow): Revocation => ({
  ...(sid === null ? {} : { sid }),
  ...(sub === null ? {} : { sub }),
  ...(not_before === null ? {} : { notBefore: not_before }),
  until,
});
