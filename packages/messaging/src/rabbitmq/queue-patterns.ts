import type { ConfirmChannel, GetMessage, Options } from 'amqplib';
import { bindPatterns, unbindPatterns } from './topology.ts';

/** AMQP cannot list bindings, so the patterns a queue is bound by are noted beside it, in a queue of its own. */
const memoryOf = (queue: string): string => `${queue}.patterns`;

const noteLimit = 10;

const memoryQueue: Options.AssertQueue = {
  durable: true,
  maxLength: noteLimit,
  overflow: 'drop-head',
  arguments: { 'x-queue-type': 'quorum' },
};

/**
 * Binds a queue by exactly these patterns: those of a former version of the service, which would bring events that nobody
 * here knows, are taken away. Every pattern is noted before it is bound and forgotten after it is unbound, so a crash
 * leaves a note too many, never one too few; so do two instances that start at once.
 */
export const bindExactly = async (
  channel: ConfirmChannel,
  queue: string,
  patterns: readonly string[],
): Promise<void> => {
  const memory = memoryOf(queue);
  await channel.assertQueue(memory, memoryQueue);
  const notes = await readNotes(channel, memory);
  await note(channel, memory, patterns);
  await bindPatterns(channel, queue, patterns);
  const former = new Set(notes.flatMap(({ content }) => parsePatterns(content)));
  const stale = [...former].filter((pattern) => !patterns.includes(pattern));
  await unbindPatterns(channel, queue, stale);
  for (const read of notes) channel.ack(read);
};

export const forgetPatterns = async (channel: ConfirmChannel, queue: string): Promise<void> => {
  await channel.deleteQueue(memoryOf(queue));
};

/** They stay unacknowledged, so that they come back if this ends half-way. */
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
