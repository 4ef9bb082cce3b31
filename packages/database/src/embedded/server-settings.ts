/**
 * PostgreSQL for one product on one machine: safe first (fsync and synchronous commit stay on), then small (about 60 MB
 * with a handful of connections), then quiet. https://www.postgresql.org/docs/18/runtime-config.html
 */
const productSettings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  password_encryption: 'scram-sha-256',

  shared_buffers: '32MB',
  work_mem: '4MB',
  maintenance_work_mem: '32MB',
  max_connections: '60',
  max_wal_size: '256MB',
  min_wal_size: '32MB',
  // Each of these would be one or more processes that wait.
  io_method: 'sync',
  max_parallel_workers: '0',
  max_parallel_workers_per_gather: '0',
  max_worker_processes: '0',
  max_logical_replication_workers: '0',
  autovacuum_max_workers: '2',
  autovacuum_worker_slots: '2',
  wal_level: 'minimal',
  max_wal_senders: '0',

  // A backend notices by itself when its client was killed in the middle of a long query.
  client_connection_check_interval: '10s',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // What clients did wrong is told to them; their statements and values do not belong into a log.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
};

/** Command line of a server. The same input gives the same line, so that a living server can be compared with it. */
export const serverArguments = (
  pgdata: string,
  port: number,
  settings: Readonly<Record<string, string>>,
): readonly string[] => {
  const all = { ...productSettings, ...settings };
  const pairs = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', pgdata, '-p', String(port), ...pairs];
};
