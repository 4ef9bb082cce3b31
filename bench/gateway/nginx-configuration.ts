import { join } from 'node:path';

type Place = Readonly<{ folder: string; port: number }>;

const main = (folder: string, http: readonly string[]): string =>
  [
    'daemon off;',
    'worker_processes 1;',
    `pid ${join(folder, 'nginx.pid')};`,
    `error_log ${join(folder, 'error.log')} warn;`,
    'events { worker_connections 4096; }',
    'http {',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (part) => `  ${part}_temp_path ${join(folder, part)};`,
    ),
    '  keepalive_requests 1000000000;',
    ...http.map((line) => `  ${line}`),
    '}',
    '',
  ].join('\n');

/** All of loopback: as many instances of a service, by their addresses, as anybody wants to measure. */
const upstreamAddresses = Array.from({ length: 200 }, (_, index) => `127.0.0.${index + 1}`);

/** What everybody proxies to: one answer of JSON, from memory. */
export const upstreamConfiguration = ({ folder, port }: Place, json: string): string =>
  main(folder, [
    'access_log off;',
    'server {',
    ...upstreamAddresses.map((address) => `  listen ${address}:${port};`),
    '  default_type application/json;',
    `  location / { return 200 '${json}'; }`,
    '}',
  ]);

/** nginx as a gateway: bare, or with a limit for each address and an access log that is written in blocks. */
export const proxyConfiguration = (
  { folder, port, upstreamPort }: Place & Readonly<{ upstreamPort: number }>,
  policies: 'none' | 'limit-and-log',
): string =>
  main(folder, [
    ...(policies === 'none'
      ? ['access_log off;']
      : [
          'limit_req_zone $binary_remote_addr zone=address:10m rate=1000000r/s;',
          `access_log ${join(folder, 'access.log')} combined buffer=32k flush=1s;`,
        ]),
    'upstream services {',
    `  server 127.0.0.1:${upstreamPort};`,
    '  keepalive 128;',
    '  keepalive_requests 1000000000;',
    '}',
    'server {',
    `  listen 127.0.0.1:${port};`,
    '  location / {',
    ...(policies === 'none' ? [] : ['    limit_req zone=address burst=100000 nodelay;']),
    '    proxy_pass http://services;',
    '    proxy_http_version 1.1;',
    '    proxy_set_header Connection "";',
    '  }',
    '}',
  ]);
