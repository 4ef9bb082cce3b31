import type { User } from '../../domain/user.ts';
import type { Mail } from '../ports.ts';
import { composeMail } from './mail.ts';

type Verification = Readonly<{ user: User; token: string; publicUrl: string; validForHours: number }>;

/** Welcome, and the token. It stands in the link's fragment, which browsers send to no server, so no log ever has it. */
export const verificationMail = ({ user, token, publicUrl, validForHours }: Verification): Mail =>
  composeMail(user.email, 'Welcome to Gatehouse: confirm your address', [
    `Hello ${user.firstName},`,
    'you have an account now. Please confirm that this address is yours:',
    { label: 'Confirm my address', link: `${publicUrl}/console/verify#token=${token}` },
    `Programs send the token to POST ${publicUrl}/api/users/verify instead: ${token}`,
    `It works once, within ${validForHours} hours. If you have not registered, ignore this mail.`,
  ]);
