/** An event of a service's log. */
export type LoggedEvent = Readonly<{
  id: string;
  service: string;
  type: string;
  subject: string;
  aggregateVersion: number;
  time: string;
  causationId?: string;
  command?: string;
  sentAt?: string;
}>;

type Delivery = Readonly<{ eventId: string; consumer: string; state: string }>;
type Change = Readonly<{
  id: string;
  stream: string;
  version: number;
  type: string;
  causationId?: string;
  recordedAt: string;
  category?: string;
  position?: string;
}>;

/** What one service knows of a correlation id: its part of the tree, still without branches. */
export type ServicePart = Readonly<{
  service: string;
  data: Readonly<{ deliveries: readonly Delivery[]; changes: readonly Change[] }>;
}>;

/**
 * Something that was done in one transaction or more: for a request (`command` is its route) or for an event (the consumer). What it
 * changed in streams (with the read models that have it), and what it announced.
 */
type Step = Readonly<{
  service: string;
  command?: string;
  at: string;
  changes: readonly object[];
  events: readonly EventNode[];
}>;

/** `steps` of an event: what it caused at somebody of whom no delivery is known (any more). */
type EventNode = Readonly<{
  id: string;
  type: string;
  subject: string;
  aggregateVersion: number;
  time: string;
  sentAt?: string;
  deliveries: readonly (object & Readonly<{ service: string; consumer: string; steps: readonly Step[] }>)[];
  steps: readonly Step[];
}>;

export type Lineage = Readonly<{ correlationId: string; steps: readonly Step[] }>;

type Said = Readonly<{ events: readonly LoggedEvent[]; changes: readonly (Change & { service: string })[] }>;

/**
 * The tree of one correlation id: the steps of its request, what they announced, to whom that was delivered and with how many
 * tries, and what came of it there, and so on. Nothing is lost: what names a cause that nobody knows stands at the root.
 */
export const lineageOf = (
  correlationId: string,
  events: readonly LoggedEvent[],
  parts: readonly ServicePart[],
): Lineage => {
  const known = new Set(events.map(({ id }) => id));
  const causeOf = ({ causationId }: { causationId?: string }): string =>
    causationId !== undefined && known.has(causationId) ? causationId : '';
  const changes = parts.flatMap(({ service, data }) =>
    data.changes.map((change) => ({ service, ...change })),
  );
  const deliveries = parts.flatMap(({ service, data }) =>
    data.deliveries.map((delivery) => ({ service, ...delivery })),
  );
  const seen = new Set<string>();

  const stepsOf = (cause: string): readonly Step[] =>
    group({
      events: events.filter((event) => causeOf(event) === cause).toSorted(inOrder),
      changes: changes.filter((change) => causeOf(change) === cause),
    }).map(({ service, command, said }) => ({
      service,
      ...(command === undefined ? {} : { command }),
      at: firstMoment(said),
      changes: said.changes.map(({ service: _, causationId: __, ...change }) => change),
      events: said.events.filter(({ id }) => !seen.has(id)).map(nodeOf),
    }));

  const nodeOf = (event: LoggedEvent): EventNode => {
    seen.add(event.id);
    const caused = stepsOf(event.id);
    const mine = deliveries.filter(({ eventId }) => eventId === event.id);
    // Of several deliveries to one consumer (replays) the last one that was done is what came of it.
    const doer = (step: Step) =>
      mine.findLast(
        ({ service, consumer, state }) =>
          service === step.service && consumer === step.command && state === 'done',
      );
    return {
      ...toldOf(event),
      deliveries: mine.map((delivery) => {
        const { eventId: _, ...rest } = delivery;
        return { ...rest, steps: caused.filter((step) => doer(step) === delivery) };
      }),
      steps: caused.filter((step) => doer(step) === undefined),
    };
  };

  return { correlationId, steps: stepsOf('') };
};

const toldOf = ({ id, type, subject, aggregateVersion, time, sentAt }: LoggedEvent) => ({
  id,
  type,
  subject,
  aggregateVersion,
  time,
  ...(sentAt === undefined ? {} : { sentAt }),
});

/** By who said it in what. A change does not know its command: it goes to the step that announced its subject. */
const group = ({ events, changes }: Said) => {
  const groups = new Map<
    string,
    {
      service: string;
      command: string | undefined;
      said: { events: LoggedEvent[]; changes: Said['changes'][number][] };
    }
  >();
  const groupOf = (service: string, command: string | undefined) => {
    const key = `${service} ${command}`;
    const found = groups.get(key) ?? { service, command, said: { events: [], changes: [] } };
    groups.set(key, found);
    return found;
  };
  for (const event of events) groupOf(event.service, event.command).said.events.push(event);
  for (const change of changes) {
    const own = [...groups.values()].filter(({ service }) => service === change.service);
    const ofSubject = own.find(({ said }) =>
      said.events.some(
        ({ subject, aggregateVersion }) =>
          change.stream.endsWith(`-${subject}`) && aggregateVersion === change.version,
      ),
    );
    (ofSubject ?? own[0] ?? groupOf(change.service, undefined)).said.changes.push(change);
  }
  return [...groups.values()].toSorted((a, b) => (firstMoment(a.said) < firstMoment(b.said) ? -1 : 1));
};

const firstMoment = ({ events, changes }: Said): string =>
  [...events.map(({ time }) => time), ...changes.map(({ recordedAt }) => recordedAt)].toSorted()[0] ?? '';

const inOrder = (a: LoggedEvent, b: LoggedEvent): number =>
  a.time < b.time || (a.time === b.time && a.id < b.id) ? -1 : 1;
