import { noContent, ok, type Reply, type Route, route } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { SignIn, Tokens } from '../../application/commands/sign-in.ts';
import { emailText, passwordText, tokensReply, tokenText } from './user-schemas.ts';

type Deps = Readonly<{
  signIn: (command: SignIn) => Promise<Tokens>;
  refreshSession: (refreshToken: string) => Promise<Tokens>;
  signOut: Readonly<{ fromOne(userId: string, sessionId: string): Promise<void> }>;
  /** Ours are the first to hear of a sign-out. */
  revocationHint: () => void;
}>;

const tag = 'Sessions';

/** RFC 6749 §5.1: nobody on the way may keep an answer with tokens in it. */
const tokensOk = (tokens: Tokens): Reply =>
  ok({ ...tokens, tokenType: 'Bearer' }, { headers: { 'Cache-Control': 'no-store' } });

export const authRoutes = ({ signIn, refreshSession, signOut, revocationHint }: Deps): readonly Route[] => [
  route(
    'POST /api/auth/login',
    {
      auth: 'none',
      summary: 'Sign in',
      tag,
      body: z.strictObject({ email: emailText, password: passwordText }),
      responses: { 200: tokensReply },
    },
    async ({ body, client }) => tokensOk(await signIn({ ...body, ...client })),
  ),
  route(
    'POST /api/auth/refresh',
    {
      auth: 'none',
      summary: 'Exchange the refresh token for the next one and a new access token',
      tag,
      body: z.strictObject({ refreshToken: tokenText }),
      responses: { 200: tokensReply },
    },
    async ({ body }) => tokensOk(await refreshSession(body.refreshToken)),
  ),
  route(
    'POST /api/auth/logout',
    { auth: 'required', summary: 'End this session', tag },
    async ({ principal }) => {
      await signOut.fromOne(principal.id, principal.sessionId);
      revocationHint();
      return noContent();
    },
  ),
];
