export {
  type Admission,
  type AdmissionReport,
  createAdmission,
  type Priority,
  priorities,
  type TryEnd,
} from './admission.ts';
export { type Breaker, type BreakerOptions, createBreaker } from './breaker.ts';
export type { BreakerOpening, BreakerReport, BreakerState } from './breaker-report.ts';
export { type Bulkhead, type BulkheadOptions, createBulkhead } from './bulkhead.ts';
export { type Clock, systemClock } from './clock.ts';
export { createDeadline, type Deadline } from './deadline.ts';
export { isServiceFailure } from './is-service-failure.ts';
export type { LimitBounds } from './limit-judge.ts';
export type { Permit } from './permit.ts';
export { type Repeating, type RepeatOptions, repeat } from './repeat.ts';
export { resilienceError } from './resilience-error.ts';
export { createRetryBudget, type RetryBudget, type RetryBudgetOptions } from './retry-budget.ts';
export { retryDelayMs } from './retry-delay.ts';
export { wait } from './wait.ts';
