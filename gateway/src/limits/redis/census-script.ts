import { redisScript } from './redis-script.ts';

export const censusKey = 'gatehouse:gateways';

/** A gateway that was not heard of for so long does not count any more. */
const forgottenAfterMs = 10_000;

/** Writes down that a gateway is there, and gives how many are: by what they divide the limits when Redis is away. */
export const censusScript = redisScript(`
local now = redis.call('TIME')[1] * 1000
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. (now - ${forgottenAfterMs}))
redis.call('PEXPIRE', KEYS[1], ${2 * forgottenAfterMs})
return redis.call('ZCARD', KEYS[1])
`);
