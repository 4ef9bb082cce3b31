import type { Limit } from '../limiter.ts';
import type { Counted } from '../shared-counters.ts';
import { redisScript } from './redis-script.ts';

/** The braces make all of a cluster's scripts find a key on one node, by the key of the limiter alone. */
export const redisKeyOf = (key: string): string => `gatehouse:limit:{${key}}`;

/**
 * The GCRA of the memory limiter, by the one clock that all gateways share: that of Redis.
 *
 * A key is kept as `since taken limit window`, whole numbers (µs): `taken` requests since then, each given back after
 * window / limit; so nothing is lost to rounding, whatever the limit. After `limit` of them `since` moves on by exactly
 * one window. The key goes by itself when it has everything back. A clock that was set back must not lock anybody out
 * for longer than a window; other figures for the same key go on from when it would have been whole.
 *
 * `owed`: what the asking gateway counted while Redis was away, as the time until the key is whole.
 */
export const takeScript = redisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local limit, window, owed = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local since, taken = now, 0
local kept = redis.call('GET', KEYS[1])
if kept then
  local s, t, l, w = string.match(kept, '^(%d+) (%d+) (%d+) (%d+)$')
  if s then
    since, taken = tonumber(s), tonumber(t)
    if tonumber(l) ~= limit or tonumber(w) ~= window then
      since, taken = math.ceil(since + taken * w / l), 0
    end
  end
end

local whole = since + taken * window / limit
local least = now + math.min(owed, window)
if whole < least then since, taken, whole = least, 0, least end
if whole > now + window + 1 then since, taken, whole = now + window, 0, now + window end

local left = math.floor(limit * (window - since + now) / window - taken - 1 + 0.000001)
if left < 0 then
  local wait = math.ceil(since - window + (taken + 1) * window / limit - now)
  return { -math.max(1, wait), math.ceil(whole - now) }
end

taken = taken + 1
if taken >= limit then since, taken = since + window, taken - limit end
local wholeIn = math.ceil(since + taken * window / limit - now)
redis.call('SET', KEYS[1], string.format('%.0f %.0f %.0f %.0f', since, taken, limit, window),
  'PX', string.format('%.0f', math.ceil(wholeIn / 1000) + 1))
return { left, wholeIn }
`);

export const takeArguments = ({ limit, windowMs }: Limit, owedMs: number): readonly string[] => [
  String(limit),
  String(windowMs * 1000),
  String(Math.ceil(owedMs * 1000)),
];

export const parseCounted = (reply: unknown): Counted => {
  const [left, wholeInUs] = reply as readonly [number, number];
  return { left: left < 0 ? left / 1000 : left, wholeInMs: wholeInUs / 1000 };
};
