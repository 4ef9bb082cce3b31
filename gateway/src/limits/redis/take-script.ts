import type { Counted, Owing } from '../shared-counters.ts';
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
 *
 * Several keys are taken from in order, up to the first that refuses: one round trip for all limits of a request.
 */
export const takeScript = redisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local counted = {}

for index, key in ipairs(KEYS) do
  local limit, window, owed = tonumber(ARGV[3 * index - 2]), tonumber(ARGV[3 * index - 1]), tonumber(ARGV[3 * index])
  local since, taken = now, 0
  local kept = redis.call('GET', key)
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
    counted[2 * index - 1] = -math.max(1, wait)
    counted[2 * index] = math.ceil(whole - now)
    return counted
  end

  taken = taken + 1
  if taken >= limit then since, taken = since + window, taken - limit end
  local wholeIn = math.ceil(since + taken * window / limit - now)
  redis.call('SET', key, string.format('%.0f %.0f %.0f %.0f', since, taken, limit, window),
    'PX', string.format('%.0f', math.ceil(wholeIn / 1000) + 1))
  counted[2 * index - 1] = left
  counted[2 * index] = wholeIn
end
return counted
`);

/** The number of keys, the keys, then for each its limit and, in µs, its window and what is owed. */
export const takeKeys = (takings: readonly Owing[]): readonly string[] => {
  const parts = [String(takings.length)];
  for (const { key } of takings) parts.push(redisKeyOf(key));
  for (const { limit, owedMs } of takings) {
    parts.push(String(limit.limit), String(limit.windowMs * 1000), String(Math.ceil(owedMs * 1000)));
  }
  return parts;
};

export const parseCounted = (reply: unknown): readonly Counted[] => {
  const figures = reply as readonly number[];
  const counted: Counted[] = [];
  for (let index = 0; index < figures.length; index += 2) {
    const left = figures[index] as number;
    counted.push({ left: left < 0 ? left / 1000 : left, wholeInMs: (figures[index + 1] as number) / 1000 });
  }
  return counted;
};
