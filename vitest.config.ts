import { defineConfig } from 'vitest/config';

/**
 * One run for all workspaces: `npm test`, or `vitest run packages/messaging` for a part. A workspace's own `test` script is
 * `vitest run --root ../.. --dir .`, so that it has this file and the database too.
 */
export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/*.real.test.ts', '**/node_modules/**', '**/.gatehouse/**', '**/.turbo/**'],
    globalSetup: ['vitest.global-setup.ts'],
    environment: 'node',
    // All processors, not all but one: tests wait for the database and for each other's answers much of their time.
    maxWorkers: '100%',
    // Tests beside a real PostgreSQL on a busy machine: a limit for what hangs, never a measure of speed.
    testTimeout: 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    expect: { poll: { timeout: 15_000 } },
    setupFiles: ['vitest.patience.ts'],
    restoreMocks: true,
    unstubEnvs: true,
  },
});
