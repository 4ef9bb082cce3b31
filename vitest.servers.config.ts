import { defineConfig } from 'vitest/config';

/** `npm run test:servers`: the tests against real servers, which `npm test` leaves out. */
export default defineConfig({
  test: {
    include: ['**/*.real.test.ts'],
    exclude: ['**/node_modules/**', '**/.gatehouse/**', '**/.turbo/**'],
    globalSetup: ['vitest.servers-setup.ts'],
    environment: 'node',
    // They mostly wait, for servers that start and for what was killed or frozen.
    maxWorkers: 3,
    // Starts of RabbitMQ on a busy machine included: limits for what hangs, never a measure of speed.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 60_000 } },
    setupFiles: ['vitest.patience.ts'],
    restoreMocks: true,
    unstubEnvs: true,
  },
});
