-- What every script begins with. KEYS[1] is the name of the ledger; all that belongs to it is named below it:
--
--   NAME:epoch     hash    id: the epoch of the records; serial: changes of unsafe keys, counted; touched: see touch()
--   NAME:room      string  bytes that claims and records take
--   NAME:due       zset    every known key, by the moment at which its state ends
--   NAME:key:ID    hash    state     'claimed', 'settled' or 'lost'
--                          due       when the state ends: the lease, the record, the memory of a lost claim
--                          token     whose claim it is; empty when nobody's answer is expected any more
--                          fingerprint, names, repeat, configuration    of the request
--                          unknown, life   what a lost leader means, and how long that stands
--                          again     when a leader was lost before this one: how long that was to be remembered; else '0'
--                          bytes     what it takes from the room
--                          record, settled   the end of the outcall, and when it was recorded
--                          sure      '1' when the record is known to be on stable storage
--   NAME:ended     channel of the IDs whose claims have ended, in whichever way
--
-- All times are milliseconds of this server's own clock.

local name = KEYS[1]
-- What a key takes beside an answer (limits::RECORD_OVERHEAD_BYTES).
local overhead = 1024
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function key(id)
  return name .. ':key:' .. id
end

-- What is known of a key but for its record, or nil.
local function load(id)
  local fields = { 'state', 'due', 'token', 'fingerprint', 'names', 'repeat', 'configuration', 'life', 'again', 'bytes', 'sure' }
  local values = redis.call('HMGET', key(id), unpack(fields))
  if not values[1] then
    return nil
  end
  local entry = { id = id }
  for i, field in ipairs(fields) do
    entry[field] = values[i]
  end
  entry.due, entry.bytes = tonumber(entry.due), tonumber(entry.bytes)
  return entry
end

-- Writes fields of a key, and the moment at which its state ends.
local function store(entry, due, fields)
  for field, value in pairs(fields) do
    entry[field] = value
  end
  entry.due = due
  local flat = { 'due', due }
  for field, value in pairs(fields) do
    table.insert(flat, field)
    table.insert(flat, value)
  end
  redis.call('HSET', key(entry.id), unpack(flat))
  redis.call('ZADD', name .. ':due', due, entry.id)
end

local function count_if_unsafe(entry)
  if entry['repeat'] == 'never' then
    redis.call('HINCRBY', name .. ':epoch', 'serial', 1)
  end
end

local function take_room(bytes)
  if bytes ~= 0 then
    redis.call('INCRBY', name .. ':room', bytes)
  end
end

-- Deletes first: without memory a server lets a script grow only what follows a deletion.
local function forget(entry)
  redis.call('DEL', key(entry.id))
  redis.call('ZREM', name .. ':due', entry.id)
  take_room(-entry.bytes)
end

-- A claim that was given up takes none of the room.
local function give_room_back(entry)
  take_room(-entry.bytes)
  return 0
end

local function tell(entry)
  redis.call('PUBLISH', name .. ':ended', entry.id)
end

-- The claim has an end: from now on every replica gets this.
local function settle(entry, token, record, life, bytes)
  local more = bytes - entry.bytes
  store(entry, now + life, { state = 'settled', token = token, record = record, settled = now, bytes = bytes })
  redis.call('HDEL', key(entry.id), 'unknown', 'configuration', 'again')
  take_room(more)
  count_if_unsafe(entry)
  tell(entry)
end

-- Nobody will ever know what became of it.
local function settle_as_unknown(entry)
  local unknown = redis.call('HGET', key(entry.id), 'unknown')
  settle(entry, '', unknown, entry.life, math.min(entry.bytes, #unknown + overhead))
end

-- The leader is gone: what must not be repeated is unknown from now on, the rest may be led again for a while.
local function lose(entry)
  if entry['repeat'] == 'never' then
    settle_as_unknown(entry)
  else
    store(entry, now + entry.life, { state = 'lost', token = '', bytes = give_room_back(entry) })
    tell(entry)
  end
end

-- Does what time has done to a key: a lease that is over means a lost leader; the rest is forgotten when it is due.
local function age(entry)
  if entry and entry.due <= now then
    if entry.state ~= 'claimed' then
      forget(entry)
      return nil
    end
    lose(entry)
  end
  return entry
end

-- Ages the keys that are due, `most` of them at the most.
local function sweep(most)
  local ids = redis.call('ZRANGEBYSCORE', name .. ':due', '-inf', now, 'LIMIT', 0, most)
  for _, id in ipairs(ids) do
    local entry = load(id)
    if entry then
      age(entry)
    else
      -- Deleted by somebody else: it must not be due for ever.
      redis.call('ZREM', name .. ':due', id)
    end
  end
  return #ids
end

-- Changes something, so that whoever waits for what this connection has changed waits for all that was changed before.
local function touch()
  redis.call('HINCRBY', name .. ':epoch', 'touched', 1)
end

-- What a waiting replica has to know of a key. Of a record that must not be lost also whether it may still be.
local function describe(entry)
  if not entry then
    return { 'absent' }
  elseif entry.state == 'settled' then
    local rest = redis.call('HMGET', key(entry.id), 'record', 'settled')
    local unsure = entry['repeat'] == 'never' and entry.sure ~= '1'
    return { 'settled', rest[1], tonumber(rest[2]), entry.due, entry.token, unsure and 1 or 0 }
  elseif entry.state == 'claimed' then
    return { 'claimed', math.max(entry.due - now, 0) }
  end
  return { 'lost' }
end

-- Every reply says first what the gateways keep an eye on.
local function reply(verdict)
  local epoch = redis.call('HMGET', name .. ':epoch', 'id', 'serial')
  local bytes = redis.call('GET', name .. ':room')
  local keys = redis.call('ZCARD', name .. ':due')
  return { now, epoch[1] or '', tonumber(epoch[2] or 0), tonumber(bytes or 0), keys, verdict }
end
