package tool

import (
	"regexp"
	"strconv"
	"strings"

	"testrunner/report/event"
)

// nodeRecord is one line of the hook's channel: hooks/node/*.cjs write it. K says which fields are there.
//
//	launcher          the process with --test has loaded the hook: Node, Run
//	file              a test process has: File, Node, Run, Script
//	plan              a test or suite is enqueued: ID, N, Path, Suite, At, Line
//	open              a test begins: ID
//	done              a test ended, and its report waits: the outcome's fields
//	report            that outcome is final: ID
//	result            a final outcome, with its fields
//	file-hook         a hook of the file itself failed: Err, Line
//	file-diagnostic   node's own line about the file: Message
//	deselected        tests left out by a filter: Count
//	uncaught          an error that no test caught: Err, Origin, Line
//	exit              process.exit: Code, Stack, Over
//	file-done         node ended the file's stream
//	file-start, -end  the launcher started a test process, or saw its end: File, Ms, Err
//	file-counted      the launcher counted the file itself as a test: File
//	out               what a test process printed: File, Message
//	diagnostic        node's own line about the run, its totals too: Message
//	end               node ended the run's stream
//	fault             an error of the hook's own: Message
type nodeRecord struct {
	P        int        `json:"p"` // process id
	K        string     `json:"k"`
	Run      string     `json:"run"`
	File     string     `json:"file"` // absolute
	Node     string     `json:"node"`
	Script   bool       `json:"script"` // checks of its own and none of node:test's: the file is one test
	ID       int        `json:"id"`     // of a test, in its process
	N        int        `json:"n"`      // which of the tests of the same path of titles, from 1
	Path     []string   `json:"path"`
	Suite    bool       `json:"suite"`
	At       string     `json:"at"` // absolute; where the test is written
	Line     int        `json:"line"`
	Passed   bool       `json:"passed"`
	Err      *nodeError `json:"err"`
	Hook     *nodeError `json:"hook"`    // the failed hook above a cancelled test
	Victims  bool       `json:"victims"` // of a suite: tests were cancelled with it
	Ms       float64    `json:"ms"`
	Skip     *string    `json:"skip"`
	Todo     *string    `json:"todo"`
	Expected bool       `json:"expected"` // passed by failing, as it said it would
	Count    int        `json:"count"`
	Code     int        `json:"code"`
	Over     bool       `json:"over"` // all tests of the file had ended
	Stack    string     `json:"stack"`
	Origin   string     `json:"origin"`
	Message  string     `json:"message"`
}

// nodeError is what a test threw, or why node failed it.
type nodeError struct {
	Failure  string `json:"failure"` // node's failureType
	Name     string `json:"name"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Stack    string `json:"stack"`
	ExitCode *int   `json:"exitCode"`
	Signal   string `json:"signal"`
}

// line is the error as one line: "TypeError: x is not a function".
func (e *nodeError) line() string {
	first := event.FirstLine(e.Message)
	switch {
	case e.Name == "" || strings.HasPrefix(first, e.Name):
		return first
	case first == "":
		return e.Name
	default:
		return e.Name + ": " + first
	}
}

// nodePlace is a position in a file; Line and Column from 1, 0 is unknown.
type nodePlace struct {
	File         string // absolute
	Line, Column int
}

// A stack's frame ends in "(FILE:LINE:COLUMN)" or "at FILE:LINE:COLUMN", where a folder may be named "(group)"; a syntax error's
// stack begins with "FILE:LINE".
var (
	nodeFrame  = regexp.MustCompile(`(?:\(|at (?:async )?)((?:file://)?(?:/|[A-Za-z]:[\\/])(?:[^()]|\([^()]*\))*?):(\d+):(\d+)\)?$`)
	nodeHeader = regexp.MustCompile(`^((?:file://)?(?:/|[A-Za-z]:[\\/]).*):(\d+)$`)
)

// nodePlaces lists the positions in a stack, in its order; node's own code and the hook's (in scratch) are left out.
func nodePlaces(stack, scratch string) []nodePlace {
	var out []nodePlace
	lines := strings.Split(stack, "\n")
	for i, line := range lines {
		line = strings.TrimRight(line, "\r ")
		p := nodePlace{}
		if m := nodeHeader.FindStringSubmatch(line); i == 0 && m != nil {
			p.File, p.Line = nodeFilePath(m[1]), nodeNumber(m[2])
			if len(lines) > 2 { // the source line, then a caret below the column
				p.Column = strings.Index(lines[2], "^") + 1
			}
		} else if m := nodeFrame.FindStringSubmatch(line); m != nil {
			p.File, p.Line, p.Column = nodeFilePath(m[1]), nodeNumber(m[2]), nodeNumber(m[3])
		} else {
			continue
		}
		if scratch == "" || !strings.HasPrefix(p.File, scratch) {
			out = append(out, p)
		}
	}
	return out
}

// nodePrinted finds the place that node prints above an error that ends it: "FILE:LINE", the source line, a caret.
func nodePrinted(output string) []nodePlace {
	for rest := output; rest != ""; {
		line, after, _ := strings.Cut(rest, "\n")
		if nodeHeader.MatchString(strings.TrimRight(line, "\r ")) {
			return nodePlaces(rest, "")[:1]
		}
		rest = after
	}
	return nil
}

// nodeFilePath makes a path of what a stack names: file:// URLs of ES modules are percent-encoded.
func nodeFilePath(text string) string {
	rest, isURL := strings.CutPrefix(text, "file://")
	if !isURL {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(rest); i++ {
		if rest[i] == '%' && i+2 < len(rest) {
			if c, err := strconv.ParseUint(rest[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(rest[i])
	}
	path := b.String()
	if len(path) > 2 && path[0] == '/' && path[2] == ':' { // /C:/x
		path = path[1:]
	}
	return path
}

func nodeNumber(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// nodeReason is the reason of a collection error.
func nodeReason(e *nodeError) string {
	switch {
	case strings.Contains(e.Message, "does not provide an export named"),
		strings.HasSuffix(e.Code, "MODULE_NOT_FOUND"), strings.HasPrefix(e.Code, "ERR_PACKAGE_"),
		strings.HasPrefix(e.Code, "ERR_UNKNOWN_"), strings.HasPrefix(e.Code, "ERR_UNSUPPORTED_"):
		return "import"
	case e.Name == "SyntaxError":
		return "syntax"
	default:
		return "error"
	}
}
