import type { AnyTx } from '@gatehouse/database';
import { streamName } from '@gatehouse/event-store';
import { sql } from 'kysely';
import type { User } from '../../domain/user.ts';
import { keyHash } from './postgres-failure-counts.ts';

/**
 * Forgets who a deleted account was, wherever this service keeps it. What happened, and when, stays: streams, and the log of
 * what was published, keep their rows with empty names. The one place that changes kept events, and by law it has to.
 * (Copies in inbox rows go with the inbox, 7 days later.)
 */
export const erasePerson = async (tx: AnyTx, user: User): Promise<void> => {
  const { id, email } = user;
  await sql`
    update users set email = null, first_name = '', last_name = '', password_hash = null, deleted_at = now()
    where id = ${id}`.execute(tx);
  await sql`
    update events set data = data || ${named}::jsonb
    where stream = ${streamName('user', id)} and type = 'user-renamed'`.execute(tx);
  await sql`
    update events set data = data || ${named}::jsonb || ${addressed}::jsonb
    where stream = ${streamName('user', id)} and type = 'user-registered'`.execute(tx);
  await sql`
    update outbox set data = data || ${named}::jsonb || ${fullyNamed}::jsonb
    where subject = ${id} and type = 'gatehouse.user.updated.v1'`.execute(tx);
  await sql`
    update outbox set data = data || ${named}::jsonb || ${fullyNamed}::jsonb || ${addressed}::jsonb
    where subject = ${id} and type = 'gatehouse.user.registered.v1'`.execute(tx);

  await sql`delete from sessions where user_id = ${id}`.execute(tx);
  await sql`delete from api_keys where user_id = ${id}`.execute(tx);
  await sql`delete from one_time_tokens where user_id = ${id}`.execute(tx);
  await sql`delete from mail_requests where email = ${email}`.execute(tx);
  await sql`delete from mailbox where recipient = ${email}`.execute(tx);
  await sql`delete from known_networks where account = ${keyHash(email)}`.execute(tx);
};

const named = JSON.stringify({ firstName: '', lastName: '' });
const fullyNamed = JSON.stringify({ fullName: '' });
const addressed = JSON.stringify({ email: '' });
