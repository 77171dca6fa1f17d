/** What Redis does for a cache in one step, in Lua: keys stay the bytes that they are, and nothing comes between finding and unlinking. */

/**
 * Starts a new epoch. KEYS: 1 the counter, 2 which purge started which. ARGV: 1 key of the purge, 2 how long it is remembered, s.
 * Answers the epoch; that of a purge which is repeated is the one that it started.
 */
export const NEXT_EPOCH = `
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known then return known end
local now = redis.call('GET', KEYS[1])
if now and not string.match(now, '^%d+$') then return redis.error_reply('CUTOVER the epoch is no number') end
local epoch = string.format('%.0f', redis.call('INCR', KEYS[1]))
redis.call('HSET', KEYS[2], ARGV[1], epoch)
redis.call('EXPIRE', KEYS[2], ARGV[2])
return epoch
`;

/**
 * One bounded piece of a purge. ARGV: 1 cursor, 2 pattern, 3 keys to look at, 4 prefix, 5 the counter of epochs or ''.
 * Answers {next cursor, how many were unlinked}. What stands under the epoch of now is kept.
 */
export const UNLINK_SOME = `
local keep = ''
if ARGV[5] ~= '' then keep = ARGV[4] .. (redis.call('GET', ARGV[5]) or '0') .. ':' end
local found = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
local gone = 0
for _, key in ipairs(found[2]) do
  if key ~= ARGV[5] and (keep == '' or string.sub(key, 1, #keep) ~= keep) then
    gone = gone + redis.call('UNLINK', key)
  end
end
return {found[1], gone}
`;
