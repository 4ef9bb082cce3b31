import { runService } from '@gatehouse/service-kit';
import { postsService } from './index.ts';

// Whatever still holds the event loop must not keep a stopped service alive.
process.exit(await runService(postsService, { variables: process.env }));
