-- What became of a key that somebody else leads.
return reply(describe(age(load(ARGV[1]))))
