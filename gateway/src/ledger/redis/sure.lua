-- The record that this token has left is on stable storage: nobody needs to wait for that any more.
local id, token = unpack(ARGV)
local entry = load(id)
if entry and entry.state == 'settled' and entry.token == token then
  redis.call('HSET', key(id), 'sure', '1')
end
return reply({ 'done' })
