import { isAppError } from '@gatehouse/errors';
import { type Clock, repeat } from '@gatehouse/resilience';
import { checkHealth } from '../check-health.ts';
import type { FetchHealth } from '../fetch-health.ts';
import { assertInstance } from '../instance-origin.ts';
import type { HealthCheck, Instance, Registration } from '../registry.ts';
import type { RegistryLogger } from '../registry-logger.ts';
import type { ConsulApi } from './consul-api.ts';
import { toConsulService } from './consul-service.ts';

/** The instances of this process, kept registered until they leave. */
export type Registrations = Readonly<{
  register(instance: Instance, check: HealthCheck): Promise<Registration>;
  /** Deregisters what is left; rejects with the first failure when all have been tried. */
  close(): Promise<void>;
}>;

export type RegistrationsOptions = Readonly<{
  api: ConsulApi;
  clock: Clock;
  random: () => number;
  fetchHealth: FetchHealth;
  logger: RegistryLogger;
}>;

type Member = Readonly<{ instance: Instance; check: HealthCheck }>;

/** Asking takes 2 s at most, so does our own check, so does registering: in again within 15 s of an empty registry. */
const lookEveryMs = 4000;
const jitterMs = 1000;

/**
 * Registers, and looks every 4 to 5 s whether the agent still knows us: it forgets when its data are lost, or when somebody
 * deregistered us. An agent that is away is no reason not to start: registering goes on until it is there.
 */
export const createRegistrations = (o: RegistrationsOptions): Registrations => {
  const { api, clock, logger } = o;
  const members = new Map<string, Member>();
  const underWay = new Map<string, Promise<void>>();

  /** One call at a time for an id: a late registration must not overtake a deregistration. */
  const inTurn = async (id: string, task: () => Promise<void>): Promise<void> => {
    const before = underWay.get(id);
    const mine = (before ?? Promise.resolve()).catch(() => {}).then(task); // who called it has its failure
    underWay.set(id, mine);
    try {
      await mine;
    } finally {
      if (underWay.get(id) === mine) underWay.delete(id);
    }
  };

  const enrol = (member: Member): Promise<void> =>
    inTurn(member.instance.id, async () => {
      const { instance, check } = member;
      const first = await checkHealth(instance, check, o.fetchHealth);
      if (members.get(instance.id) === member) await api.register(toConsulService(instance, check, first));
    });

  const leave = async (member: Member): Promise<void> => {
    const { id } = member.instance;
    if (members.get(id) !== member) return;
    members.delete(id);
    await inTurn(id, () => api.deregister(id));
  };

  let isAway = false;
  const look = async (): Promise<void> => {
    if (members.size === 0) return;
    const checked = await api.checkedIds();
    const missing = [...members.values()].filter(
      ({ instance: { id } }) => !checked.has(id) && !underWay.has(id),
    );
    await Promise.all(missing.map(enrol));
    for (const { instance } of missing)
      logger.info({ instanceId: instance.id, service: instance.service }, 'registered again');
    isAway = false;
  };

  const looking = repeat({
    clock,
    intervalMs: lookEveryMs + o.random() * jitterMs,
    task: look,
    onError: (err) => {
      if (!isAway) logger.warn({ err }, 'cannot see whether we are registered');
      isAway = true;
    },
  });

  return {
    register: async (instance, check) => {
      assertInstance(instance);
      const member = { instance, check };
      members.set(instance.id, member);
      try {
        await enrol(member);
      } catch (err) {
        if (!isAppError(err) || err.code !== 'registry_unavailable') {
          if (members.get(instance.id) === member) members.delete(instance.id);
          throw err;
        }
        logger.warn({ err, instanceId: instance.id }, 'not registered yet, going on to try');
      }
      return { deregister: () => leave(member) };
    },
    close: async () => {
      // Not waited for: a look that is under way finds no members any more.
      void looking.stop();
      const left = await Promise.allSettled([...members.values()].map(leave));
      const failed = left.find((one) => one.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
};
