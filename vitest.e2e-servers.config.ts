import { defineConfig } from 'vitest/config';

/** `npm run test:e2e:servers`: the suite of the composed product over real servers, with two instances of everything. */
export default defineConfig({
  test: {
    include: ['e2e/src/*.test.ts'],
    // It reads files alone, and `npm test` has it.
    exclude: ['e2e/src/documentation.test.ts'],
    env: { GATEHOUSE_E2E: 'servers' },
    // Each file has eight processes and four servers of its own.
    fileParallelism: false,
    environment: 'node',
    // Several starts of all that in one test: limits for what hangs, never a measure of speed.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 60_000 } },
    setupFiles: ['vitest.patience.ts'],
    restoreMocks: true,
    unstubEnvs: true,
  },
});
