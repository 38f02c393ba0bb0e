package tool

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"testrunner/runner/tool/cargodrive"
)

// TestCargoDiscover: which sources of which packages hold tests, where they belong, and why.
func TestCargoDiscover(t *testing.T) {
	const test = "#[test]\nfn t() {}\n"
	pkg := func(name string, more ...string) string {
		return "[package]\nname = \"" + name + "\"\n" + strings.Join(more, "\n")
	}
	for name, c := range map[string]struct {
		tree map[string]string
		want []string
	}{
		"workspace": {map[string]string{
			"Cargo.toml":          "[workspace]\nmembers = [\n  \"crates/*\", # all of them\n]\nexclude = [\"crates/out\"]\n",
			"crates/a/Cargo.toml": pkg("a", "[dependencies]", "deep = { path = \"../../deep\" }"), "crates/a/src/lib.rs": "mod m;\n", "crates/a/src/m.rs": test,
			"crates/out/Cargo.toml": pkg("out"), "crates/out/src/lib.rs": test,
			"deep/Cargo.toml": pkg("deep"), "deep/src/main.rs": "fn main() {}\n" + test,
			"stray/Cargo.toml": pkg("stray"), "stray/src/lib.rs": test,
		}, []string{
			". Cargo.toml [workspace]", "unit crates/a/src/lib.rs nothing matches: unit", "unit deep/src/main.rs nothing matches: unit", "finding cargo.workspace.stray stray",
			"crates/out Cargo.toml", "unit crates/out/src/lib.rs nothing matches: unit",
		}},
		"kinds": {map[string]string{
			"Cargo.toml":      pkg("x", "[[bench]]", "name = \"fast\"", "test = true", "[[test]]", "name = \"far\"", "path = \"elsewhere/far.rs\"", "[[example]]", "name = \"checked\"", "test = true"),
			"benches/fast.rs": test, "benches/slow.rs": test, "elsewhere/far.rs": test, "examples/checked.rs": test, "examples/shown.rs": "fn main() {}\n",
			"src/lib.rs": "/// ```\n/// x();\n/// ```\npub fn x() {}\n", "src/bin/tool.rs": "fn main() {}\n" + test, "src/bin/big/main.rs": "mod part;\nfn main() {}\n", "src/bin/big/part.rs": test, "src/bin/plain.rs": "fn main() {}\n",
			"tests/api.rs": "", "tests/common/mod.rs": "", "tests/e2e_login.rs": "", "tests/unit.rs": "", "tests/mission_critical/main.rs": "", "tests/e2e/main.rs": "", "tests/fixtures/Cargo.toml": pkg("f"), "tests/fixtures/src/lib.rs": test,
		}, []string{
			". Cargo.toml", "unit benches/fast.rs nothing matches: unit", "integration elsewhere/far.rs cargo's integration tests: [[test]] in Cargo.toml", "unit examples/checked.rs nothing matches: unit",
			"unit src/bin/big/main.rs nothing matches: unit", "unit src/bin/tool.rs nothing matches: unit", "unit src/lib.rs nothing matches: unit", "integration tests/api.rs cargo's integration tests: tests",
			"e2e tests/e2e/main.rs folder tests/e2e", "e2e tests/e2e_login.rs file name e2e_login.rs", "mission-critical tests/mission_critical/main.rs folder tests/mission_critical", "unit tests/unit.rs file name unit.rs",
			"beside examples/shown.rs", "beside src/bin/plain.rs",
		}},
		"switched off": {map[string]string{
			"Cargo.toml": pkg("x", "autotests = false", "[lib]", "test = false", "doctest = false"), "src/lib.rs": test, "tests/a.rs": test,
		}, nil},
		"broken": {map[string]string{"Cargo.toml": "[package\n", "src/lib.rs": test}, []string{". Cargo.toml", "finding cargo.manifest.invalid Cargo.toml"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := goWriteTree(t, c.tree)
			var got []string
			for _, p := range (Cargo{}).Discover(goTree(t, root)) {
				got = append(got, p.Dir+" "+p.Why)
				for _, f := range p.Files {
					got = append(got, f.Category+" "+f.Path+" "+f.Why)
				}
				for _, b := range p.Beside {
					got = append(got, "beside "+b)
				}
				for _, f := range p.Findings {
					got = append(got, "finding "+f.ID+" "+f.Value)
				}
			}
			if diff := goDiff(got, c.want); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCargoArguments: what goes on to cargo, what to the tests, and what is refused.
func TestCargoArguments(t *testing.T) {
	for line, want := range map[string]string{
		"--features a,b -- --nocapture": "--features a,b | --nocapture",
		"--release":                     "--release |",
		"-j 3 -- --skip slow":           "-j 3 | --skip slow",
		"some_test":                     "tests are chosen before --: runner -k some_test",
		"--test api":                    "targets are chosen by path",
		"--no-run":                      "with it cargo runs no test",
		"--message-format=short":        "runner reads that stream itself",
		"-- --exact":                    "name the tests with runner PATH::NAME",
		"-- -q":                         "it changes what runner reads the results from",
		"-- --list":                     "with it an executable runs no test",
	} {
		args, err := cargoReadArgs(strings.Fields(line))
		got := strings.TrimSpace(strings.Join(args.cargo, " ") + " | " + strings.Join(args.test, " "))
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != want || err != nil && !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

// TestCargoCheck: what is there, what is missing, and the way out.
func TestCargoCheck(t *testing.T) {
	for name, c := range map[string]struct {
		host fakeGoHost
		want string
	}{
		"nothing":        {fakeGoHost{path: map[string]string{"apt-get": "/bin/apt-get"}}, "fail tool.cargo.missing sudo apt-get install cargo-web rustc-web"},
		"nobody to ask":  {fakeGoHost{}, "fail tool.cargo.missing "},
		"does not start": {fakeGoHost{path: map[string]string{"cargo": "/bin/cargo"}}, "fail tool.cargo.broken "},
	} {
		f := (Cargo{}).Check(t.Context(), Target{Dir: "."}, c.host).Findings[0]
		if got := string(f.Status) + " " + f.ID + " " + f.Remedy; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	for version, minor := range map[string]int{"1.95.0 (f2d3ce0bd 2026-03-21)": 95, "1.66.1": 66, "2.0.0": 0, "": 0} {
		if got := cargoMinor(version); got != minor {
			t.Errorf("%q: %d, want %d", version, got, minor)
		}
	}
}

// TestCargoPlaces: where a test is written, by its path of modules.
func TestCargoPlaces(t *testing.T) {
	root := goWriteTree(t, map[string]string{
		"src/lib.rs":               "mod parser;\n#[path = \"odd/place.rs\"]\nmod elsewhere;\n\n#[test]\nfn top() {}\n",
		"src/parser.rs":            "pub(crate) mod tokens;\n\nmod tests {\n    #[test]\n    fn twin() {}\n}\n\nmod more {\n    fn twin() {}\n    fn twin_longer() {}\n}\n",
		"src/parser/tokens/mod.rs": "\n\nfn deep() {}\n", "src/odd/place.rs": "fn far() {}\n",
	})
	places := cargoPlaces{cargoModules(os.DirFS(root), "src/lib.rs")}
	for test, want := range map[string]string{
		"top": "src/lib.rs:6", "parser::tests::twin": "src/parser.rs:0", "parser::more::twin_longer": "src/parser.rs:10",
		"parser::tokens::deep": "src/parser/tokens/mod.rs:3", "elsewhere::far": "src/odd/place.rs:1", "made_by_a_macro": "src/lib.rs:0",
	} {
		file, line := places.of(test)
		if got := filepath.ToSlash(file) + ":" + strconv.Itoa(line); got != want {
			t.Errorf("%s: %s, want %s", test, got, want)
		}
	}
}

// TestCargoBelow: a name stands for itself, for the module of that name, and "doc" for all documentation tests.
func TestCargoBelow(t *testing.T) {
	for _, c := range []struct {
		test, name string
		want       bool
	}{{"a::b", "a::b", true}, {"a::b::c", "a::b", true}, {"a::bc", "a::b", false}, {"doc f (line 1)", "doc", true}, {"docs", "doc", false}} {
		if got := cargodrive.Below(c.test, c.name); got != c.want {
			t.Errorf("%s below %s: %v", c.test, c.name, got)
		}
	}
}
