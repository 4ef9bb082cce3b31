import { createDatabaseServer } from '../database-server.ts';
import { createFaults } from '../faults.ts';
import { openSimulatedDatabase } from '../kysely-database.ts';
import { startLife } from '../life.ts';
import { createTables } from '../schema.ts';
import { createWorld } from '../world.ts';

/** The simulated database alone, with nothing that goes wrong, moved on by itself; time passes when it is told to. */
export const openUnfailingDatabase = async () => {
  const world = createWorld(1);
  const faults = createFaults(world, 0);
  const server = createDatabaseServer(world, faults);
  await createTables(server.memory);
  const { db } = openSimulatedDatabase(server, startLife('alone', { world, faults }));
  const move = async (): Promise<void> => {
    if (await world.step()) setImmediate(move);
    else setTimeout(move, 1).unref();
  };
  void move();
  return {
    db,
    letTimePass: (seconds: number) =>
      new Promise<void>((resolve) => {
        world.at(seconds * 1_000, resolve);
      }),
  };
};
