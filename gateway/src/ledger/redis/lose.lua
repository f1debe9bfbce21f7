-- This leader is gone, having sent what may have been executed: as if its lease were over.
local id, token = unpack(ARGV)
local entry = load(id)
if entry and entry.state == 'claimed' and entry.token == token then
  lose(entry)
end
return reply(describe(age(entry)))
