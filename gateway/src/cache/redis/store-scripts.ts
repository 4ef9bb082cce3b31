import { redisScript } from '../../limits/redis/redis-script.ts';

/** One tag for all keys, so that a script may use several on one node of a cluster. */
const prefix = 'gatehouse:{cache}:';
export const pathKeyOf = (path: string): string => `${prefix}path:${path}`;
/** When the answers of each path end, and how many bytes they take. */
export const endsKey = `${prefix}ends`;
export const sizesKey = `${prefix}sizes`;

/** How long a forgotten path is remembered: longer than any request is under way. */
const rememberMs = 300_000;

/**
 * All answers of a path are fields of one hash, so that a write drops them with one command, whoever they were for:
 *
 * - `m`: the mark; another one for each time that the path was forgotten.
 * - `n:<entry>`: the names of the headers that the answers of an entry depend on, as a JSON list.
 * - `v:<entry>:<variant>`: an answer.
 * - `o:<entry>`: its variants in the order they came, separated by blanks.
 *
 * Gives the mark, the names, and the answer of the variant that was guessed.
 */
export const findScript = redisScript(`
return redis.call('HMGET', KEYS[1], 'm', 'n:' .. ARGV[1], 'v:' .. ARGV[1] .. ':' .. ARGV[2])
`);

/**
 * KEYS: path, ends, sizes. ARGV: path, entry, variant, names, mark, answer, milliseconds to keep it, most bytes of all,
 * most variants, most entries of a path.
 *
 * Paths whose time is over leave the count; then those that end first go, until there is room. Gives the bytes of all.
 */
export const keepScript = redisScript(`
local path, entry, variant, names, mark, answer = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local keep, most, variants, entries = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local function total() return tonumber(redis.call('HGET', KEYS[3], '')) or 0 end
if (redis.call('HGET', KEYS[1], 'm') or '') ~= mark then return total() end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stem = string.sub(KEYS[1], 1, -1 - #path)

local function count(of, change)
  redis.call('HINCRBY', KEYS[3], '', change)
  if redis.call('HINCRBY', KEYS[3], of, change) <= 0 then redis.call('HDEL', KEYS[3], of) end
end
local function drop(of)
  local last = redis.call('HGET', stem .. of, 'm')
  redis.call('UNLINK', stem .. of)
  if last then
    redis.call('HSET', stem .. of, 'm', last)
    redis.call('PEXPIRE', stem .. of, ${rememberMs})
  end
  redis.call('ZREM', KEYS[2], of)
  count(of, -(tonumber(redis.call('HGET', KEYS[3], of)) or 0))
end
local function remove(field)
  local size = redis.call('HSTRLEN', KEYS[1], field)
  if redis.call('HDEL', KEYS[1], field) == 1 then count(path, -size) end
end

for _, over in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 100)) do drop(over) end
if #answer > most then return total() end

local order = redis.call('HGET', KEYS[1], 'o:' .. entry)
if not order then
  if redis.call('HLEN', KEYS[1]) >= 3 * entries then drop(path) end
  order = ''
end
local kept = {}
for one in string.gmatch(order, '%S+') do if one ~= variant then table.insert(kept, one) end end
remove('v:' .. entry .. ':' .. variant)
while #kept >= variants do remove('v:' .. entry .. ':' .. table.remove(kept, 1)) end
table.insert(kept, variant)

while total() + #answer > most do
  local first = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
  if not first then break end
  drop(first)
  if first == path then kept = { variant } end
end

redis.call('HSET', KEYS[1], 'n:' .. entry, names, 'o:' .. entry, table.concat(kept, ' '),
  'v:' .. entry .. ':' .. variant, answer)
count(path, #answer)
local ends = math.max(now + keep, tonumber(redis.call('ZSCORE', KEYS[2], path)) or 0)
redis.call('ZADD', KEYS[2], string.format('%.0f', ends), path)
if mark ~= '' then ends = math.max(ends, now + ${rememberMs}) end
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', ends))
return total()
`);

/** KEYS: path, ends, sizes. ARGV: path, a mark that nobody has had. */
export const forgetScript = redisScript(`
redis.call('UNLINK', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
local size = tonumber(redis.call('HGET', KEYS[3], ARGV[1])) or 0
if size > 0 then redis.call('HINCRBY', KEYS[3], '', -size) end
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('HSET', KEYS[1], 'm', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ${rememberMs})
return 1
`);

/**
 * Everything, a few paths at a time: gives how many there were. KEYS: ends, sizes, and any path key, for its stem.
 * ARGV: the part of that key which is no stem, a mark that nobody has had.
 */
export const forgetSomeScript = redisScript(`
local stem = string.sub(KEYS[3], 1, -1 - #ARGV[1])
local paths = redis.call('ZRANGE', KEYS[1], 0, 199)
for _, path in ipairs(paths) do
  redis.call('UNLINK', stem .. path)
  redis.call('HSET', stem .. path, 'm', ARGV[2])
  redis.call('PEXPIRE', stem .. path, ${rememberMs})
  redis.call('ZREM', KEYS[1], path)
  local size = tonumber(redis.call('HGET', KEYS[2], path)) or 0
  redis.call('HINCRBY', KEYS[2], '', -size)
  redis.call('HDEL', KEYS[2], path)
end
return #paths
`);
