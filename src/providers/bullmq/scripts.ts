/**
 * What Redis does with queues of BullMQ in one step, in Lua: a job is in one queue or in the other, whoever is killed between.
 *
 * They touch the keys of BullMQ themselves (majors 5 and 6, which lay them out alike but for the list of a paused queue), because the library
 * has no way to move a job: one that is added anew forgets its attempts, and a worker may take the old one meanwhile.
 * Invariant: nothing is written before every key has been found to be of its kind, so no script breaks off in the middle.
 */

/** `oddOf(prefix)`: the name and kind of a key that BullMQ would not have made so. `currentOf(prefix, scheduler)`: the job of its next run. */
const SHARED = `
local KINDS = {
  wait = 'list', paused = 'list', active = 'list', prioritized = 'zset', delayed = 'zset', failed = 'zset', meta = 'hash',
  ['waiting-children'] = 'zset', ['repeat'] = 'zset', marker = 'zset', pc = 'string', events = 'stream'
}
local function oddOf(prefix)
  for name, kind in pairs(KINDS) do
    local is = redis.call('TYPE', prefix .. name)['ok']
    if is ~= 'none' and is ~= kind then return prefix .. name .. ' is a ' .. is end
  end
  return nil
end
local function currentOf(prefix, scheduler)
  local nextMs = redis.call('ZSCORE', prefix .. 'repeat', scheduler)
  if not nextMs then return nil end
  return 'repeat:' .. scheduler .. ':' .. nextMs
end
`;

/**
 * KEYS[1]: prefix of the queue. Answers {'odd', what}, or {'counts', ready, in flight, delayed, dead, milliseconds of Redis's clock, when the
 * oldest was made or '', mark of the library's version or '', schedulers}. The next run of a scheduler is no job that waits.
 */
export const COUNT = `${SHARED}
local p = KEYS[1]
local odd = oddOf(p)
if odd then return {'odd', odd} end
local function jobsIn(list)
  local length = redis.call('LLEN', p .. list)
  local last = redis.call('LINDEX', p .. list, -1)
  -- Before major 5 a mark stood among the jobs.
  if last and string.sub(last, 1, 2) == '0:' then length = length - 1 end
  return length
end
local ready = jobsIn('wait') + jobsIn('paused') + redis.call('ZCARD', p .. 'prioritized')
local inFlight = redis.call('LLEN', p .. 'active') + redis.call('ZCARD', p .. 'waiting-children')
local runs = 0
for _, scheduler in ipairs(redis.call('ZRANGE', p .. 'repeat', 0, -1)) do
  local isOld = redis.call('HEXISTS', p .. 'repeat:' .. scheduler, 'ic') == 0
  if isOld or redis.call('ZSCORE', p .. 'delayed', currentOf(p, scheduler)) then runs = runs + 1 end
end
local delayed = math.max(0, redis.call('ZCARD', p .. 'delayed') - runs)
local oldest = nil
local function look(id)
  if not id then return end
  local made = tonumber(redis.call('HGET', p .. id, 'timestamp') or nil)
  if made and (not oldest or made < oldest) then oldest = made end
end
look(redis.call('LINDEX', p .. 'wait', -1))
look(redis.call('LINDEX', p .. 'paused', -1))
look(redis.call('LINDEX', p .. 'active', -1))
look(redis.call('ZRANGE', p .. 'prioritized', 0, 0)[1])
local time = redis.call('TIME')
local nowMs = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local version = redis.call('HGET', p .. 'meta', 'version') or ''
return {'counts', ready, inFlight, delayed, redis.call('ZCARD', p .. 'failed'), nowMs,
  oldest and string.format('%.0f', oldest) or '', version, redis.call('ZCARD', p .. 'repeat')}
`;

/** Puts a job where it comes after those that are there, as the library does. */
const PLACE = `
local meta = redis.call('HMGET', to .. 'meta', 'paused', 'concurrency', 'opts.maxLenEvents')
local maxEvents = meta[3] or 10000
local isHeld = meta[1] or (meta[2] and redis.call('LLEN', to .. 'active') >= tonumber(meta[2]))
local waitList = (meta[1] and pausesApart) and 'paused' or 'wait'
local function tell(prefix, ...) redis.call('XADD', prefix .. 'events', 'MAXLEN', '~', maxEvents, '*', 'event', ...) end
local function mark()
  if not isHeld then redis.call('ZADD', to .. 'marker', 0, '0') end
end
local function place(list, id, score)
  if list == 'delayed' then
    local dueMs = math.floor(score / 4096)
    local least, most = dueMs * 4096, dueMs * 4096 + 4095
    local last = redis.call('ZREVRANGEBYSCORE', to .. 'delayed', most, least, 'WITHSCORES', 'LIMIT', 0, 1)[2]
    redis.call('ZADD', to .. 'delayed', string.format('%.0f', last and math.min(most, last + 1) or least), id)
    tell(to, 'delayed', 'jobId', id, 'delay', string.format('%.0f', dueMs))
    local first = tonumber(redis.call('ZRANGE', to .. 'delayed', 0, 0, 'WITHSCORES')[2])
    redis.call('ZADD', to .. 'marker', string.format('%.0f', math.floor(first / 4096)), '1')
    return
  end
  if list == 'prioritized' then
    local after = redis.call('INCR', to .. 'pc') % 4294967296
    redis.call('ZADD', to .. 'prioritized', string.format('%.0f', math.floor(score / 4294967296) * 4294967296 + after), id)
  else
    redis.call('LPUSH', to .. waitList, id)
  end
  mark()
  tell(to, 'waiting', 'jobId', id)
end
local SUFFIXES = {'', ':logs', ':processed', ':failed', ':unsuccessful', ':dependencies'}
local function carry(id, newId)
  for _, suffix in ipairs(SUFFIXES) do
    if redis.call('EXISTS', from .. id .. suffix) == 1 then
      redis.call('RENAME', from .. id .. suffix, to .. newId .. suffix)
    end
  end
end
`;

/**
 * Moves what stands first in one list. KEYS: prefix of the source, prefix of the target. ARGV: 1 `wait`, `paused`, `prioritized` or `delayed`;
 * 2 most jobs; 3 so many that stay are passed over; 4 name of the source; 5 '1' where a paused queue has a list of its own.
 * Answers {'odd', what}, or {'moved', looked at, moved, of schedulers, without a body, of a flow, dead at the target}: the last four stay.
 *
 * A job with a number for an id gets another one, as the next job of the target would overwrite it. A job that the target knows by its id is a
 * repeat and ends here, as where it is added; but not for the sake of a dead one, which is nobody's work any more.
 */
export const MOVE = `${SHARED}
local from, to, list = KEYS[1], KEYS[2], ARGV[1]
local pausesApart = ARGV[5] == '1'
local odd = oddOf(from) or oddOf(to)
if odd then return {'odd', odd} end
${PLACE}
local count, skip = tonumber(ARGV[2]), tonumber(ARGV[3])
local isList = list == 'wait' or list == 'paused'
local ids, scores = {}, {}
if isList then
  local last = redis.call('LRANGE', from .. list, -(skip + count), -(skip + 1))
  for i = #last, 1, -1 do ids[#ids + 1] = last[i] end
else
  local got = redis.call('ZRANGE', from .. list, skip, skip + count - 1, 'WITHSCORES')
  for i = 1, #got, 2 do
    ids[#ids + 1] = got[i]
    scores[got[i]] = tonumber(got[i + 1])
  end
end
local moved, ofSchedulers, bodyless, ofFlow, dead = 0, 0, 0, 0, 0
for _, id in ipairs(ids) do
  local key = from .. id
  local scheduler = redis.call('HGET', key, 'rjk')
  local current = scheduler and currentOf(from, scheduler)
  local newId = id
  if string.match(id, '^%d+$') then newId = ARGV[4] .. '-' .. id .. '-' .. (redis.call('HGET', key, 'timestamp') or '') end
  local isThere = redis.call('EXISTS', to .. newId) == 1
  if redis.call('EXISTS', key) == 0 then
    bodyless = bodyless + 1
  elseif current and (current == id or redis.call('HEXISTS', from .. 'repeat:' .. scheduler, 'ic') == 0) then
    ofSchedulers = ofSchedulers + 1
  elseif redis.call('SCARD', key .. ':dependencies') > 0 then
    ofFlow = ofFlow + 1
  elseif isThere and redis.call('ZSCORE', to .. 'failed', newId) then
    dead = dead + 1
  else
    if isList then redis.call('LREM', from .. list, -1, id) else redis.call('ZREM', from .. list, id) end
    local deduplication = redis.call('HGET', key, 'deid')
    local parent = redis.call('HGET', key, 'parentKey')
    if isThere then
      for _, suffix in ipairs(SUFFIXES) do redis.call('DEL', key .. suffix) end
    else
      carry(id, newId)
      place(list, newId, scores[id])
    end
    if parent and redis.call('SREM', parent .. ':dependencies', key) == 1 then
      redis.call('SADD', parent .. ':dependencies', to .. newId)
    end
    if deduplication and redis.call('GET', from .. 'de:' .. deduplication) == id then
      local leftMs = redis.call('PTTL', from .. 'de:' .. deduplication)
      redis.call('DEL', from .. 'de:' .. deduplication)
      -- Nobody would ever take it from a job that is done.
      if not isThere then
        local words = {to .. 'de:' .. deduplication, newId, 'NX'}
        if leftMs > 0 then words[4], words[5] = 'PX', leftMs end
        redis.call('SET', unpack(words))
        -- A job that came while this one was worked on, and is made when this one is done.
        if redis.call('EXISTS', from .. 'dn:' .. deduplication) == 1 then
          redis.call('RENAME', from .. 'dn:' .. deduplication, to .. 'dn:' .. deduplication)
        end
      end
    end
    tell(from, 'removed', 'jobId', id, 'prev', list)
    moved = moved + 1
  end
end
return {'moved', #ids, moved, ofSchedulers, bodyless, ofFlow, dead}
`;

/** KEYS[1]: prefix of the queue. Answers {'odd', what}, or {'schedulers', {id, 1 of a repeatable job of before schedulers or 0}, …}. */
export const SCHEDULERS = `${SHARED}
local odd = oddOf(KEYS[1])
if odd then return {'odd', odd} end
local found = {'schedulers'}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1] .. 'repeat', 0, -1)) do
  found[#found + 1] = {id, 1 - redis.call('HEXISTS', KEYS[1] .. 'repeat:' .. id, 'ic')}
end
return found
`;

/**
 * Moves a scheduler with its next run. KEYS: prefix of the source, prefix of the target. ARGV: 1 its id; 2 '1' where a paused queue has a list
 * of its own. Answers {'odd', what}, or one word: `moved`; `both`, the target has it, and the source no longer; `gone`, the source has none;
 * `busy`, its run is being taken now; `stalled`, its next run is missing.
 */
export const MOVE_SCHEDULER = `${SHARED}
local from, to, id = KEYS[1], KEYS[2], ARGV[1]
local pausesApart = ARGV[2] == '1'
local odd = oddOf(from) or oddOf(to)
if odd then return {'odd', odd} end
${PLACE}
local run = currentOf(from, id)
if not run then return {'gone'} end
local list, score = nil, nil
for _, name in ipairs({'delayed', 'prioritized'}) do
  local found = redis.call('ZSCORE', from .. name, run)
  if found then list, score = name, tonumber(found) end
end
for _, name in ipairs({'wait', 'paused'}) do
  if not list and redis.call('LPOS', from .. name, run) then list = name end
end
local isThere = redis.call('ZSCORE', to .. 'repeat', id)
if not list and not isThere then
  return {redis.call('LPOS', from .. 'active', run) and 'busy' or 'stalled'}
end
if not isThere and redis.call('EXISTS', to .. run) == 1 then return {'busy'} end
if list == 'wait' or list == 'paused' then redis.call('LREM', from .. list, -1, run)
elseif list then redis.call('ZREM', from .. list, run) end
local nextMs = redis.call('ZSCORE', from .. 'repeat', id)
redis.call('ZREM', from .. 'repeat', id)
if isThere then
  redis.call('DEL', from .. 'repeat:' .. id)
  if list then
    for _, suffix in ipairs(SUFFIXES) do redis.call('DEL', from .. run .. suffix) end
  end
  return {'both'}
end
redis.call('RENAME', from .. 'repeat:' .. id, to .. 'repeat:' .. id)
redis.call('ZADD', to .. 'repeat', nextMs, id)
carry(run, run)
place(list, run, score)
tell(from, 'removed', 'jobId', run, 'prev', list)
return {'moved'}
`;
