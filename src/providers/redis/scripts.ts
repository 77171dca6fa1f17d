/**
 * What Redis does in one step, in Lua: nothing comes between its compare and its set.
 *
 * Invariants: only Redis's own clock dates a lease; what cannot be taken for the config of this service is told, and never written over; the
 * document is stored as it was sent, because Redis's JSON turns an empty list into an empty object.
 */

/**
 * Both scripts begin alike. KEYS[1]: where the config is. ARGV[1]: largest document, bytes.
 * The SET in it never stores anything: XX where there is no key, NX where there is one. Like a real one it is refused by a replica, by
 * a primary that has lost its replicas, and to a user without the right to write, so nobody else's word is taken for the primary's.
 */
const BEGIN = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local nowText = string.format('%.0f', now)
local kind = redis.call('TYPE', KEYS[1])['ok']
local refused = redis.pcall('SET', KEYS[1], '', kind == 'none' and 'XX' or 'NX')
if type(refused) ~= 'table' or not refused['err'] then refused = nil end
local text = false
local odd = false
if kind == 'string' then
  local bytes = redis.call('STRLEN', KEYS[1])
  if bytes > tonumber(ARGV[1]) then odd = bytes .. ' bytes' else text = redis.call('GET', KEYS[1]) end
elseif kind ~= 'none' then odd = 'a ' .. kind end
`;

/**
 * Answers {'read', nowMs, text or false, what it is else or false}. ARGV[2]: '1' to be told that memory or disk are full as well, which a
 * read does not mind.
 */
export const READ = `${BEGIN}
if refused then
  local err = refused['err']
  local full = string.find(err, 'OOM', 1, true) or string.find(err, 'MISCONF', 1, true)
  if ARGV[2] == '1' or not full then return refused end
end
return {'read', nowText, text, odd}
`;

/**
 * Answers {outcome, nowMs, text that stands, what it is else}; outcome `set`, `own` (this write stands already), `lost` or `foreign`.
 * ARGV: 2 service, 3 generation, 4 writer, 5 and 6 the document before and after its lease, 7 length of the lease in ms or '', 8 generation that it follows.
 * WAIT after it waits for all that Redis had written by then, so also for a write of ours that another connection made.
 */
export const WRITE = `${BEGIN}
if refused then return refused end
if odd then return {'foreign', nowText, false, odd} end
local generation = 0
if text then
  local isJson, stored = pcall(cjson.decode, text)
  if not isJson or type(stored) ~= 'table' or stored['schema'] ~= 1 or stored['service'] ~= ARGV[2] then
    return {'foreign', nowText, text, false}
  end
  generation = stored['generation']
  local isWhole = type(generation) == 'number' and generation >= 1 and generation <= 9007199254740991
  -- Redis's JSON also reads 0x1, which nobody else does: the number must stand there as it is.
  if not isWhole or not string.find(text, string.format('"generation"%%s*:%%s*%.0f%%s*[,}]', generation)) then
    return {'foreign', nowText, text, false}
  end
  if generation == tonumber(ARGV[3]) and stored['writer'] == ARGV[4] then return {'own', nowText, text, false} end
end
if generation ~= tonumber(ARGV[8]) then return {'lost', nowText, text, false} end
local lease = ''
if ARGV[7] ~= '' then lease = string.format('%.0f', now + tonumber(ARGV[7])) end
text = ARGV[5] .. lease .. ARGV[6]
redis.call('SET', KEYS[1], text)
return {'set', nowText, text, false}
`;
