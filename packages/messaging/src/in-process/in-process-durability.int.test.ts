import { describeDurability } from '../durability.contract.ts';
import { createInProcessTransport } from './in-process-transport.ts';

describeDurability(
  'in-process',
  () => undefined,
  async () => createInProcessTransport(),
);
