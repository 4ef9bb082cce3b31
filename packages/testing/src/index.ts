export { assertLayers, type LayerRules } from './assert-layers.ts';
export { type CapturedLogger, captureLogger } from './capture-logger.ts';
export { createManualClock, type ManualClock } from './manual-clock.ts';
export { metricsTable, withTable } from './metrics-table.ts';
export { seededRandom } from './seeded-random.ts';
export { sequentialIds } from './sequential-ids.ts';
export { type Outcome, type Spec, type SpecifiedDecider, specFor } from './spec-for.ts';
export { openTestDatabase, type TestDatabase } from './test-database.ts';
