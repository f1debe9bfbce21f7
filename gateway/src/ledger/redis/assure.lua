-- What became of a key, for a gateway that waits until it is on stable storage.
touch()
return reply(describe(age(load(ARGV[1]))))
