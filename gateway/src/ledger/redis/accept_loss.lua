-- An operator knows that records are missing, and wants unsafe requests to be led again: a new epoch begins. Later
-- epochs have greater IDs, also when the clock was set back, so that no gateway takes a restored older one for it.
local former = redis.call('HGET', name .. ':epoch', 'id') or '0'
local from = math.max(now, tonumber(string.match(former, '^%d+')) + 1)
redis.call('HSET', name .. ':epoch', 'id', string.format('%015d-%s', from, ARGV[1]))
return reply({ 'done' })
