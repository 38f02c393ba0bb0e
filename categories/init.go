package categories

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"testrunner/report/event"
)

// Init writes a commented runner.yaml that says what discovery found: loading with it selects the very same suites,
// files and tests as loading without. Every line in it that is no comment is a default or a suite's own place, so that
// each can be edited by itself. enabled are the services of the compose file that are assumed to be needed.
func Init(c *Catalog, enabled []string) ([]byte, error) {
	if c.Config != "" {
		return nil, &UsageError{Msg: fmt.Sprintf("there is a configuration already: %s", c.Config), Suggestion: "runner list"}
	}
	w := initWriter{enabled: enabled}
	w.line("# What runner found in this repository. Tests are discovered as without this file; it is here to be edited:")
	w.line("# what it says comes before what discovery finds. Paths are relative to this file's folder. A key that would do")
	w.line("# nothing, or that is misspelt, is an error with its line.")
	w.line("version: 1")
	w.line("")
	w.line("# The order in which categories run. Without it, what took longest the last time starts first.")
	var names []string
	for _, each := range c.Categories {
		names = append(names, plain(each.Name))
	}
	w.line("# order: [%s]", strings.Join(names, ", "))
	w.line("")
	if len(c.Compose) > 0 {
		w.line("# The file that describes the services. What it can't say of them goes below services, where they run below environments.")
		w.line("compose: [%s]", listed(c.Compose))
		w.line("")
	}
	w.categories(c)
	w.line("")
	w.line("# Names for several categories. unit_integration (unit and integration) is built in.")
	w.line("# groups:")
	w.line("#   fast: [unit, integration]")
	w.line("")
	w.suites(c)
	w.findings(c)
	return []byte(w.b.String()), nil
}

type initWriter struct {
	b       strings.Builder
	enabled []string
}

func (w *initWriter) line(format string, args ...any) {
	fmt.Fprintf(&w.b, format, args...)
	w.b.WriteByte('\n')
}

func (w *initWriter) categories(c *Catalog) {
	w.line("# Keys of a category: paths (test files that belong to it whatever their folder is called), timeout, critical,")
	w.line("# exclusive (its jobs run alone), needs (services), stubs and modes. A category of your own is a new name here, with paths.")
	w.line("categories:")
	for _, each := range c.Categories {
		w.line("  %s:", plain(each.Name))
		w.line("    # %s", counted(each.homeFiles(), "file"))
		for _, s := range each.Suites {
			w.line("    # %s:", comment(s.Name))
			for _, r := range reasons(s) {
				w.line("    #   %d × %s: %s", len(r.Files), comment(r.Why), comment(r.Files[0]))
			}
		}
		if each.Need.Assumed && len(w.enabled) > 0 {
			w.line("    needs: [%s] # %s: every service without a profile", listed(w.enabled), comment(each.Need.Why))
		}
		if each.Critical {
			w.line("    critical: true # its absence is accepted only by --allow-not-run")
		} else {
			w.line("    # critical: true")
		}
		w.line("    # paths: [\"%s/**\"]", "tests/"+each.Name)
		w.line("    # timeout: 10m")
		w.line("    # exclusive: true")
	}
}

// suites writes one suite for each project of each tool. Without a category each file stays where it is.
func (w *initWriter) suites(c *Catalog) {
	found := projectsOf(c)
	w.line("# Keys of a suite: tool, dir (working directory), category, paths, args, env, timeout, exclusive, split; writes (its")
	w.line("# tests write: not run in staging); tags (go), markers (pytest), command and reports (tool junit: any command that")
	w.line("# writes JUnit files).")
	if len(found) == 0 {
		w.line("# suites:")
	} else {
		w.line("suites:")
	}
	for _, p := range found {
		w.line("  %s: # found by %s", plain(p.name), comment(p.why))
		w.line("    tool: %s", plain(p.tool))
		w.line("    dir: %s", plain(p.dir))
		w.line("    # args: []")
		w.line("    # env: {NAME: value}")
	}
	w.line("#  acceptance:")
	w.line("#    tool: junit")
	w.line("#    category: e2e")
	w.line("#    command: make acceptance")
	w.line("#    reports: [\"build/**/*.xml\"]")
}

func (w *initWriter) findings(c *Catalog) {
	for _, f := range c.Findings {
		if f.Status != event.OK {
			w.line("# %s: %s", f.Status, comment(f.Detail))
		}
	}
}

// found is a project that holds tests.
type found struct{ tool, dir, why, name string }

// projectsOf are the projects that the catalog's suites come from, in the order of the tools, then by folder.
func projectsOf(c *Catalog) []found {
	var out []found
	several := map[string]int{}
	for _, each := range c.Categories {
		for _, s := range each.Suites {
			if s.Target.Contract != nil {
				continue // it is not found, but written
			}
			f := found{tool: s.Tool, dir: s.Target.Dir, why: s.Why}
			if !slices.ContainsFunc(out, func(o found) bool { return o.tool == f.tool && o.dir == f.dir }) {
				out = append(out, f)
				several[f.tool]++
			}
		}
	}
	slices.SortFunc(out, func(a, b found) int {
		if c := slices.Index(c.Tools, a.tool) - slices.Index(c.Tools, b.tool); c != 0 {
			return c
		}
		return strings.Compare(a.dir, b.dir)
	})
	for i := range out {
		out[i].name = out[i].tool
		if several[out[i].tool] > 1 {
			out[i].name += ":" + out[i].dir
		}
	}
	return out
}

// listed writes names as the items of a YAML list.
func listed(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = plain(n)
	}
	return strings.Join(out, ", ")
}

// comment makes a text fit for a YAML comment.
func comment(text string) string { return oneLine(text) }

var plainWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_/-]*$`)

// plain writes a text as YAML: as it is where that can't mean anything else, else in quotes, as JSON has them.
func plain(text string) string {
	if plainWord.MatchString(text) && !slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, strings.ToLower(text)) {
		return text
	}
	quoted, err := json.Marshal(text)
	if err != nil { // a string can always be written
		return "\"\""
	}
	return string(quoted)
}
