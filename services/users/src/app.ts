import { createRemoteKeys, createRevocationList, createTokenSigner } from '@gatehouse/auth';
import type { AnyTx } from '@gatehouse/database';
import { createBulkhead } from '@gatehouse/resilience';
import type { ServiceApp, ServiceDeps } from '@gatehouse/service-kit';
import { createUserHistory } from './adapters/event-store/user-history.ts';
import { administrationRoutes } from './adapters/http/administration-routes.ts';
import { apiKeyRoutes } from './adapters/http/api-key-routes.ts';
import { authRoutes } from './adapters/http/auth-routes.ts';
import { internalRoutes } from './adapters/http/internal-routes.ts';
import { profileRoutes } from './adapters/http/profile-routes.ts';
import { registrationRoutes } from './adapters/http/registration-routes.ts';
import { sessionRoutes } from './adapters/http/session-routes.ts';
import { usersSubscriptions } from './adapters/messaging/subscriptions.ts';
import { createArgon2Passwords } from './adapters/passwords/argon2-passwords.ts';
import { readCommonPasswords } from './adapters/passwords/read-common-passwords.ts';
import { createHousekeeping } from './adapters/postgres/housekeeping.ts';
import { createPostgresFailureCounts } from './adapters/postgres/postgres-failure-counts.ts';
import { createListMails } from './adapters/postgres/postgres-mail.ts';
import { createListRevocations } from './adapters/postgres/postgres-revocations.ts';
import { createPostgresSigningKeys } from './adapters/postgres/postgres-signing-keys.ts';
import { createExportUsers } from './adapters/postgres/postgres-user-export.ts';
import { createPostgresViews } from './adapters/postgres/postgres-views.ts';
import { createPostgresTransaction, postgresWork } from './adapters/postgres/postgres-work.ts';
import { createUserViewsProjection } from './adapters/postgres/user-views-projection.ts';
import { createKeyRing, type KeyRing } from './adapters/tokens/key-ring.ts';
import { randomSecrets } from './adapters/tokens/random-secrets.ts';
import { roleHolds } from './adapters/tokens/role-holds.ts';
import { createSignedAccessTokens } from './adapters/tokens/signed-access-tokens.ts';
import type { SendVerificationMail } from './application/commands/send-verification-mail.ts';
import type { Transaction } from './application/ports.ts';
import { createFirstStep, createJob } from './background.ts';
import type { UsersSettings } from './config.ts';
import { createPasswordPolicy } from './domain/password-policy.ts';
import { createUseCases } from './use-cases.ts';

// biome-ignore lint/suspicious/noExplicitAny: tables are named where their SQL is
export type UsersDeps = ServiceDeps<any, UsersSettings>;

/** Who talks to whom. Pure wiring: nothing is opened or started here. */
export const createUsersApp = (deps: UsersDeps): ServiceApp => {
  const { database, db, messaging, eventStore, clock, ids, logger, config } = deps;
  const onError = (doing: string) => (err: unknown) => logger.warn({ err }, `${doing} failed`);
  const keyRing = createKeyRing({
    keys: createPostgresSigningKeys({ ...deps, ...config, noticeSeconds: config.keyNoticeSeconds }),
    clock,
  });
  const listRevocations = createListRevocations(deps);
  const revocations = createRevocationList({
    fetchSince: listRevocations,
    clock,
    onError: onError('reading revocations'),
  });
  const workDeps = { eventStore, outbox: messaging.outbox, clock, ids, mailboxLimit: config.mailboxLimit };
  const workOn = (tx: AnyTx) => postgresWork(tx, workDeps);
  const transaction = createPostgresTransaction(deps.transact, workDeps);
  const useCases = createUseCases({ ...ownPorts(deps, keyRing), transaction }, config);

  const verificationMails = createJob(
    {
      name: 'verification mails',
      everyMs: 1_000,
      task: () => serveRequests(transaction, useCases.sendVerificationMail),
    },
    { clock, onError: onError('sending verification mails') },
  );
  const housekeeping = createJob(
    { name: 'housekeeping', everyMs: 60_000, task: createHousekeeping({ db, clock }) },
    { clock, onError: onError('housekeeping') },
  );
  const firstAdministrator = createFirstStep('first administrator', async () => {
    if (config.administrator !== undefined) await useCases.ensureAdministrator(config.administrator);
  });

  const routeDeps = {
    ...useCases,
    revocationHint: revocations.hint,
    requestVerificationMail: async (email: string) => {
      await useCases.requestVerificationMail(email);
      verificationMails.hint();
    },
  };
  return {
    routes: [
      ...registrationRoutes(routeDeps),
      ...authRoutes(routeDeps),
      ...profileRoutes(routeDeps),
      ...sessionRoutes(routeDeps),
      ...apiKeyRoutes(routeDeps),
      ...administrationRoutes(routeDeps),
      ...internalRoutes({
        keyRing,
        listRevocations,
        listMails: createListMails({ db }),
        exportUsers: createExportUsers({ db }),
        exchangeApiKey: useCases.exchangeApiKey,
      }),
    ],
    subscriptions: usersSubscriptions({ ...useCases, workOn }),
    projections: [
      createUserViewsProjection({ database, eventStore, clock, onError: onError('projecting users') }),
    ],
    background: [firstAdministrator, verificationMails, housekeeping],
    tokens: {
      keys: createRemoteKeys({ fetchKeys: keyRing.publicKeys, clock, onError: onError('reading own keys') }),
      revocations,
    },
  };
};

/** Everything but the transaction. */
const ownPorts = ({ transact, db, eventStore, clock, ids, config }: UsersDeps, keyRing: KeyRing) => {
  const signer = createTokenSigner({
    issuer: 'gatehouse',
    audience: 'gatehouse',
    clock,
    currentKey: keyRing.current,
  });
  return {
    failures: createPostgresFailureCounts({ transact }),
    admission: createBulkhead({ name: 'sign-in', limit: 8, queueLimit: 64, queueTimeoutMs: 3_000 }),
    passwords: createArgon2Passwords(),
    passwordFault: createPasswordPolicy(readCommonPasswords()),
    secrets: randomSecrets,
    roleHolds,
    accessTokens: createSignedAccessTokens({ signer, lifetimeSeconds: config.accessTokenSeconds }),
    views: createPostgresViews(db),
    history: createUserHistory(eventStore),
    clock,
    ids,
  };
};

/** Wishes served in one go; what is left comes a second later. */
const requestBatch = 100;

const serveRequests = async (
  transaction: Transaction,
  { toNextRequest }: SendVerificationMail,
): Promise<void> => {
  for (let served = 0; served < requestBatch; served += 1) if (!(await transaction(toNextRequest))) return;
};
