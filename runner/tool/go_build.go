package tool

import (
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"testrunner/report/event"
)

// goPlace is a position in the output of the compiler, vet or go itself: "x/a_test.go:4:5: text".
var goPlace = regexp.MustCompile(`^(?:vet: )?((?:[A-Za-z]:)?[^:\s][^:]*\.(?:go|mod|work|s|c|h)):(\d+)(?::(\d+))?: ?(.*)$`)

// goSection is one "# PKG" header of a build's output and what follows it.
type goSection struct {
	header string // without "# "; "" is what stands before the first header
	out    goOutput
}

// goBuilds gathers the output of builds. A package whose build failed names the build by FailedBuild, which need not
// be the package's own: of a missing import it is the import, for every package that wants it.
type goBuilds map[string][]*goSection

// maxGoSections bounds the headers that are kept of one build.
const maxGoSections = 1000

func (b goBuilds) add(importPath, text []byte) {
	sections := b[string(importPath)]
	if header, ok := strings.CutPrefix(string(text), "# "); ok && len(sections) < maxGoSections {
		sections = append(sections, &goSection{header: strings.TrimSpace(header)})
	} else if len(sections) == 0 {
		sections = append(sections, &goSection{})
	}
	s := sections[len(sections)-1]
	s.out.add(text)
	b[string(importPath)] = sections
}

// addPlain reads the form in which go before 1.24 tells builds: text on stderr, without a name for the build.
func (b goBuilds) addPlain(stderr string) {
	importPath := ""
	for line := range strings.Lines(stderr) {
		if header, ok := strings.CutPrefix(line, "# "); ok {
			importPath = goHeaderPackage(strings.TrimSpace(header))
		}
		if importPath != "" {
			b.add([]byte(importPath), []byte(line))
		}
	}
}

// goHeaderPackage is the package of a header: of "PKG", "PKG [PKG.test]", "PKG_test [PKG.test]", "[PKG]", "PKG.test".
func goHeaderPackage(header string) string {
	if _, test, ok := strings.Cut(header, " ["); ok {
		return strings.TrimSuffix(strings.TrimSuffix(test, "]"), ".test")
	}
	header = strings.TrimSuffix(strings.TrimPrefix(header, "["), "]")
	return strings.TrimSuffix(strings.TrimSuffix(header, ".test"), "_test")
}

// of picks the sections that tell why this package could not be built: its own, else all of the build's.
func (b goBuilds) of(pkg, failedBuild string) []*goSection {
	all := b[failedBuild]
	var own []*goSection
	for _, s := range all {
		if goHeaderPackage(s.header) == pkg || s.header == pkg {
			own = append(own, s)
		}
	}
	if len(own) > 0 {
		return own
	}
	return all
}

// goBroken makes the one collection error of a package whose build failed.
//
// Its path is the file to blame where that is one of the package's own. A broken dependency may cost many packages, and
// each of them is an error of its own, so there the path is the package's folder and the message names the file.
func (d *goDecoder) goBroken(p *goPackage, sections []*goSection) event.CollectionFailed {
	broken := event.CollectionFailed{Job: d.job.target.Job, Path: p.dir, Class: p.path, Reason: p.kind()}
	var detail, first string
	vet, compile := false, false // vet's findings stand under "# [PKG]", below an empty "# PKG"
	for _, s := range sections {
		text := s.out.String()
		detail += text
		if strings.HasPrefix(s.header, "[") {
			vet = true
		} else {
			compile = compile || strings.Count(text, "\n") > 1
		}
	}
	if vet && !compile {
		broken.Reason = "vet"
	}
	for line := range strings.Lines(detail) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "# ") || strings.TrimSpace(line) == "" {
			continue
		}
		if first == "" || strings.HasSuffix(line, "import cycle not allowed in test") || strings.HasSuffix(line, "import cycle not allowed") {
			first = strings.TrimSpace(line)
		}
		m := goPlace.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		file := d.file(m[1])
		broken.Message = strings.TrimSuffix(m[4], "; to add it:")
		if path.Dir(file) == p.dir {
			broken.Path = file
			broken.Line, _ = strconv.Atoi(m[2])
			broken.Column, _ = strconv.Atoi(m[3])
		} else {
			broken.Message = m[1] + ":" + m[2] + ": " + broken.Message
		}
		break
	}
	if broken.Message == "" {
		broken.Message = first
	}
	if broken.Message == "" {
		broken.Message = event.FirstLine(p.out.String())
	}
	broken.Detail = event.Capped(detail, event.Cap)
	return broken
}

// file turns a path that go printed, relative to the working directory or absolute, into one relative to the root.
func (d *goDecoder) file(name string) string {
	if filepath.IsAbs(name) {
		rel, err := filepath.Rel(d.job.target.Root, name)
		if err != nil {
			return filepath.ToSlash(name)
		}
		return filepath.ToSlash(rel)
	}
	return path.Join(d.job.target.Dir, filepath.ToSlash(name))
}

// goStack is a frame of a Go stack trace: "\t/src/x/a_test.go:12 +0x1d".
var goStack = regexp.MustCompile(`(?m)^\t(.+\.go):(\d+)(?: \+0x[0-9a-f]+)?\r?$`)

// failedPackage makes the collection error of a package that failed, or ended, without a failing test: TestMain, an
// init function, a panic outside of the tests.
func (d *goDecoder) failedPackage(p *goPackage, message string) event.CollectionFailed {
	output := p.out.String()
	broken := event.CollectionFailed{
		Job: d.job.target.Job, Path: p.dir, Class: p.path, Reason: "package",
		Message: message, Detail: event.Capped(output, event.Cap),
	}
	for _, m := range goStack.FindAllStringSubmatch(output, -1) {
		if file := d.file(m[1]); path.Dir(file) == p.dir {
			broken.Path = file
			broken.Line, _ = strconv.Atoi(m[2])
			break
		}
	}
	return broken
}

// refused concludes for a go command that never came to a package: a broken go.mod or go.work, a toolchain that is not
// there, an argument that it does not take. All that it says is on stderr.
func (d *goDecoder) refused(exit Exit) Conclusion {
	words := goWords(exit.Stderr)
	first := event.FirstLine(words)
	switch {
	case first == "":
		return Conclusion{Cause: event.Crashed, Problem: "go test ended with status " + strconv.Itoa(exit.Code) + " and no word", Detail: exit.Stderr}
	case goIsUsage(words):
		return Conclusion{Cause: event.BadUsage, Problem: first, Detail: exit.Stderr}
	}
	broken := event.CollectionFailed{
		Job: d.job.target.Job, Path: path.Join(d.job.target.Dir, "go.mod"), Class: d.job.module, Reason: "error",
		Message: strings.TrimPrefix(first, "go: "), Detail: event.Capped(exit.Stderr, event.Cap),
	}
	for line := range strings.Lines(words) {
		m := goPlace.FindStringSubmatch(strings.TrimPrefix(strings.TrimSpace(line), "go: "))
		if m == nil || !strings.HasSuffix(m[1], "go.mod") && !strings.HasSuffix(m[1], "go.work") {
			continue
		}
		broken.Path, broken.Message = d.file(m[1]), m[4]
		broken.Line, _ = strconv.Atoi(m[2])
		break
	}
	d.emit(broken)
	// The status agrees with what go said, and it said all: the error is the module's, not a crash.
	return Conclusion{Cause: event.Done}
}

// goWords is stderr without the lines of progress.
func goWords(stderr string) string {
	var b strings.Builder
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "go: downloading ") && !strings.HasPrefix(line, "go: finding ") && !strings.HasPrefix(line, "go: warning: ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// goIsUsage tells whether go refused its command line.
func goIsUsage(words string) bool {
	for _, mark := range []string{
		"flag provided but not defined", "invalid value", "usage: go test", "flag needs an argument", "Run 'go help",
		"can't be used with", "cannot use -", "requires cgo", "-race is only supported", "-race is not supported",
	} {
		if strings.Contains(words, mark) {
			return true
		}
	}
	return false
}
