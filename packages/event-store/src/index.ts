export { adoptEvents } from './adopt-events.ts';
export {
  type CommandHandler,
  type CommandHandlerDeps,
  type CommandOptions,
  type CommandResult,
  createCommandHandler,
} from './command-handler.ts';
export type { Decider } from './decider.ts';
export type {
  AppendOptions,
  DomainEvent,
  EventMetadata,
  EventSources,
  EventStore,
  ExpectedVersion,
  ReadAllOptions,
  ReadOptions,
  RecordedEvent,
  Snapshot,
  StreamHead,
  StreamSlice,
} from './event-store.ts';
export { eventStoreError } from './event-store-errors.ts';
export { type Change, findChanges } from './find-changes.ts';
export { createMemoryEventStore } from './memory-event-store.ts';
export { eventStoreMigrations } from './migrations.ts';
export type { ParkedEvent, ParkedQuery } from './parked-events.ts';
export type { ParkedRetry, ProjectionParked } from './parked-retry.ts';
export { comparePositions, type Position, startPosition } from './position.ts';
export { createPostgresEventStore } from './postgres-event-store.ts';
export {
  createProjection,
  type Projection,
  type ProjectionBatch,
  type ProjectionDeps,
  type ProjectionState,
  type ProjectionStatus,
} from './projection.ts';
export type { RebuildReport } from './read-model-versions.ts';
export type { SkippedType } from './skipped-types.ts';
export {
  createStateLoader,
  type LoadedState,
  type StateLoader,
  type StateLoaderDeps,
} from './state-loader.ts';
export { categoryOf, type StreamName, streamName } from './stream-name.ts';
export { createUpcaster, type Upcast, type UpcastStep } from './upcaster.ts';
