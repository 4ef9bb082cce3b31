import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { administrator } from './product.ts';

/** What came back; `body` is the parsed JSON, or undefined where there was none. */
// biome-ignore lint/suspicious/noExplicitAny: answers are data from outside, read by tests that assert on them.
export type Answer = Readonly<{ status: number; headers: Headers; body: any }>;

export type Call = (
  line: `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS' | 'TRACE'} /${string}`,
  options?: Readonly<{ body?: unknown; headers?: Readonly<Record<string, string>> }>,
) => Promise<Answer>;

/** Calls the API with a token, or as a stranger. */
export const clientOf =
  (url: string, token?: string): Call =>
  async (line, { body, headers = {} } = {}) => {
    const [method = 'GET', path = '/'] = line.split(' ');
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : undefined,
    };
  };

export const password = 'correct-horse-battery-9';

export type SignedIn = Readonly<{
  id: string;
  email: string;
  token: string;
  refreshToken: string;
  call: Call;
}>;

export const signIn = async (url: string, email: string, secret: string): Promise<SignedIn> => {
  const login = await clientOf(url)('POST /api/auth/login', { body: { email, password: secret } });
  if (login.status !== 200) throw new Error(`${email} could not sign in: ${JSON.stringify(login.body)}`);
  const { accessToken, refreshToken } = login.body.data;
  const call = clientOf(url, accessToken);
  const me = await call('GET /api/users/me');
  return { id: me.body.data.id, email, token: accessToken, refreshToken, call };
};

export const signInAdministrator = (url: string): Promise<SignedIn> =>
  signIn(url, administrator.email, administrator.password);

/** Registers, verifies with the token from the mail, and signs in: what every user of the product does. */
export const newUser = async (url: string, admin: SignedIn, firstName = 'Ada'): Promise<SignedIn> => {
  const stranger = clientOf(url);
  const email = `${firstName.toLowerCase()}-${randomUUID()}@example.com`;
  const registered = await stranger('POST /api/users', {
    body: { email, password, firstName, lastName: 'Lovelace' },
  });
  if (registered.status !== 201) throw new Error(`not registered: ${JSON.stringify(registered.body)}`);

  const token = await mailedToken(admin, email);
  const verified = await stranger('POST /api/users/verify', { body: { token } });
  if (verified.status !== 200) throw new Error(`not verified: ${JSON.stringify(verified.body)}`);
  return signIn(url, email, password);
};

const mailedToken = async (admin: SignedIn, email: string): Promise<string> => {
  const mail = await eventually(`a mail to ${email}`, async () => {
    const box = await admin.call(`GET /admin/mailbox?to=${encodeURIComponent(email)}`);
    return box.body?.data?.[0];
  });
  const link = new URL(mail.links[0]);
  const token = link.searchParams.get('token') ?? new URLSearchParams(link.hash.slice(1)).get('token');
  if (!token) throw new Error(`no token in ${link.pathname}`);
  return token;
};

/** Asks until there is an answer other than undefined, at most 15 s unless said otherwise. */
export const eventually = async <T>(
  what: string,
  ask: () => Promise<T | undefined>,
  limitMs = 15_000,
): Promise<T> => {
  const giveUpAt = Date.now() + limitMs;
  while (Date.now() < giveUpAt) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await delay(20);
  }
  throw new Error(`There was never ${what}.`);
};
