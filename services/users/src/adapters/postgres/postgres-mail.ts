import type { AnyDb, AnyTx } from '@gatehouse/database';
import type { Clock } from '@gatehouse/resilience';
import { sql } from 'kysely';
import type { Mail, Mailer, MailRequests, OneTimeTokens } from '../../application/ports.ts';

/** Wishes beyond this are dropped: somebody floods us, and nobody is owed a mail. */
const requestLimit = 10_000;

export const postgresMailRequests = (tx: AnyTx): MailRequests => ({
  async add(email) {
    await sql`
      insert into mail_requests (email)
      select ${email}
      where (select count(*) from (select 1 from mail_requests limit ${requestLimit}) as kept) < ${requestLimit}
      on conflict (email) do nothing`.execute(tx);
  },
  async take() {
    const { rows } = await sql<{ email: string }>`
      delete from mail_requests where position = (
        select position from mail_requests order by position limit 1 for update skip locked
      ) returning email`.execute(tx);
    return rows[0]?.email;
  },
});

export const postgresOneTimeTokens = (tx: AnyTx): OneTimeTokens => ({
  async add({ hash, userId, createdAt, expiresAt }) {
    await sql`
      insert into one_time_tokens (hash, user_id, created_at, expires_at)
      values (${hash}, ${userId}, ${createdAt}, ${expiresAt})`.execute(tx);
  },
  async take(hash, now) {
    const { rows } = await sql<{ user_id: string }>`
      update one_time_tokens set used_at = ${now}
      where hash = ${hash} and used_at is null and expires_at > ${now} returning user_id`.execute(tx);
    return rows[0] && { userId: rows[0].user_id };
  },
  async findLatest(userId) {
    const { rows } = await sql<{ created_at: Date }>`
      select created_at from one_time_tokens
      where user_id = ${userId} order by created_at desc limit 1`.execute(tx);
    return rows[0]?.created_at.toISOString();
  },
});

/** Keeps mails instead of sending them: the last `limit`, to be read in the console and by tests. */
export const postgresMailbox = (
  tx: AnyTx,
  { limit, clock }: Readonly<{ limit: number; clock: Clock }>,
): Mailer => ({
  async send({ to, subject, text, html, links }) {
    await sql`
      insert into mailbox (recipient, subject, text, html, links, created_at)
      values (${to}, ${subject}, ${text}, ${html}, ${JSON.stringify(links)}::jsonb,
        ${new Date(clock.now()).toISOString()})`.execute(tx);
    await sql`delete from mailbox where position <= (select max(position) from mailbox) - ${limit}`.execute(
      tx,
    );
  },
});

export type KeptMail = Mail & Readonly<{ createdAt: string }>;

const listLimit = 100;

/** The newest hundred, of all or of one recipient. */
export const createListMails =
  ({ db }: Readonly<{ db: AnyDb }>) =>
  async (to?: string): Promise<readonly KeptMail[]> => {
    const { rows } = await sql<MailRow>`
      select recipient, subject, text, html, links, created_at from mailbox
      where ${to ?? null}::text is null or recipient = ${to ?? null}
      order by position desc limit ${listLimit}`.execute(db);
    return rows.map(({ recipient, created_at, ...mail }) => ({
      to: recipient,
      ...mail,
      createdAt: created_at.toISOString(),
    }));
  };

type MailRow = Readonly<{
  recipient: string;
  subject: string;
  text: string;
  html: string;
  links: readonly string[];
  created_at: Date;
}>;
