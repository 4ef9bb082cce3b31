import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { randomIds } from '@gatehouse/contracts';
import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { recordingEffects } from './testing/effects.ts';
import { openTestService, type TestService } from './testing/open-test-service.ts';
import type { Transport } from './transport.ts';

const program = join(import.meta.dirname, 'testing/killed-service.ts');
const kills = 5;

/** What every transport has to bear together with outbox and inbox: the death of the process at any moment. */
export const describeDurability = (
  name: string,
  brokerUrl: () => string | undefined,
  open: () => Promise<Transport>,
): void => {
  describe(`durability over a kill (${name})`, () => {
    let service: TestService | undefined;
    let transport: Transport;
    let child: ChildProcessByStdio<null, Readable, null> | undefined;
    let undo = async (): Promise<void> => {};
    afterEach(async () => {
      child?.kill('SIGKILL');
      await undo();
      await service?.close();
      await transport.close();
    });

    /** Runs the service until it has said so much, and kills it; what it was told to be committed. */
    const runAndKill = async (args: readonly string[], count: number): Promise<readonly string[]> => {
      const stdio = ['ignore', 'pipe', 'inherit'] as const;
      const started = spawn(process.execPath, [program, ...args], { stdio: [...stdio] });
      child = started;
      const said: string[] = [];
      for await (const line of createInterface({ input: started.stdout })) {
        said.push(line);
        if (said.length === count) started.kill('SIGKILL');
      }
      if (started.exitCode === null && started.signalCode === null) await once(started, 'exit');
      expect(started.signalCode).toBe('SIGKILL');
      return said;
    };

    it(`loses nothing, does nothing twice and keeps each subject's order over ${kills} kills`, async () => {
      transport = await open();
      service = await openTestService('posts', { transport });
      const { db, messaging } = service;
      const consumer = `posts.killed-${randomIds.next()}`;
      const broker = brokerUrl();
      const said: string[] = [];
      for (let kill = 0; kill < kills; kill++) {
        const from = String(kill * 1_000 + 1);
        const args = [service.url, consumer, from, ...(broker === undefined ? [] : [broker])];
        said.push(...(await runAndKill(args, 23 + kill * 14)));
      }

      undo = await messaging.subscribe(recordingEffects(consumer));
      await messaging.start();
      const { rows: written } = await sql<{ label: string }>`
        select right(subject, 1) || ':' || aggregate_version as label from outbox order by position`.execute(
        db,
      );
      await expect
        .poll(async () => (await service?.effects())?.length, { timeout: 60_000, interval: 50 })
        .toBeGreaterThanOrEqual(written.length);
      const effects = (await service.effects()).map(({ label }) => label);

      const labels = written.map(({ label }) => label);
      expect(labels).toEqual(expect.arrayContaining(said.map((line) => line.replace(' ', ':'))));
      for (let subject = 1; subject <= 5; subject++) {
        const of = (label: string): boolean => label.startsWith(`${subject}:`);
        expect(effects.filter(of)).toEqual(labels.filter(of));
      }
      expect(await messaging.deadLetters.list()).toEqual([]);
    });
  });
};
