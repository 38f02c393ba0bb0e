package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// page is a page of the documentation, read as a story: files to write and commands to type, in their order.
type page struct {
	path   string // relative to the repository's root
	steps  []step
	spans  []string // commands in the running text, between backquotes
	notRun []string // the reasons of blocks that the page itself says can't be run by a test
	links  []string // relative links
}

// step is one thing that a page has a reader do. A heading begins afresh: files that were written are gone.
type step struct {
	line    int
	heading string
	file    string // to write
	text    string
	command string // to type
	code    int    // that it must end with: a trailing "# exits N" says so
	console bool   // its output stands in the page, "…" for what changes
	output  string
}

var (
	exitComment = regexp.MustCompile(`\s+# exits (\d+)$`)
	codeSpan    = regexp.MustCompile("`([^`]+)`")
	pageLink    = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	notRunMark  = regexp.MustCompile(`^<!-- not run by the tests: (.+) -->$`)
)

// readPage reads a page. Blocks of sh and console hold commands; a block with a file name behind its language is that file;
// one of yaml is runner.yaml.
func readPage(root, path string) (page, error) {
	p := page{path: path}
	text, err := os.ReadFile(root + "/" + path)
	if err != nil {
		return p, err
	}
	lines := strings.Split(string(text), "\n")
	mark := ""
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		info, fenced := strings.CutPrefix(line, "```")
		switch found := notRunMark.FindStringSubmatch(line); {
		case found != nil:
			mark = found[1]
			p.notRun = append(p.notRun, path+": "+mark)
			continue
		case fenced:
			end := i + 1
			for end < len(lines) && lines[end] != "```" {
				end++
			}
			if end == len(lines) {
				return p, fmt.Errorf("%s:%d: the block has no end", path, i+1)
			}
			if mark == "" {
				p.block(info, i+2, lines[i+1:end])
			}
			mark, i = "", end
		case strings.HasPrefix(line, "#"):
			p.steps = append(p.steps, step{line: i + 1, heading: strings.TrimLeft(line, "# ")})
		default:
			p.prose(line)
		}
	}
	return p, nil
}

func (p *page) prose(line string) {
	for _, m := range codeSpan.FindAllStringSubmatch(line, -1) {
		p.spans = append(p.spans, m[1])
	}
	for _, m := range pageLink.FindAllStringSubmatch(line, -1) {
		p.links = append(p.links, m[1])
	}
}

func (p *page) block(info string, line int, lines []string) {
	language, file, _ := strings.Cut(info, " ")
	if language == "yaml" && file == "" {
		file = "runner.yaml"
	}
	switch {
	case file != "":
		p.steps = append(p.steps, step{line: line, file: file, text: strings.Join(lines, "\n") + "\n"})
	case language == "sh":
		for i, l := range lines {
			if l = strings.TrimSpace(l); l != "" && l[0] != '#' {
				p.steps = append(p.steps, newCommand(line+i, l))
			}
		}
	case language == "console":
		for i, l := range lines {
			if command, ok := strings.CutPrefix(l, "$ "); ok {
				s := newCommand(line+i, command)
				s.console = true
				p.steps = append(p.steps, s)
			} else if last := len(p.steps) - 1; i > 0 {
				p.steps[last].output += l + "\n"
			}
		}
	}
}

func newCommand(line int, text string) step {
	s := step{line: line, command: text}
	if m := exitComment.FindStringSubmatch(text); m != nil {
		s.command = strings.TrimSuffix(text, m[0])
		s.code, _ = strconv.Atoi(m[1]) // digits, by the expression
	}
	return s
}

// matches compares an output with what a page says of it: "…" stands for any text, a line of it alone for any lines.
func (s step) matches(output string) bool {
	var b strings.Builder
	b.WriteString("^")
	for line := range strings.Lines(s.output) {
		if line == "…\n" {
			b.WriteString(`(?:.*\n)*?`)
		} else {
			b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*"))
		}
	}
	b.WriteString("$")
	return regexp.MustCompile(b.String()).MatchString(output)
}

// stands are words that a command line has in the place of a value, with a value of examples/mixed.
var stands = map[string]string{
	"ID": "tests/integration/test_files.py::test_notes_from_a_file", "PATH": "tests/integration/test_files.py", "NAME": "unit", "DIR": "web",
	"FILE": "written-by-a-test", "EVENTS": "runner-results/events.jsonl", "REGEX": "escape", "N": "2", "D": "10m", "COMMAND": "list",
	"CATEGORY": "integration", "TOOL": "go", "TEST": "test_notes_from_a_file", "ARGS": "", "CMD": "true",
}

var standing = regexp.MustCompile(`\b[A-Z]{1,}\b`)

// filled puts values in the place of the words that stand for them. A word that nothing is known of stays, and fails.
func filled(command string) string {
	return standing.ReplaceAllStringFunc(command, func(word string) string {
		if value, ok := stands[word]; ok {
			return value
		}
		return word
	})
}
