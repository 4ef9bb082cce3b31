import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { startEmbeddedPostgres } from '@gatehouse/database/embedded';
import { startPostgres, startRabbitMq } from '@gatehouse/testing/servers';
import { openHandWritten } from './hand-written.ts';
import { openProduct } from './product.ts';
import { type Round, runRound } from './round.ts';
import { summarise, toTable } from './summary.ts';

const usage = `Usage: npm run bench:messaging -- [options]
  --rounds 20         interleaved rounds of each
  --messages 1000     commands in a round
  --concurrency 20    commands at once
  --json <file>       writes the result there as well`;

setFlagsFromString('--expose-gc');

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    messages: { type: 'string', default: '1000' },
    concurrency: { type: 'string', default: '20' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const whole = (name: 'rounds' | 'messages' | 'concurrency', most: number): number => {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1 || value > most) throw new Error(`--${name} is 1 to ${most}.`);
  return value;
};

const run = async (): Promise<void> => {
  const settings = { messages: whole('messages', 1_000_000), concurrency: whole('concurrency', 1_000) };
  const rounds = whole('rounds', 1_000);
  await using opened = new AsyncDisposableStack();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void opened.disposeAsync().finally(() => process.exit(1)));
  const databases = ['product_sender', 'product_receiver', 'hand_sender', 'hand_receiver'] as const;
  const postgres = await startPostgres({
    launch: startEmbeddedPostgres,
    databases,
    settings: { max_connections: '200' },
  });
  opened.defer(() => postgres.dispose());
  const rabbitMq = await startRabbitMq();
  opened.defer(() => rabbitMq.dispose());
  const serversOf = (whose: 'product' | 'hand') => ({
    senderUrl: postgres.databaseUrl(`${whose}_sender`),
    receiverUrl: postgres.databaseUrl(`${whose}_receiver`),
    brokerUrl: rabbitMq.url,
  });
  const contenders = [await openProduct(serversOf('product')), await openHandWritten(serversOf('hand'))];
  for (const contender of contenders) opened.defer(() => contender.close());

  const results: Round[] = [];
  for (const contender of contenders) await runRound(contender, settings); // warms up; counts for nothing
  for (let round = 1; round <= rounds; round++) {
    // Who goes first changes, so that what a round leaves behind falls on both.
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const result = await runRound(contender, settings);
      results.push(result);
      const { perSecond, commandsPerSecond, cpuMs, heapMb } = result;
      console.error(
        `${round}/${rounds} ${contender.name}: ${perSecond.toFixed(0)}/s (commands alone ${commandsPerSecond.toFixed(0)}/s), ${cpuMs.toFixed(2)} ms CPU each, heap ${heapMb.toFixed(1)} MB`,
      );
    }
  }
  const summary = summarise(results);
  console.log(`\n${toTable(summary)}\n`);
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    node: process.version,
    loadAverage: loadavg(),
  };
  const json = JSON.stringify({
    at: new Date(),
    machine,
    settings: { ...settings, rounds },
    summary,
    results,
  });
  console.log(json);
  if (values.json !== undefined) writeFileSync(values.json, `${json}\n`);
};

if (values.help) console.log(usage);
else await run();
