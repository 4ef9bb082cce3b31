// Preloaded into every process of the product during the experiments on events. Two things can be asked of it, by files in the
// folder CHAOS_HOOKS: to die by SIGKILL at an exact step (a file named after the step, which the first process that gets there
// takes), and to have a clock that is off (`clock-offset`, in milliseconds).
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';

const folder = process.env.CHAOS_HOOKS ?? '';
const instance = basename(process.env.DATA_DIR ?? '');
const require = createRequire(join(import.meta.dirname, '../../../../packages/messaging/src/index.ts'));

/** Dies here if it is asked to; renaming decides between those that come at the same moment. */
const maybeDie = (step: string): void => {
  if (!existsSync(join(folder, step))) return;
  try {
    renameSync(
      join(folder, step),
      join(folder, 'died', `${step} ${instance} ${process.pid} ${performance.now()}`),
    );
  } catch {
    return;
  }
  process.kill(process.pid, 'SIGKILL');
};

/** A little later: what was just written has gone out, and no answer has come. */
const maybeDieSoon = (step: string): void => {
  if (existsSync(join(folder, step))) setTimeout(() => maybeDie(step), 1);
};

type Client = { lastWrite?: string };
type Query = (this: Client, ...args: unknown[]) => unknown;

/** Which statement of the product a step is. */
const statements: Readonly<Record<string, RegExp>> = {
  mark: /update outbox set sent_at/,
  store: /insert into inbox \(consumer, event_id, key/,
  claim: /from inbox[\s\S]*for update skip locked/,
  done: /update inbox set state = 'done'/,
};
const kindOf = (text: string): string | undefined =>
  Object.keys(statements).find((kind) => statements[kind]?.test(text));

const beforeStatement = (kind: string | undefined): void => {
  if (kind === 'mark') maybeDie('relay: confirmed, not marked');
  if (kind === 'store') maybeDie('inbox: delivered, not stored');
  if (kind === 'done') maybeDie('process: handled, not done');
};

const afterStatement = (client: Client, text: string, kind: string | undefined): void => {
  if (kind === 'mark') maybeDie('relay: marked');
  if (kind === 'claim') maybeDie('process: taken, not handled');
  if (text === 'commit' && client.lastWrite === 'done') maybeDie('process: committed');
  if (text === 'begin') delete client.lastWrite;
  else if (kind !== undefined) client.lastWrite = kind;
};

const watchDatabase = (): void => {
  const { Client } = require('pg') as { Client: { prototype: { query: Query } } };
  const { query } = Client.prototype;
  Client.prototype.query = function watched(...args) {
    const [first] = args;
    const text = typeof first === 'string' ? first : String((first as { text?: string } | undefined)?.text);
    const kind = kindOf(text);
    beforeStatement(kind);
    const result = query.apply(this, args);
    // Its commit goes out with it.
    if (kind === 'done') maybeDieSoon('process: done and commit sent, no answer');
    if (result instanceof Promise) result.then(() => afterStatement(this, text, kind)).catch(() => {});
    return result;
  };
};

type Method = (...args: unknown[]) => unknown;

const watchBroker = (): void => {
  const channels = require(join(require.resolve('amqplib'), '../lib/channel_model.js')) as Record<
    'Channel' | 'ConfirmChannel',
    { prototype: Record<'publish' | 'ack', Method> }
  >;
  const { publish } = channels.ConfirmChannel.prototype;
  channels.ConfirmChannel.prototype.publish = function watched(this: unknown, ...args) {
    if (args[0] === 'gatehouse.events') maybeDie('relay: read, not published');
    const result = publish.apply(this, args);
    if (args[0] === 'gatehouse.events') maybeDieSoon('relay: published, not confirmed');
    return result;
  };
  const { ack } = channels.Channel.prototype;
  channels.Channel.prototype.ack = function watched(this: unknown, ...args) {
    maybeDie('inbox: committed, not acknowledged');
    const result = ack.apply(this, args);
    maybeDieSoon('inbox: acknowledged');
    return result;
  };
};

/** The wall clock as everything here reads it; timers and `performance.now` go on as they are. */
const shiftClock = (): void => {
  const RealDate = Date;
  let offsetMs = 0;
  const look = (): void => {
    const file = join(folder, 'clock-offset');
    offsetMs = existsSync(file) ? Number(readFileSync(file, 'utf8')) || 0 : 0;
  };
  look();
  setInterval(look, 200).unref();
  class ShiftedDate extends RealDate {
    constructor(...args: readonly unknown[]) {
      if (args.length === 0) super(RealDate.now() + offsetMs);
      else super(...(args as [number]));
    }
    static override now(): number {
      return RealDate.now() + offsetMs;
    }
  }
  globalThis.Date = ShiftedDate as DateConstructor;
};

if (folder !== '' && instance !== '') {
  mkdirSync(join(folder, 'died'), { recursive: true });
  shiftClock();
  // Whose events the experiments count.
  if (instance.startsWith('orders-')) {
    watchDatabase();
    watchBroker();
  }
}
