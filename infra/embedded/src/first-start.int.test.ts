import { AppError } from '@gatehouse/errors';
import { ordersService } from '@gatehouse/orders';
import { postsService } from '@gatehouse/posts';
import type { Route } from '@gatehouse/service-kit';
import { usersService } from '@gatehouse/users';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openServicesForTests, type ServiceForTests, type ServicesForTests } from './services-for-tests.ts';

const administrator = { email: 'root@gatehouse.example', password: 'seven grey lamps' };
const password = 'four red lamps';

/** What the export of users was asked for, and how many pages it gives before it is away. */
const exported = { after: [] as unknown[], pagesLeft: Number.POSITIVE_INFINITY };

/** Pages of two. */
const watched = (route: Route): Route => ({
  ...route,
  handle: async (input) => {
    const query = input.query as Readonly<{ after?: string }>;
    exported.after.push(query.after);
    if (exported.pagesLeft <= 0)
      throw new AppError({ code: 'export_away', kind: 'unavailable', message: 'Away.' });
    exported.pagesLeft -= 1;
    return route.handle({ ...input, query: { ...query, limit: 2 } });
  },
});

const watchedUsers: typeof usersService = {
  ...usersService,
  create: (deps) => {
    const app = usersService.create(deps);
    const routes = app.routes.map((route) =>
      route.path === '/internal/users/export' ? watched(route) : route,
    );
    return { ...app, routes };
  },
};

let services: ServicesForTests;
let users: ServiceForTests;
let token: string;

const startUsers = async () => {
  users = await services.start(watchedUsers, { publicUrl: 'https://gate.example', administrator });
  token = await signIn(administrator);
};
beforeEach(async () => {
  exported.after = [];
  exported.pagesLeft = Number.POSITIVE_INFINITY;
  services = openServicesForTests();
  await startUsers();
});
afterEach(() => services.close());

const signIn = async (credentials: typeof administrator): Promise<string> =>
  (await users.call('POST', '/api/auth/login', undefined, credentials)).accessToken;
const register = (name: string) =>
  users.call('POST', '/api/users', undefined, {
    ...{ email: `${name}@example.com`, password },
    ...{ firstName: name, lastName: 'Miller' },
  });
const verify = async (name: string): Promise<void> => {
  const readLink = async () =>
    (await users.call('GET', `/internal/mailbox?to=${name}@example.com`))[0]?.links[0];
  await expect.poll(readLink).toBeDefined();
  const mailed = /token=([\w-]+)/.exec(await readLink())?.[1];
  await users.call('POST', '/api/users/verify', undefined, { token: mailed });
};

const catchUpOf = async (service: ServiceForTests) =>
  (await service.call('GET', '/internal/status')).catchUps[0];
const untilFinished = (service: ServiceForTests) =>
  expect.poll(() => catchUpOf(service), { timeout: 15_000 }).toMatchObject({ finished: true });
const untilAway = (service: ServiceForTests) =>
  expect.poll(() => catchUpOf(service)).toMatchObject({ finished: false, error: 'export_away' });
/** Nobody else listens: what is sent is gone. */
const untilAllIsSaid = () =>
  expect
    .poll(() => services.rowsOf('users', 'select 1 from outbox where sent_at is null'), { timeout: 10_000 })
    .toEqual([]);
const namesInPosts = async (): Promise<readonly unknown[]> => {
  const rows = await services.rowsOf<{ full_name: string }>('posts', 'select full_name from authors');
  return rows.map(({ full_name }) => full_name).sort();
};

describe('posts, when it starts after the first accounts were announced', () => {
  it('shows the name of an author of whom it got no event, and hears of later ones', async () => {
    await untilAllIsSaid();
    const posts = await services.start(postsService);
    await untilFinished(posts);

    const body = { title: 'Notes on the engine', content: 'Ten characters and more.' };
    const { id } = await posts.call('POST', '/api/posts', token, body);
    const { author } = await posts.call('GET', `/api/posts/${id}`, token);
    expect(author.fullName).toBe('Gatehouse Administrator');

    await register('ann');
    await expect.poll(namesInPosts).toEqual(['Gatehouse Administrator', 'ann Miller']);
  });

  it('is ready while the export is away, and takes it over when it is back', async () => {
    await untilAllIsSaid();
    exported.pagesLeft = 0;
    const posts = await services.start(postsService);
    await untilAway(posts);
    expect(await namesInPosts()).toEqual([]);

    exported.pagesLeft = Number.POSITIVE_INFINITY;
    await untilFinished(posts);
    expect(await namesInPosts()).toEqual(['Gatehouse Administrator']);
  });

  it('goes on where it was after a restart in the middle, and asks no more when it is done', async () => {
    for (const name of ['ann', 'bob', 'cy', 'dee']) await register(name);
    await untilAllIsSaid();
    exported.pagesLeft = 1;
    const first = await services.start(postsService);
    await untilAway(first);
    expect(await namesInPosts()).toHaveLength(2);
    await first.stop();

    const cursor = exported.after.at(-1);
    expect(cursor).toEqual(expect.any(String));
    exported.after = [];
    exported.pagesLeft = Number.POSITIVE_INFINITY;
    const second = await services.start(postsService);
    await untilFinished(second);
    await second.stop();
    await untilFinished(await services.start(postsService));

    expect(exported.after).toEqual([cursor, expect.any(String)]);
    expect(await namesInPosts()).toHaveLength(5);
  });
});

describe('orders, whose queue was gone when an account was closed', () => {
  it('cancels what the customer has open, once somebody lets it catch up', async () => {
    const bob = await register('bob');
    await verify('bob');
    const orders = await services.start(ordersService);
    await untilFinished(orders);
    const asBob = await signIn({ email: 'bob@example.com', password });
    const { id } = await orders.call('POST', '/api/orders', asBob, {});
    await orders.stop();
    await users.stop();
    await services.loseQueues();

    await startUsers();
    await users.call('PATCH', `/api/users/${bob.id}`, token, { isActive: false });
    await untilAllIsSaid();
    await services.rowsOf('orders', 'delete from catch_ups');
    const again = await services.start(ordersService);
    await untilFinished(again);

    expect(await again.call('GET', `/api/orders/${id}`, token)).toMatchObject({
      status: 'cancelled',
      reason: 'account_closed',
    });
  });
});
