-- Records the end of an outcall, if the claim is still this leader's: otherwise says what stands in its place.
local id, token, record = unpack(ARGV, 1, 3)
local life, bytes = tonumber(ARGV[4]), tonumber(ARGV[5])

-- Not aged before: as long as nobody has noticed that the lease is over, nobody was told that the leader is lost.
local entry = load(id)
if entry and entry.state == 'claimed' and entry.token == token then
  settle(entry, token, record, life, bytes)
  return reply({ 'recorded', now, entry.due })
end
return reply(describe(age(entry)))
