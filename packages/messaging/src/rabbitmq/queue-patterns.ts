import type { ConfirmChannel, GetMessage } from 'amqplib';
import { unbindPatterns } from './topology.ts';

/** AMQP cannot list bindings, so the patterns a queue is bound by are noted beside it, in a queue of its own. */
const memoryOf = (queue: string): string => `${queue}.patterns`;

const noteLimit = 10;

/**
 * Takes away the bindings of a queue by which a former version of the service subscribed: they would bring events that
 * nobody here knows. Call it when the present patterns are bound. The former notes come back if this ends half-way.
 *
 * The memory is a classic queue: RabbitMQ 3.10 never answers a `basic.get` from a quorum queue after it was killed. Where
 * its node is down there is no answer either, so nothing should wait for this for long.
 */
export const unbindFormerPatterns = async (
  channel: ConfirmChannel,
  queue: string,
  patterns: readonly string[],
): Promise<void> => {
  const memory = memoryOf(queue);
  await channel.assertQueue(memory, { durable: true, maxLength: noteLimit, overflow: 'drop-head' });
  const notes = await readNotes(channel, memory);
  await note(channel, memory, patterns);
  const former = new Set(notes.flatMap(({ content }) => parsePatterns(content)));
  await unbindPatterns(
    channel,
    queue,
    [...former].filter((pattern) => !patterns.includes(pattern)),
  );
  for (const read of notes) channel.ack(read);
};

export const forgetPatterns = async (channel: ConfirmChannel, queue: string): Promise<void> => {
  await channel.deleteQueue(memoryOf(queue));
};

const readNotes = async (channel: ConfirmChannel, memory: string): Promise<readonly GetMessage[]> => {
  const notes: GetMessage[] = [];
  while (notes.length < noteLimit) {
    const next = await channel.get(memory);
    if (next === false) break;
    notes.push(next);
  }
  return notes;
};

const note = async (channel: ConfirmChannel, memory: string, patterns: readonly string[]): Promise<void> => {
  const content = Buffer.from(JSON.stringify(patterns));
  channel.sendToQueue(memory, content, { persistent: true, contentType: 'application/json' });
  await channel.waitForConfirms();
};

const parsePatterns = (content: Buffer): readonly string[] => {
  try {
    const value: unknown = JSON.parse(content.toString());
    return Array.isArray(value) ? value.filter((pattern) => typeof pattern === 'string') : [];
  } catch {
    return [];
  }
};
