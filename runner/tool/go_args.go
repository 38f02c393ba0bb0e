package tool

import (
	"fmt"
	"slices"
	"strings"
)

// goArgs is what the adapter must know of the arguments that go on to go test.
type goArgs struct {
	tags     []string // -tags: joined with the suite's own, since go takes the last -tags alone
	skip     string   // -skip
	failfast bool
	hasP     bool
	hasCount bool
	rest     []string // without -tags
}

// goReadArgs reads the arguments up to -args. It refuses those that would make the report untrue, with the way out.
func goReadArgs(args []string) (goArgs, error) {
	var out goArgs
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return out, fmt.Errorf("go test argument %q: packages are chosen by path, before --: runner %s", args[0], args[0])
	}
	for i := 0; i < len(args); i++ {
		name, value, hasValue, ok := goFlag(args[i])
		if name == "args" {
			out.rest = append(out.rest, args[i:]...)
			break
		}
		if why, bad := goRefused(name, value); ok && bad {
			return out, fmt.Errorf("go test argument %s: %s", args[i], why)
		}
		from := i
		if ok && !hasValue && goTakesValue(name) && i+1 < len(args) {
			i++
			value = args[i]
		}
		switch name {
		case "tags":
			out.tags = append(out.tags, strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })...)
			continue
		case "skip":
			out.skip = value
		case "failfast":
			out.failfast = value != "false"
		case "p":
			out.hasP = true
		case "count":
			out.hasCount = true
		}
		out.rest = append(out.rest, args[from:i+1]...)
	}
	return out, nil
}

// goFlag reads "-name", "--test.name=value"; ok is false for what is no flag.
func goFlag(arg string) (name, value string, hasValue, ok bool) {
	if len(arg) < 2 || arg[0] != '-' {
		return "", "", false, false
	}
	name, value, hasValue = strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
	return strings.TrimPrefix(name, "test."), value, hasValue, true
}

// goRefused says why a flag can't go on to go test.
func goRefused(name, value string) (why string, refused bool) {
	switch name {
	case "v":
		if value == "test2json" || value == "false" {
			return "", false
		}
		return "with -json it lets a line that a test prints pass for a result; runner -v shows each test", true
	case "json":
		return "runner reads that stream itself and writes it to events.jsonl", true
	case "run":
		return "what it leaves out would look lost; name tests with runner -k REGEX or runner PATH::TestName", true
	case "list", "c", "n", "i":
		return "with it go test runs no test", true
	case "C":
		return "a suite's folder is set by dir in runner.yaml", true
	default:
		return "", false
	}
}

// goTakesValue tells whether a flag of go test takes the next argument when it has no "=".
// Source: `go help build`, `go help test`, `go help testflag` of Go 1.26.
func goTakesValue(name string) bool {
	return slices.Contains([]string{
		"asmflags", "buildmode", "compiler", "covermode", "coverpkg", "exec", "gccgoflags", "gcflags",
		"installsuffix", "ldflags", "mod", "modfile", "o", "overlay", "p", "pgo", "pkgdir", "tags", "toolexec", "vet",
		"bench", "benchtime", "blockprofile", "blockprofilerate", "count", "coverprofile", "cpu", "cpuprofile", "fuzz",
		"fuzzminimizetime", "fuzztime", "memprofile", "memprofilerate", "mutexprofile", "mutexprofilefraction",
		"outputdir", "parallel", "shuffle", "skip", "timeout", "trace",
	}, name)
}
