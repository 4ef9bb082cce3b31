import { styleText } from 'node:util';
import type { EmbeddedConfig } from './config.ts';
import type { RunningGatehouse } from './start.ts';

/** What a person sees when all of it runs: where, how to sign in, and one line to try. */
export const startScreen = (
  config: EmbeddedConfig,
  running: RunningGatehouse,
  facts: Readonly<{ version: string; tookMs: number; logs: string | undefined }>,
): string => {
  const url = `http://localhost:${running.gateway.port}`;
  const bold = (text: string) => styleText('bold', text);
  const lines = [
    '',
    `  ${bold(`Gatehouse ${facts.version}`)}   ready in ${(facts.tookMs / 1000).toFixed(1)} s`,
    '',
    `  Gateway     ${url}`,
    `  API docs    ${url}/docs`,
    `  Operations  http://localhost:${running.gateway.operationsPort}   /livez /readyz /metrics`,
    ...running.services.map(
      ({ name, port }) => `  ${name.padEnd(11)} http://127.0.0.1:${port}   inside only`,
    ),
    ...(running.postgres
      ? [`  PostgreSQL  127.0.0.1:${running.postgres.port}   data in ${config.dataDir}`]
      : []),
    ...(facts.logs ? [`  Log         ${facts.logs}`] : []),
    '',
    `  Administrator  ${config.administrator.email}`,
    `  Password       ${password(config, running)}`,
    '',
    '  Try',
    `    curl ${url}/api/posts`,
    '',
    ...(config.rateLimitFactor === 1
      ? []
      : [`  Every rate limit is multiplied by ${config.rateLimitFactor}.`, '']),
    '  Ctrl-C ends it; nothing is lost.',
    '',
  ];
  return lines.join('\n');
};

const password = (config: EmbeddedConfig, running: RunningGatehouse): string => {
  if (running.newAdministratorPassword !== undefined) {
    return `${running.newAdministratorPassword}   (shown this once)`;
  }
  return config.administrator.password === undefined
    ? `the one shown at the first start (also in ${config.dataDir}/secrets.json)`
    : 'the one in ADMIN_PASSWORD';
};
