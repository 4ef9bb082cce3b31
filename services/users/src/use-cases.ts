import type { Bulkhead, Clock } from '@gatehouse/resilience';
import { createAdministerUser } from './application/commands/administer-user.ts';
import { createApiKeys } from './application/commands/api-keys.ts';
import { createChangePassword } from './application/commands/change-password.ts';
import { createDeleteAccount } from './application/commands/delete-account.ts';
import { createEnsureAdministrator } from './application/commands/ensure-administrator.ts';
import { createExchangeApiKey } from './application/commands/exchange-api-key.ts';
import { createNotifyUser } from './application/commands/notify-user.ts';
import { createRefreshSession } from './application/commands/refresh-session.ts';
import { createRegisterUser } from './application/commands/register-user.ts';
import { createRenameUser } from './application/commands/rename-user.ts';
import { createRequestVerificationMail } from './application/commands/request-verification-mail.ts';
import { createSendVerificationMail } from './application/commands/send-verification-mail.ts';
import { createSignIn } from './application/commands/sign-in.ts';
import { createSignOut } from './application/commands/sign-out.ts';
import { createVerifyUser } from './application/commands/verify-user.ts';
import type {
  AccessTokens,
  FailureCounts,
  Passwords,
  Secrets,
  Transaction,
  UserHistory,
  UserViews,
} from './application/ports.ts';
import { createGetUser } from './application/queries/get-user.ts';
import { createListAudit } from './application/queries/list-audit.ts';
import { createListSessions } from './application/queries/list-sessions.ts';
import { createSignInThrottle } from './application/sign-in-throttle.ts';
import type { Ids } from './application/sources.ts';
import { sessionMsOf, type UsersSettings } from './config.ts';
import type { RoleHolds } from './domain/api-key.ts';
import type { PasswordPolicy } from './domain/password-policy.ts';

export type Ports = Readonly<{
  transaction: Transaction;
  failures: FailureCounts;
  admission: Bulkhead;
  passwords: Passwords;
  passwordFault: PasswordPolicy;
  secrets: Secrets;
  accessTokens: AccessTokens;
  roleHolds: RoleHolds;
  views: UserViews;
  history: UserHistory;
  clock: Clock;
  ids: Ids;
}>;

/** Every use case over a set of ports: PostgreSQL's in the service, memory's in tests. */
export const createUseCases = (ports: Ports, settings: UsersSettings) => {
  const { transaction, failures, admission, views, history, clock } = ports;
  const sessionMs = sessionMsOf(settings);
  const { accessTokenSeconds, publicUrl, verificationHours: validForHours } = settings;
  const timed = { ...ports, accessTokenSeconds, sessionMs };
  const throttle = createSignInThrottle({ failures, admission, clock });

  return {
    registerUser: createRegisterUser(ports),
    verifyUser: createVerifyUser(ports),
    requestVerificationMail: createRequestVerificationMail(ports),
    sendVerificationMail: createSendVerificationMail({ ...ports, publicUrl, validForHours }),
    signIn: createSignIn({ ...ports, throttle, times: timed }),
    refreshSession: createRefreshSession(timed),
    signOut: createSignOut(timed),
    listSessions: createListSessions({ transaction, clock }),
    renameUser: createRenameUser(ports),
    changePassword: createChangePassword({ ...timed, throttle }),
    deleteAccount: createDeleteAccount(timed),
    administerUser: createAdministerUser(timed),
    ensureAdministrator: createEnsureAdministrator(timed),
    apiKeys: createApiKeys(ports),
    exchangeApiKey: createExchangeApiKey(ports),
    notifyUser: createNotifyUser({ publicUrl }),
    getUser: createGetUser({ views, history }),
    listUsers: views.list,
    listAudit: createListAudit({ history }),
  };
};
