import { sqlError, type TableFunction, type Values } from './sql/execution.ts';
import { Json, type Value } from './sql/values.ts';

/** `append_to_stream` of the event store, whose PL/pgSQL the simulated database cannot read: the same steps on its tables. */
export const appendToStream: TableFunction = {
  columns: ['version', 'actual', 'position'],
  run: (execution, args) => {
    const [stream, category, expected, events, schemaVersion, correlation, causation, recordedAt] = args;
    const xid = execution.xid();
    const items = (events as Json).value as readonly Readonly<{ id: string; type: string; data: unknown }>[];
    const streams = execution.table('event_streams');
    const wanted = Number(expected);
    const created: Values = {
      ...{ stream: stream as string, category: category as string },
      ...{ version: items.length, last_xid: xid },
    };
    let version: number | undefined;
    const row = wanted > 0 ? streams.rows.find((one) => one.committed?.stream === stream) : undefined;
    if (wanted <= 0 && execution.insert(streams, created, true) !== undefined) version = items.length;
    const known = version === undefined ? (row ?? execution.findConflict(streams, created)) : undefined;
    if (known !== undefined && wanted !== 0) {
      execution.lock(known);
      const head = execution.see(known) as Values;
      if ((wanted < 0 || head.version === wanted) && Number(head.last_xid) <= xid) {
        version = Number(head.version) + items.length;
        execution.write(known, { ...head, version, last_xid: xid });
      }
    }
    if (version === undefined) {
      const head = known === undefined ? null : execution.see(known);
      const actual = Number(head?.version ?? 0);
      if (Number(head?.last_xid ?? 0) > xid && (wanted === -1 || wanted === actual))
        throw sqlError('40001', 'stream was written by a newer transaction');
      return [[null, actual, null]];
    }
    const table = execution.table('events');
    let seq = 0;
    for (const [i, { id, type, data }] of items.entries()) {
      seq = ++table.lastIdentity;
      const event: Record<string, Value> = {
        ...{ seq, xid, stream: stream as string, version: version - items.length + i + 1 },
        ...{ category: category as string, id, type, schema_version: schemaVersion as number },
        ...{ data: new Json(data), correlation_id: correlation as string, causation_id: causation as string },
        recorded_at: recordedAt as Date,
      };
      execution.insert(table, event, false);
    }
    return [[version, version, `${xid}:${seq}`]];
  },
};
