import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A program of the experiments in a process of its own, which answers questions over IPC. */
export type ChildProgram = Readonly<{
  pid: number;
  /** What it said when it was ready. */
  ports: Readonly<Record<string, number>>;
  ask<T>(question: string, argument?: unknown): Promise<T>;
  stop(): Promise<void>;
}>;

type Reply = Readonly<{ id: number; answer: unknown }>;

const stopLimitMs = 5_000;

/** Starts a program beside this file. It ends itself when this process is gone. */
export const startProgram = async (
  file: string,
  env: Readonly<Record<string, string>>,
  nodeArgs: readonly string[] = [],
): Promise<ChildProgram> => {
  const child = spawn(process.execPath, [...nodeArgs, join(import.meta.dirname, file)], {
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const failed = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${file} ended (${code ?? signal})`);
  });
  failed.catch(() => {});
  const [ready] = (await Promise.race([once(child, 'message'), failed])) as [
    Readonly<Record<string, number>>,
  ];

  const waiting = new Map<number, (answer: unknown) => void>();
  let asked = 0;
  child.on('message', ({ id, answer }: Reply) => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  return {
    pid: child.pid as number,
    ports: ready,
    ask: <T>(question: string, argument?: unknown) => {
      const id = asked++;
      const answer = new Promise((resolve) => waiting.set(id, resolve));
      child.send({ id, question, argument });
      return Promise.race([answer, failed]) as Promise<T>;
    },
    stop: () => stop(child),
  };
};

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
  await ended;
  clearTimeout(late);
};

/** The other side: says what it listens on, and answers. */
export const answerParent = (
  ports: Readonly<Record<string, number>>,
  answers: Readonly<Record<string, (argument: never) => unknown>>,
  stopSelf: () => unknown,
): void => {
  process.on('message', async (message: { id: number; question: string; argument: never }) => {
    const answer = await answers[message.question]?.(message.argument);
    if (process.connected) process.send?.({ id: message.id, answer });
  });
  const end = async (): Promise<void> => {
    await stopSelf();
    process.exit(0);
  };
  process.once('SIGTERM', end);
  process.once('disconnect', end);
  process.send?.(ports);
};
