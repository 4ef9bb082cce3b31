import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createFlights,
  type Flight,
  type FlightBounds,
  type Follower,
  type Joined,
} from './coalesce-flights.ts';

const bounds: FlightBounds = { maxFollowers: 3, maxBytes: 10, maxTotalBytes: 15 };

/** Somebody who asks; `outcome` is all that happened to it. */
const createMember = (variant = 'v') => {
  const outcome: string[] = [];
  const member = {
    outcome,
    flight: undefined as Flight | undefined,
    follower: {
      variantOf: () => variant,
      take: ({ body }) => outcome.push(`took ${body}`),
      goAlone: () => outcome.push('alone'),
      lead: (flight) => {
        member.flight = flight;
        outcome.push('leads');
      },
    } satisfies Follower as Follower,
  };
  return member;
};

const setUp = (given: Partial<FlightBounds> = {}) => {
  const flights = createFlights({ ...bounds, ...given });
  const join = (variant?: string, key = 'k') => {
    const member = createMember(variant);
    const joined = flights.join(key, member.follower);
    if (joined.as === 'lead') member.flight = joined.flight;
    return { ...member, joined, leave: () => (joined.as === 'follow' ? joined.leave() : undefined), member };
  };
  return { flights, join };
};

const head = (varyNames: readonly string[] | undefined = []) => ({ status: 200, headers: [], varyNames });
const answer = (flight: Flight | undefined, text: string): void => {
  flight?.head(head(), () => 'v');
  flight?.data(Buffer.from(text));
  flight?.end();
};
const idle = { flights: 0, followers: 0, bytes: 0 };

describe('same GETs: identical ones in flight are sent once', () => {
  it('the first asks, the others get its answer', () => {
    const { flights, join } = setUp();
    const [first, ...others] = [join(), join(), join()];
    expect([first, ...others].map(({ joined }) => joined.as)).toEqual(['lead', 'follow', 'follow']);
    answer(first?.flight, 'same');

    expect(others.map(({ outcome }) => outcome)).toEqual([['took same'], ['took same']]);
    expect(flights.report()).toEqual(idle);
  });

  it('who comes when the answer has begun asks anew', () => {
    const { join } = setUp();
    const first = join();
    first.flight?.head(head(), () => 'v');

    expect(join().joined.as).toBe('lead');
  });

  it('others than the same do not wait for each other', () => {
    const { join } = setUp();

    expect([join('v', 'a'), join('v', 'b')].map(({ joined }) => joined.as)).toEqual(['lead', 'lead']);
  });

  it('an answer that is nobody else’s is not shared: each asks by itself', () => {
    const { flights, join } = setUp();
    const [first, second] = [join(), join()];
    first.flight?.head({ status: 200, headers: [], varyNames: undefined }, () => 'v');
    first.flight?.data(Buffer.from('private'));
    first.flight?.end();

    expect(second.outcome).toEqual(['alone']);
    expect(flights.report()).toEqual(idle);
  });

  it('an answer that depends on headers is for those with the same values', () => {
    const { join } = setUp();
    const [first, same, other] = [join('v'), join('v'), join('w')];
    answer(first.flight, 'x');

    expect([same.outcome, other.outcome]).toEqual([['took x'], ['alone']]);
  });

  it('an error is not multiplied: each asks once, by itself', () => {
    const { flights, join } = setUp();
    const [first, second] = [join(), join()];
    first.flight?.fail();
    first.flight?.fail();

    expect(second.outcome).toEqual(['alone']);
    expect(flights.report()).toEqual(idle);
  });

  it('an answer that breaks off is nobody’s', () => {
    const { join } = setUp();
    const [first, second] = [join(), join()];
    first.flight?.head(head(), () => 'v');
    first.flight?.data(Buffer.from('hal'));
    first.flight?.fail();

    expect(second.outcome).toEqual(['alone']);
  });
});

describe('same GETs: who asks for others hangs up', () => {
  it('the next asks for all of them', () => {
    const { flights, join } = setUp();
    const [first, second, third] = [join(), join(), join()];
    first.flight?.leave();
    expect(second.outcome).toEqual(['leads']);
    expect(third.outcome).toEqual([]);
    expect(join().joined.as).toBe('follow');
    first.flight?.end();
    first.flight?.fail();

    answer(second.member.flight, 'after all');
    expect(third.outcome).toEqual(['took after all']);
    expect(flights.report()).toEqual(idle);
  });

  it('in the middle of its answer: the same, from the beginning', () => {
    const { join } = setUp();
    const [first, second, third] = [join(), join(), join()];
    first.flight?.head(head(), () => 'v');
    first.flight?.data(Buffer.from('hal'));
    first.flight?.leave();
    answer(second.member.flight, 'whole');

    expect(third.outcome).toEqual(['took whole']);
  });

  it('with nobody waiting it is over', () => {
    const { flights, join } = setUp();
    const [first, second] = [join(), join()];
    second.leave();
    first.flight?.leave();

    expect(second.outcome).toEqual([]);
    expect(flights.report()).toEqual(idle);
  });
});

describe('same GETs: the bounds of waiting', () => {
  it('so many followers and no more', () => {
    const { join } = setUp();

    expect([1, 2, 3, 4, 5].map(() => join().joined.as)).toEqual([
      'lead',
      'follow',
      'follow',
      'follow',
      'alone',
    ]);
  });

  it('so many bytes of an answer, and of all answers', () => {
    const { flights, join } = setUp();
    const [first, second] = [join(), join()];
    answer(first.flight, 'x'.repeat(11));
    expect(second.outcome).toEqual(['alone']);

    const [one, afterOne, two, afterTwo] = [join('v', 'a'), join('v', 'a'), join('v', 'b'), join('v', 'b')];
    for (const { flight } of [one, two]) {
      flight?.head(head(), () => 'v');
      flight?.data(Buffer.from('x'.repeat(9)));
    }
    expect([afterOne.outcome, afterTwo.outcome]).toEqual([[], ['alone']]);
    one.flight?.end();
    expect(afterOne.outcome).toEqual([`took ${'x'.repeat(9)}`]);
    expect(flights.report()).toEqual(idle);
  });

  it('with nobody waiting nothing is collected', () => {
    const { flights, join } = setUp();
    const first = join();
    first.flight?.head(head(), () => 'v');
    first.flight?.data(Buffer.from('123'));

    expect(flights.report().bytes).toBe(0);
  });
});

describe('same GETs: whatever happens (model)', () => {
  it('each is served exactly once, by who asked for the same, and nothing is left over', () => {
    const key = fc.constantFrom('a', 'b');
    const variant = fc.constantFrom('v', 'w');
    const who = fc.nat(30);
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant('join' as const), key, variant }) },
      fc.record({ do: fc.constant('head' as const), who, shared: fc.boolean() }),
      fc.record({ do: fc.constant('data' as const), who, size: fc.nat(6) }),
      fc.record({ do: fc.constantFrom('end' as const, 'fail' as const, 'leave' as const), who }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const flights = createFlights(bounds);
        type Person = ReturnType<typeof createMember> & {
          key: string;
          variant: string;
          joined: Joined;
          left: boolean;
        };
        const people: Person[] = [];
        const told = new Set<Flight>();

        for (const one of steps) {
          if (one.do === 'join') {
            const member = createMember(one.variant);
            // What is taken says whose it is.
            const joined = flights.join(one.key, member.follower);
            if (joined.as === 'lead') member.flight = joined.flight;
            people.push(Object.assign(member, { key: one.key, variant: one.variant, joined, left: false }));
          } else {
            const person = people[one.who % Math.max(1, people.length)];
            if (person === undefined) continue;
            const { flight } = person;
            if (one.do === 'leave') {
              person.left = true;
              if (flight !== undefined) flight.leave();
              else if (person.joined.as === 'follow') person.joined.leave();
            } else if (flight === undefined) continue;
            else if (one.do === 'head') {
              if (!told.has(flight) && one.shared) flight.data(Buffer.alloc(0));
              flight.head(head(one.shared ? ['x'] : undefined), () => person.variant);
              if (!told.has(flight)) flight.data(Buffer.from(`${person.key}${person.variant}`));
              told.add(flight);
            } else if (one.do === 'data') flight.data(Buffer.from('.'.repeat(one.size)));
            else flight[one.do]();
          }
          const { bytes, followers } = flights.report();
          expect(bytes).toBeLessThanOrEqual(bounds.maxTotalBytes);
          expect(followers).toBeLessThanOrEqual(people.length);
        }
        for (const { flight } of people) flight?.fail();
        // Who was promoted on the way.
        for (const { flight } of people) flight?.fail();

        for (const person of people) {
          const { outcome, joined, left } = person;
          expect(outcome.length).toBeLessThanOrEqual(1);
          if (joined.as === 'follow' && !left) expect(outcome).toHaveLength(1);
          if (joined.as !== 'follow') expect(outcome).toEqual([]);
          if (outcome[0]?.startsWith('took'))
            expect(outcome[0]).toMatch(`took ${person.key}${person.variant}`);
        }
        expect(flights.report()).toEqual(idle);
      }),
      { numRuns: 500 },
    );
  });
});
