// The health check of a container: exit code 0 when the part is ready.
const { LISTEN_AS = '127.0.0.1', PORT, OPERATIONS_PORT } = process.env;
const ready = await fetch(`http://${LISTEN_AS}:${OPERATIONS_PORT ?? PORT}/readyz`, {
  signal: AbortSignal.timeout(4000),
}).then(
  (response) => response.ok,
  () => false,
);
process.exit(ready ? 0 : 1);
