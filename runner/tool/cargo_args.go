package tool

import (
	"fmt"
	"slices"
	"strings"
)

// cargoArgs are a job's further arguments, as after `cargo test`: those for cargo, and behind "--" those for the executables.
type cargoArgs struct {
	cargo, test []string
	jobs        bool // -j is among them
}

// cargoReadArgs splits the arguments and refuses those that would take the run out of our hands, each with the way that
// runner has for it.
func cargoReadArgs(args []string) (cargoArgs, error) {
	var out cargoArgs
	out.cargo = args
	if i := slices.Index(args, "--"); i >= 0 {
		out.cargo, out.test = args[:i], args[i+1:]
	}
	for i := 0; i < len(out.cargo); i++ {
		arg := out.cargo[i]
		name, _, joined := strings.Cut(arg, "=")
		if !strings.HasPrefix(arg, "-") {
			return out, fmt.Errorf("cargo test argument %q: tests are chosen before --: runner -k %s", arg, arg)
		}
		if why := cargoRefused(name); why != "" {
			return out, fmt.Errorf("cargo test argument %s: %s", arg, why)
		}
		if name == "--jobs" || strings.HasPrefix(arg, "-j") {
			out.jobs = true
		}
		if cargoTakesValue(arg) && !joined {
			i++
		}
	}
	for i := 0; i < len(out.test); i++ {
		arg := out.test[i]
		name, _, joined := strings.Cut(arg, "=")
		if why := cargoRefusedTest(name); why != "" {
			return out, fmt.Errorf("test argument %s: %s", arg, why)
		}
		if slices.Contains([]string{"--test-threads", "--skip"}, name) && !joined {
			i++
		}
	}
	return out, nil
}

// cargoRefused says why an option can't go on to cargo; "" is none.
func cargoRefused(name string) string {
	switch name {
	case "--lib", "--bin", "--bins", "--test", "--tests", "--example", "--examples", "--bench", "--benches", "--all-targets", "--doc",
		"-p", "--package", "--workspace", "--all", "--exclude":
		return "targets are chosen by path, before --: runner PATH"
	case "--manifest-path":
		return "a suite's folder is set by dir in runner.yaml"
	case "--message-format", "--format":
		return "runner reads that stream itself and writes it to events.jsonl"
	case "--color":
		return "runner reads what cargo prints; runner --no-color is its own"
	case "--no-run":
		return "with it cargo runs no test"
	case "--no-fail-fast", "--keep-going":
		return "that is what runner always does; runner -x stops at the first failure"
	case "--help", "-h", "--version", "-V":
		return "with it cargo runs no test"
	default:
		return ""
	}
}

// cargoRefusedTest says why an option can't go on to the test executables; "" is none.
func cargoRefusedTest(name string) string {
	switch name {
	case "--list", "--help", "-h":
		return "with it an executable runs no test"
	case "--format", "-q", "--quiet", "--logfile", "--color", "-Z", "--report-time", "--ensure-time":
		return "it changes what runner reads the results from"
	case "--exact":
		return "name the tests with runner PATH::NAME, which is exact"
	case "--shuffle", "--shuffle-seed":
		return "only a nightly toolchain has it, and which test runs could not be told"
	default:
		return ""
	}
}

// cargoTakesValue says whether an option of cargo takes the next argument. Source: `cargo test --help` of cargo 1.95.
func cargoTakesValue(arg string) bool {
	return slices.Contains([]string{
		"-F", "--features", "-j", "--jobs", "--profile", "--target", "--target-dir", "--config", "-Z", "--lockfile-path",
	}, arg)
}
