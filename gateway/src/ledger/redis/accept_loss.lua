-- An operator knows that records are missing, and wants unsafe requests to be led again: a new epoch begins. Later
-- epochs have greater IDs, so that no gateway takes a restored older one for it.
local id = string.format('%015d-%s', now, ARGV[1])
redis.call('HSET', name .. ':epoch', 'id', id)
return reply({ 'done' })
