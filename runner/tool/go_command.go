package tool

import (
	"fmt"
	"strings"
)

// Command is `go test -json` over the target's packages, each by name and not by "./...": that would also run those of
// other categories. Packages without tests are named too, where the whole module is asked for: go builds them.
//
// It reads the test files where the names of tests must be known beforehand: for a filter, and where the test binary
// of a package holds files of other categories too.
func (Go) Command(t Target) (Command, error) {
	j, err := newGoJob(t, goLimit())
	if err != nil {
		return Command{}, fmt.Errorf("suite %s: %w", t.Suite, err)
	}
	if len(j.dirs) == 0 {
		return Command{}, fmt.Errorf("suite %s: no Go package to test in %s", t.Suite, t.Dir)
	}
	program := t.Program
	if program == "" {
		program = "go"
	}
	c := Command{
		Argv: []string{program, "test"}, Channel: Stdout,
		Dump: Dump{Signal: "QUIT", To: "children"}, // the test binaries: go test hands a QUIT on badly, and what a test has started is not asked
	}
	if t.Debug {
		c.Argv = append(c.Argv, "-v", "-count=1")
		c.Channel = NoChannel
	} else {
		// Named though it is the default: it wins over a -v in GOFLAGS, which makes the stream untrustworthy.
		c.Argv = append(c.Argv, "-json", "-v=test2json")
	}
	if t.Served && !t.Debug && !j.args.hasCount {
		// go's cache knows files and variables, and not what a service answers: at an address that is the same again
		// (staging, a kept set, a fixed port) it says "passed" of tests that would fail by now.
		c.Argv = append(c.Argv, "-count=1")
	}
	if t.Share > 0 && t.Share < t.Cores && !j.args.hasP {
		c.Argv = append(c.Argv, "-p", fmt.Sprint(t.Share))
	}
	if tags := j.tags(); len(tags) > 0 {
		c.Argv = append(c.Argv, "-tags", strings.Join(tags, ","))
	}
	if j.run != "" {
		c.Argv = append(c.Argv, "-run", j.run)
	}
	// The packages stand before the user's arguments: behind a flag that go does not know they would go to the test.
	for _, dir := range j.dirs {
		c.Argv = append(c.Argv, goArgument(t.Dir, dir))
	}
	c.Argv = append(c.Argv, j.args.rest...)
	return c, nil
}

// goArgument is the folder as go test takes it in the working directory: "./x/y", ".".
func goArgument(base, dir string) string {
	if below := goBelow(base, dir); below != "." {
		return "./" + below
	}
	return "."
}

// goBelow is dir relative to base, both relative to the root; "." where they are one.
func goBelow(base, dir string) string {
	if base == "." || base == "" {
		return dir
	}
	if dir == base {
		return "."
	}
	return strings.TrimPrefix(dir, base+"/")
}
