import { runService } from '@gatehouse/service-kit';
import { usersEnvironment, usersService } from './index.ts';

// Whatever still holds the event loop must not keep a stopped service alive.
process.exit(await runService(usersService, { variables: process.env, ownEnvironment: usersEnvironment }));
