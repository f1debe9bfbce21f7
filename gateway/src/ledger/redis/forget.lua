-- An operator wants this key forgotten before its time. Only what is settled is; the gateways that have its record at hand
-- are told.
local id = ARGV[1]
local entry = age(load(id))
local found = describe(entry)
if entry and entry.state == 'settled' then
  forget(entry)
  touch()
  redis.call('PUBLISH', name .. ':ended', 'forgotten:' .. id)
end
return reply(found)
