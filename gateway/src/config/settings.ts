import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { gatewayError } from '../gateway-error.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

const isRedisUrl = (text: string): boolean => {
  const url = URL.parse(text);
  return (
    url !== null &&
    /^rediss?:$/.test(url.protocol) &&
    url.hostname !== '' &&
    /^(?:\/\d*)?$/.test(url.pathname)
  );
};

/** What an environment variable sets; everything else is in `gateway.yaml`. Names are those of the environment. */
const environmentSchema = z.object({
  HOST: z.string().min(1).default('0.0.0.0').describe('Address that the public port listens on'),
  PORT: port.default(8080).describe('Public port; 0 takes a free one'),
  OPERATIONS_HOST: z.string().min(1).default('127.0.0.1').describe('Address of /livez, /readyz and /metrics'),
  OPERATIONS_PORT: port.default(9090).describe('Port of /livez, /readyz and /metrics; 0 takes a free one'),
  GATEWAY_CONFIG: z
    .string()
    .min(1)
    .default(fileURLToPath(new URL('../../gateway.yaml', import.meta.url)))
    .describe('The file with the routes and their policies'),
  RATE_LIMIT_FACTOR: z.coerce
    .number()
    .positive()
    .max(1_000_000)
    .default(1)
    .describe('Multiplies every limit of the gateway, for load tests'),
  TRUSTED_PROXIES: list
    .default([])
    .describe(
      'Addresses or CIDR blocks whose X-Forwarded-* and Forwarded headers are believed, comma-separated',
    ),
  REDIS_URL: z
    .string()
    .refine(isRedisUrl, 'Expected redis://[user:password@]host:port[/database], or rediss:// for TLS')
    .optional()
    .describe(
      'Redis that all gateways count their limits and keep answers in (rediss:// for TLS). Unset: each for itself',
    ),
  DRAIN_DELAY_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(60_000)
    .default(0)
    .describe('How long a stopping gateway goes on accepting while balancers notice'),
  SHUTDOWN_LIMIT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(120_000)
    .default(8000)
    .describe('How long requests under way may take to end when the gateway stops'),
});

export type GatewaySettings = Readonly<{
  host: string;
  port: number;
  operationsHost: string;
  operationsPort: number;
  configFile: string;
  rateLimitFactor: number;
  trustedProxies: readonly string[];
  /** Holds a password: never logged. */
  redisUrl?: string | undefined;
  drainDelayMs: number;
  shutdownLimitMs: number;
}>;

/** The environment variables that the gateway reads, for the reference and `.env.example`. */
export const gatewayEnvironment = environmentSchema;

/** @throws AppError `config_invalid` that names every variable that is wrong. */
export const parseGatewaySettings = (
  environment: Readonly<Record<string, string | undefined>>,
): GatewaySettings => {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(present);
  if (!parsed.success) {
    const mistakes = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw gatewayError('config_invalid', {
      message: `The environment has mistakes:\n${mistakes.join('\n')}`,
      details: { mistakes },
    });
  }
  const { data } = parsed;
  return {
    host: data.HOST,
    port: data.PORT,
    operationsHost: data.OPERATIONS_HOST,
    operationsPort: data.OPERATIONS_PORT,
    configFile: data.GATEWAY_CONFIG,
    rateLimitFactor: data.RATE_LIMIT_FACTOR,
    trustedProxies: data.TRUSTED_PROXIES,
    redisUrl: data.REDIS_URL,
    drainDelayMs: data.DRAIN_DELAY_MS,
    shutdownLimitMs: data.SHUTDOWN_LIMIT_MS,
  };
};
