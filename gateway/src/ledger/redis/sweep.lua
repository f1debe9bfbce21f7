-- Ages what is due, a bounded number of keys. Says how many there were.
return reply({ 'swept', sweep(tonumber(ARGV[1])) })
