import { noContent, ok, type Route, route } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { ChangePassword } from '../../application/commands/change-password.ts';
import type { RenameUser } from '../../application/commands/rename-user.ts';
import type { UserView } from '../../application/queries/user-view.ts';
import { nameText, passwordText, toUserReply, userReply } from './user-schemas.ts';

type Deps = Readonly<{
  getUser: (id: string) => Promise<UserView>;
  renameUser: (command: RenameUser) => Promise<void>;
  changePassword: (command: ChangePassword) => Promise<void>;
  deleteAccount: (id: string, ifVersion?: number) => Promise<void>;
  revocationHint: () => void;
}>;

const tag = 'Own profile';

export const profileRoutes = (deps: Deps): readonly Route[] => {
  const { getUser, renameUser, changePassword, deleteAccount, revocationHint } = deps;
  const profile = async (id: string) => {
    const user = await getUser(id);
    return ok(toUserReply(user), { version: user.version, view: 'full' });
  };

  return [
    route(
      'GET /api/users/me',
      {
        auth: 'required',
        permission: 'profile:read',
        summary: 'Own profile',
        tag,
        responses: { 200: userReply },
      },
      ({ principal }) => profile(principal.id),
    ),
    route(
      'PATCH /api/users/me',
      {
        auth: 'required',
        permission: 'profile:update',
        summary: 'Change the own name',
        tag,
        body: z.strictObject({ firstName: nameText.optional(), lastName: nameText.optional() }),
        responses: { 200: userReply },
      },
      async ({ body, principal, ifMatch }) => {
        await renameUser({ ...body, id: principal.id, ifVersion: ifMatch });
        return profile(principal.id);
      },
    ),
    route(
      'DELETE /api/users/me',
      { auth: 'required', permission: 'profile:delete', summary: 'Delete the own account, for good', tag },
      async ({ principal, ifMatch }) => {
        await deleteAccount(principal.id, ifMatch);
        revocationHint();
        return noContent();
      },
    ),
    route(
      'PUT /api/users/me/password',
      {
        auth: 'required',
        permission: 'profile:update',
        summary: 'Change the own password; every other session ends',
        tag,
        body: z.strictObject({ currentPassword: passwordText, password: passwordText }),
      },
      async (input) => {
        const { id, sessionId } = input.principal;
        await changePassword({ ...input.body, id, sessionId, address: input.client.address });
        revocationHint();
        return noContent();
      },
    ),
  ];
};
