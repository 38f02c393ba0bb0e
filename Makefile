.PHONY: build test lint bench fuzz cross kill-trials side-by-side demo record windows
build:; scripts/build
test:; scripts/test
lint:; scripts/lint
bench:; scripts/bench
fuzz:; scripts/fuzz
cross:; scripts/cross
kill-trials:; scripts/kill-trials
side-by-side:; scripts/side-by-side
demo:; scripts/demo
record:; scripts/record
windows:; scripts/windows go
