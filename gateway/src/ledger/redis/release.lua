-- This leader has sent nothing and will not: the claim was never made.
local id, token = unpack(ARGV)
local entry = load(id)
if entry and entry.state == 'claimed' and entry.token == token then
  if entry.again == '0' then
    forget(entry)
  else
    store(entry, tonumber(entry.again), { state = 'lost', token = '', bytes = give_room_back(entry) })
  end
  tell(entry)
end
return reply({ 'done' })
