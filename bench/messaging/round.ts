import { setTimeout as pause } from 'node:timers/promises';
import { randomIds } from '@gatehouse/contracts';
import type { Contender } from './command.ts';

export type Round = Readonly<{
  contender: string;
  perSecond: number;
  commandsPerSecond: number;
  /** Of this process alone: what does not depend on who else uses the machine. */
  cpuMs: number;
  heapMb: number;
}>;

/** A point that never comes ends the run, instead of hanging it. */
const limitMs = 120_000;

/** From the first command to the last effect; every effect is counted, and one too many is an error. */
export const runRound = async (
  contender: Contender,
  { messages, concurrency }: Readonly<{ messages: number; concurrency: number }>,
): Promise<Round> => {
  const before = await contender.countEffects();
  const began = performance.now();
  const cpuBefore = process.cpuUsage();
  let next = 0;
  const commands = Array.from({ length: concurrency }, async () => {
    while (next < messages) {
      next += 1;
      await contender.execute({ id: randomIds.next(), n: next });
    }
  });
  await Promise.all(commands);
  const commandedMs = performance.now() - began;
  for (;;) {
    const done = (await contender.countEffects()) - before;
    if (done > messages) throw new Error(`${contender.name}: ${done} effects of ${messages} commands`);
    if (done === messages) break;
    if (performance.now() - began > limitMs)
      throw new Error(`${contender.name}: ${done} of ${messages} came`);
    await pause(5);
  }
  const elapsedMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpuBefore);
  globalThis.gc?.();
  return {
    contender: contender.name,
    perSecond: (messages * 1000) / elapsedMs,
    commandsPerSecond: (messages * 1000) / commandedMs,
    cpuMs: (user + system) / 1000 / messages,
    heapMb: process.memoryUsage().heapUsed / 1024 / 1024,
  };
};
