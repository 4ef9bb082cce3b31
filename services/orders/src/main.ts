import { runService } from '@gatehouse/service-kit';
import { ordersService } from './index.ts';

// Whatever still holds the event loop must not keep a stopped service alive.
process.exit(await runService(ordersService, { variables: process.env }));
