-- Claims a key, or says what it is worth. A claim that is repeated under its own token is the same claim. Nothing is
-- written but for a new claim and for what time has done, so that what is known is known to a server that cannot write.
local id, token, fingerprint, names, repeats, configuration, unknown = unpack(ARGV, 1, 7)
local life, bytes, room = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local lease, most = tonumber(ARGV[11]), tonumber(ARGV[12])
local epoch, serial = ARGV[13], tonumber(ARGV[14])

-- Whether the server still has all that this gateway has seen on it. The others have to know of a loss too.
local function nothing_was_lost()
  local found = redis.call('HMGET', name .. ':epoch', 'id', 'serial')
  local current, count = found[1], tonumber(found[2] or 0)
  if current and (current < epoch or (current == epoch and count < serial)) then
    redis.call('HDEL', name .. ':epoch', 'id')
    return false
  end
  return current == epoch
end

-- Takes more of the room, if it is there, or if what is due gives it back.
local function room_for(more)
  sweep(most)
  if tonumber(redis.call('GET', name .. ':room') or 0) + more > room then
    sweep(most * 64)
    if tonumber(redis.call('GET', name .. ':room') or 0) + more > room then
      return false
    end
  end
  take_room(more)
  return true
end

local function led(entry)
  return reply({ 'lead', entry.again == '0' and 0 or 1 })
end

local function lead(entry)
  store(entry, now + lease, {
    state = 'claimed', token = token, fingerprint = fingerprint, names = names, ['repeat'] = repeats,
    configuration = configuration, unknown = unknown, life = life, bytes = bytes, again = entry.again or '0',
  })
  count_if_unsafe(entry)
  return led(entry)
end

local entry = age(load(id))
if not entry then
  if repeats == 'never' and not nothing_was_lost() then
    return reply({ 'forgotten' })
  end
  if not room_for(bytes) then
    return reply({ 'full' })
  end
  return lead({ id = id })
elseif entry.names ~= names then
  return reply({ 'names', entry.names })
elseif entry.fingerprint ~= fingerprint then
  return reply({ 'conflict' })
elseif entry.state == 'claimed' and entry.token == token then
  return led(entry)
elseif entry.state ~= 'lost' then
  return reply(describe(entry))
elseif entry['repeat'] == 'configuration' and entry.configuration ~= configuration then
  -- Whether the upstream of this configuration honours the key is not known.
  settle_as_unknown(entry)
  return reply(describe(entry))
elseif not room_for(bytes - entry.bytes) then
  return reply({ 'full' })
end
entry.again = entry.due
return lead(entry)
