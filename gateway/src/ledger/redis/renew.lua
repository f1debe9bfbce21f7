-- Prolongs the leases of a gateway's claims: pairs of ID and token. Says which of them are not its own any more.
local lease = tonumber(ARGV[1])
local fenced = {}
for i = 2, #ARGV, 2 do
  local entry = load(ARGV[i])
  if entry and entry.state == 'claimed' and entry.token == ARGV[i + 1] then
    store(entry, now + lease, {})
  else
    table.insert(fenced, ARGV[i])
  end
end
return reply({ 'renewed', fenced })
