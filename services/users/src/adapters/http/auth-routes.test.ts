import type { RouteInput } from '@gatehouse/service-kit';
import { describe, expect, it } from 'vitest';
import type { SignIn } from '../../application/commands/sign-in.ts';
import { authRoutes } from './auth-routes.ts';

describe('signing in', () => {
  it('is counted by where the kit says that the client is', async () => {
    const commands: SignIn[] = [];
    const tokens = { accessToken: 'a', refreshToken: 'r', expiresIn: 900 };
    const routes = authRoutes({
      signIn: async (command) => {
        commands.push(command);
        return tokens;
      },
      refreshSession: async () => tokens,
      signOut: { fromOne: async () => {} },
      revocationHint: () => {},
    });
    const login = routes.find(({ path }) => path === '/api/auth/login');
    const body = { email: 'ann@example.com', password: 'four red lamps' };
    const client = { address: '192.0.2.1', userAgent: 'curl/8' };

    expect(await login?.handle({ body, client } as unknown as RouteInput)).toMatchObject({
      status: 200,
      data: { ...tokens, tokenType: 'Bearer' },
      headers: { 'Cache-Control': 'no-store' },
    });
    expect(commands).toEqual([{ ...body, ...client }]);
  });
});
