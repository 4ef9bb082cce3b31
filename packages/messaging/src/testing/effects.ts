import { PostDeleted } from '@gatehouse/contracts';
import { sql } from 'kysely';
import { createSubscription, on, type Subscription } from '../subscription.ts';

/** Writes down each event that it gets, `<last digit of the subject>:<version>`, in the message's transaction. */
export const recordingEffects = (consumer: string): Subscription =>
  createSubscription({
    consumer,
    handlers: [
      on(PostDeleted, async (event, tx) => {
        await sql`insert into effects (event_id, label)
          values (${event.id}, ${`${event.subject.at(-1)}:${event.aggregateversion}`})`.execute(tx);
      }),
    ],
  });
