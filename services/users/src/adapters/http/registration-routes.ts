import { accepted, created, ok, type Route, route } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { UserView } from '../../application/queries/user-view.ts';
import type { Candidate } from '../../domain/user.ts';
import { emailText, nameText, passwordText, tokenText, toUserReply, userReply } from './user-schemas.ts';

type Deps = Readonly<{
  registerUser: (candidate: Candidate) => Promise<{ id: string }>;
  verifyUser: (token: string) => Promise<{ id: string }>;
  requestVerificationMail: (email: string) => Promise<void>;
  getUser: (id: string) => Promise<UserView>;
}>;

const tag = 'Users';

export const registrationRoutes = ({
  registerUser,
  verifyUser,
  requestVerificationMail,
  getUser,
}: Deps): readonly Route[] => [
  route(
    'POST /api/users',
    {
      auth: 'none',
      summary: 'Register; a mail with a verification link follows',
      tag,
      body: z.strictObject({
        email: emailText,
        password: passwordText,
        firstName: nameText,
        lastName: nameText,
      }),
      responses: { 201: userReply },
    },
    async ({ body }) => {
      const user = await getUser((await registerUser(body)).id);
      return created(toUserReply(user), {
        version: user.version,
        view: 'full',
        headers: { Location: '/api/users/me' },
      });
    },
  ),
  route(
    'POST /api/users/verify',
    {
      auth: 'none',
      summary: 'Prove an address with the mailed token',
      tag,
      body: z.strictObject({ token: tokenText }),
      responses: { 200: userReply },
    },
    async ({ body }) => ok(toUserReply(await getUser((await verifyUser(body.token)).id))),
  ),
  route(
    'POST /api/users/verify/resend',
    {
      auth: 'none',
      summary: 'Ask for another verification mail; the answer is the same for every address',
      tag,
      body: z.strictObject({ email: emailText }),
    },
    async ({ body }) => {
      await requestVerificationMail(body.email);
      return accepted({});
    },
  ),
];
