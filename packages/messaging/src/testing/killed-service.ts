import { randomIds } from '@gatehouse/contracts';
import { createTransact, openDatabase } from '@gatehouse/database';
import { systemClock } from '@gatehouse/resilience';
import { createInProcessTransport } from '../in-process/in-process-transport.ts';
import { createMessaging } from '../messaging.ts';
import { createRabbitMqTransport } from '../rabbitmq/rabbitmq-transport.ts';
import { recordingEffects } from './effects.ts';
import { postDeleted, postId } from './open-test-service.ts';

/**
 * A service as a process of its own, to be killed: it says events for as long as it lives, a line on stdout for each that was
 * committed, and hears them itself. `node killed-service.ts <database> <consumer> <from> [<broker>]`.
 */
const [databaseUrl = '', consumer = '', from = '1', brokerUrl] = process.argv.slice(2);
const subjects = 5;

const database = openDatabase({ url: databaseUrl, applicationName: 'posts', poolSize: 8 });
const transport =
  brokerUrl === undefined
    ? createInProcessTransport()
    : await createRabbitMqTransport({ url: brokerUrl, clock: systemClock });
const messaging = createMessaging({
  service: 'posts',
  database,
  transport,
  clock: systemClock,
  ids: randomIds,
  pollMs: 20,
});
await messaging.subscribe(recordingEffects(consumer));
await messaging.start();
const transact = createTransact({ db: database.db, afterCommit: messaging.hint });

for (let version = Number(from); ; version++)
  for (let subject = 1; subject <= subjects; subject++) {
    await transact((tx) => messaging.outbox.append(tx, [postDeleted(postId(subject), version)]));
    process.stdout.write(`${subject} ${version}\n`);
  }
