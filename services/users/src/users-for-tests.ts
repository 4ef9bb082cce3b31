import { type EventData, type EventDefinition, randomIds } from '@gatehouse/contracts';
import { type Asked, startServiceForTests } from '@gatehouse/service-kit/testing';
import { usersService } from './index.ts';

export const administrator = { email: 'root@gatehouse.example', password: 'seven grey lamps' };
export const ann = {
  email: 'ann@example.com',
  password: 'four red lamps',
  firstName: 'Ann',
  lastName: 'Miller',
};

export type UsersForTests = Awaited<ReturnType<typeof startUsersForTests>>;

/** The whole service, with its own keys, and with what its tests do again and again. */
export const startUsersForTests = async (databaseName: string) => {
  const service = await startServiceForTests(usersService, {
    databaseName,
    settings: { publicUrl: 'https://gate.example', administrator },
    usersStandIn: false,
  });
  let instance = 0;

  const request = (method: string, path: string, asked: Asked = {}) =>
    service.request(method, path, { ...asked, instance });
  const internal = async (method: string, path: string, body?: unknown) =>
    request(method, path, { token: await service.serviceToken(), body });
  const mailsTo = async (email: string) => {
    await service.whenIdle();
    return (await internal('GET', `/internal/mailbox?to=${encodeURIComponent(email)}`)).data;
  };

  return {
    request,
    internal,
    mailsTo,
    logger: service.logger,
    stop: service.stop,

    signIn: async ({ email, password }: Readonly<{ email: string; password: string }>) =>
      (await request('POST', '/api/auth/login', { body: { email, password } })).data,

    /** Another instance on the same database; requests go to it from then on. */
    async startAnother(): Promise<void> {
      await service.startAnother();
      instance += 1;
    },

    mailedToken: async (email: string): Promise<string> =>
      /token=([\w-]+)/.exec((await mailsTo(email))[0]?.links[0])?.[1] ?? '',

    register: (person: Readonly<Partial<typeof ann>> = {}) =>
      request('POST', '/api/users', { body: { ...ann, ...person } }),

    announce: <E extends EventDefinition>(event: E, data: EventData<E>): Promise<void> =>
      service.announce(event, { subject: randomIds.next(), version: 1, data }),

    /** What the service announced, oldest first. */
    announced: async (): Promise<readonly Readonly<{ type: string; subject: string; data: unknown }>[]> =>
      [...(await internal('GET', '/internal/events?limit=1000')).data].reverse(),
  };
};
