import { z } from 'zod';

/** Settings of the orders service; all have defaults. */
export const ordersSettings = z
  .strictObject({
    /** How long a read waits for the order's own latest version, so that one's own write is seen. */
    ownVersionWaitMs: z.int().min(0).max(5_000).default(500),
    /** How long a read waits for the version that the caller names. */
    namedVersionWaitMs: z.int().min(0).max(30_000).default(5_000),
    /** How long an order may wait for its stock before it is rejected as `timed_out`; 15 minutes. */
    confirmationLimitMs: z.int().min(100).max(86_400_000).default(900_000),
    /** Between two looks of the projection when nobody gave it a hint. */
    projectionPollMs: z.int().min(10).max(60_000).default(500),
  })
  .prefault({});

export type OrdersSettings = z.output<typeof ordersSettings>;
