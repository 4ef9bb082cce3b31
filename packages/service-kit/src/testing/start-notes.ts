import {
  createRemoteKeys,
  createRevocationList,
  createServiceTokens,
  createTokenSigner,
  generateSigningKey,
  type Role,
} from '@gatehouse/auth';
import { randomIds } from '@gatehouse/contracts';
import { createInProcessTransport } from '@gatehouse/messaging';
import { createInProcessRegistry } from '@gatehouse/registry';
import { systemClock } from '@gatehouse/resilience';
import { captureLogger, openTestDatabase } from '@gatehouse/testing';
import { startService } from '../start-service.ts';
import { type NotesLedger, type NotesOptions, notesService } from './notes-service.ts';

const clock = systemClock;

/** The sample service on a database of its own, over real HTTP, with tokens for anyone. */
export const startNotes = async (options: Partial<NotesOptions> = {}) => {
  const database = await openTestDatabase('service-kit');
  const signingKey = await generateSigningKey();
  const signer = createTokenSigner({
    issuer: 'gatehouse',
    audience: 'gatehouse',
    clock,
    currentKey: async () => signingKey,
  });
  const tokens = {
    keys: createRemoteKeys({ clock, fetchKeys: async () => ({ keys: [signingKey.publicJwk] }) }),
    revocations: createRevocationList({ clock, fetchSince: async () => ({ revocations: [], cursor: '0' }) }),
  };
  const ledger: NotesLedger = options.ledger ?? { effects: 0, conflicts: 0, timerTicks: 0, heard: [] };
  const serviceTokens = createServiceTokens({ secret: 'a secret of at least 32 bytes, for tests', clock });
  const registry = createInProcessRegistry({ clock });
  const transport = createInProcessTransport();
  const logger = captureLogger();
  const parts = {
    databaseUrl: database.url,
    registry,
    transport,
    serviceTokens,
    clock,
    ids: randomIds,
    logger,
  };
  const start = (more: Partial<NotesOptions> = {}) =>
    startService(notesService({ ledger, tokens, ...options, ...more }), parts);
  const running = await start();
  const origin = `http://${running.address}:${running.port}`;

  const call = async (method: string, path: string, o: Call = {}) => {
    const { body, token, headers } = o;
    const response = await fetch(origin + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parseJson(text) };
  };

  return {
    running,
    origin,
    ledger,
    logger,
    registry,
    parts,
    call,
    start,
    signIn: (sub: string, o: Readonly<{ role?: Role; verified?: boolean }> = {}) =>
      signer.sign({
        sub,
        role: o.role ?? 'user',
        scope: 'posts:create',
        email_verified: o.verified ?? true,
        sid: randomIds.next(),
      }),
    serviceToken: async () => serviceTokens.issue('gateway'),
    publicJwk: signingKey.publicJwk,
    end: async () => {
      await running.stop();
      await transport.close();
      await registry.close();
      await database.drop();
    },
  };
};

type Call = Readonly<{ body?: unknown; token?: string; headers?: Readonly<Record<string, string>> }>;

// biome-ignore lint/suspicious/noExplicitAny: an answer in a test, looked at and not trusted
const parseJson = (text: string): any => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
