import { createRemoteKeys, createRevocationList, type Role } from '@gatehouse/auth';
import type { ServiceParts } from '../service.ts';
import { startService } from '../start-service.ts';
import { type Asked, callHttp } from './call-http.ts';
import { type NotesLedger, type NotesOptions, notesService } from './notes-service.ts';
import { openPartsForTests } from './open-parts.ts';
import { createTestUsers } from './test-users.ts';

/** The sample service on a database of its own, over real HTTP, with tokens for anyone; it knows their key by itself. */
export const startNotes = async (options: Partial<NotesOptions> = {}) => {
  const { parts, serviceToken, close } = await openPartsForTests('service-kit');
  const { clock, logger, registry } = parts;
  const users = await createTestUsers({ clock });
  const tokens = {
    keys: createRemoteKeys({ clock, fetchKeys: async () => ({ keys: [users.publicJwk] }) }),
    revocations: createRevocationList({ clock, fetchSince: async () => ({ revocations: [], cursor: '0' }) }),
  };
  const ledger: NotesLedger = options.ledger ?? { effects: 0, conflicts: 0, timerTicks: 0, heard: [] };
  const start = (more: Partial<NotesOptions> = {}) =>
    startService(notesService({ ledger, tokens, ...options, ...more }), parts);
  /** Another instance that runs on something else too. */
  const startWith = (more: Partial<ServiceParts>) =>
    startService(notesService({ ledger, tokens, ...options }), { ...parts, ...more });
  const running = await start();
  const origin = `http://${running.address}:${running.port}`;

  return {
    running,
    origin,
    ledger,
    logger,
    registry,
    parts,
    call: (method: string, path: string, asked: Asked = {}) => callHttp(method, origin + path, asked),
    start,
    startWith,
    signIn: async (id: string, { role, verified }: Readonly<{ role?: Role; verified?: boolean }> = {}) =>
      (await users.signIn(role, verified, id)).token,
    serviceToken,
    publicJwk: users.publicJwk,
    signingKey: users.signingKey,
    end: async () => {
      await running.stop();
      await close();
    },
  };
};
