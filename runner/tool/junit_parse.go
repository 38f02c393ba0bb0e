package tool

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"testrunner/report/event"
)

const (
	// junitDepth bounds how deep elements nest: real reports have five levels.
	junitDepth = 64
	// junitCases bounds the cases of one job: GitLab stops at 500,000.
	junitCases = 2_000_000
	// junitLine bounds a name or a message, in bytes.
	junitLine = 4 << 10
	// junitSize bounds one file, in bytes.
	junitSize = 1 << 30
)

// junitCase is one testcase of a report, as it stands there.
type junitCase struct {
	name, class string
	file        string // its own, else its suite's
	line        int
	micros      int64
	outcome     event.Outcome
	typ         string
	message     string
	detail      string
	output      string
	collection  bool // a file that could not be collected, which some tools write as a testcase
}

// junitBroken is an error that stands on a suite itself: the suite could not be loaded.
type junitBroken struct{ suite, file, message, detail string }

// junitParser reads one report and hands over what it finds, so that a cut file still gives its whole cases.
type junitParser struct {
	dec    *xml.Decoder
	depth  int
	suites []junitSuite
	count  int
	each   func(junitCase)
	broken func(junitBroken)
}

type junitSuite struct{ name, file string }

// parseJUnit reads a report to its end. An error says what is wrong with the file and where.
func parseJUnit(r io.Reader, each func(junitCase), broken func(junitBroken)) error {
	limited := &io.LimitedReader{R: r, N: junitSize}
	p := &junitParser{dec: xml.NewDecoder(newJUnitReader(limited)), each: each, broken: broken}
	p.dec.Strict = false // a bare "&" or "<" in a message is common
	p.dec.Entity = xml.HTMLEntity
	p.dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // UTF-8 by now
	err := p.document()
	if limited.N <= 0 {
		return fmt.Errorf("longer than %d bytes", junitSize)
	}
	return err
}

func (p *junitParser) document() error {
	root := false
	for {
		t, err := p.dec.Token()
		switch {
		case errors.Is(err, io.EOF) && root:
			return nil
		case errors.Is(err, io.EOF):
			return errors.New("empty: no XML element")
		case err != nil:
			return p.cut(err)
		}
		start, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		if n := start.Name.Local; !root && n != "testsuites" && n != "testsuite" {
			return fmt.Errorf("not a JUnit report: its root element is <%s>", n)
		}
		root = true
		if err := p.element(start); err != nil {
			return p.cut(err)
		}
	}
}

// cut names the place where a report breaks off.
func (p *junitParser) cut(err error) error {
	line, _ := p.dec.InputPos()
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("not whole: line %d: %s", line, syntax.Msg)
	}
	return err
}

// element reads testsuites, testsuite and testcase, wherever they nest, and passes over the rest.
func (p *junitParser) element(start xml.StartElement) error {
	if p.depth++; p.depth > junitDepth {
		return fmt.Errorf("elements nest deeper than %d", junitDepth)
	}
	defer func() { p.depth-- }()
	switch start.Name.Local {
	case "testsuites":
		return p.children(start)
	case "testsuite":
		suite := junitSuite{name: junitShort(junitAttr(start, "name")), file: junitAttr(start, "file", "filepath")}
		if n := len(p.suites); n > 0 && suite.file == "" {
			suite.file = p.suites[n-1].file
		}
		p.suites = append(p.suites, suite)
		defer func() { p.suites = p.suites[:len(p.suites)-1] }()
		return p.children(start)
	case "testcase":
		return p.testcase(start)
	case "error", "failure":
		message := junitAttr(start, "message")
		text, err := p.text()
		if err != nil {
			return err
		}
		suite := p.suite()
		p.broken(junitBroken{suite: suite.name, file: suite.file, message: junitFirst(message, text), detail: text})
		return nil
	default:
		return p.skip()
	}
}

func (p *junitParser) suite() junitSuite {
	if len(p.suites) == 0 {
		return junitSuite{}
	}
	return p.suites[len(p.suites)-1]
}

func (p *junitParser) children(start xml.StartElement) error {
	for {
		t, err := p.dec.Token()
		if err != nil {
			return junitEOF(err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if err := p.element(t); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

func (p *junitParser) skip() error {
	for depth := 1; depth > 0; {
		t, err := p.dec.Token()
		if err != nil {
			return junitEOF(err)
		}
		switch t.(type) {
		case xml.StartElement:
			if depth++; p.depth+depth > junitDepth {
				return fmt.Errorf("elements nest deeper than %d", junitDepth)
			}
		case xml.EndElement:
			depth--
		}
	}
	return nil
}

// text is the text of the element whose start was read, with that of the elements in it.
func (p *junitParser) text() (string, error) {
	var out goOutput
	for depth := 1; depth > 0; {
		t, err := p.dec.Token()
		if err != nil {
			return "", junitEOF(err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth++; p.depth+depth > junitDepth {
				return "", fmt.Errorf("elements nest deeper than %d", junitDepth)
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			out.add(t)
		}
	}
	return strings.TrimSpace(out.String()), nil
}

func (p *junitParser) testcase(start xml.StartElement) error {
	if p.count++; p.count > junitCases {
		return fmt.Errorf("more than %d cases", junitCases)
	}
	suite := p.suite()
	c := junitCase{
		name:  junitShort(junitAttr(start, "name")),
		class: junitShort(junitAttr(start, "classname", "class")),
		file:  junitAttr(start, "file", "filepath"), micros: junitMicros(junitAttr(start, "time")), outcome: event.Passed,
	}
	c.line, _ = strconv.Atoi(junitAttr(start, "line", "lineno"))
	c.line = max(0, c.line)
	if c.class == "" {
		c.class = suite.name
	}
	if c.file == "" {
		c.file = suite.file
	}
	switch junitAttr(start, "status", "result") {
	case "notrun", "skipped", "disabled", "ignored", "suppressed": // GoogleTest and others have no child for it
		c.outcome = event.Skipped
	}
	for {
		t, err := p.dec.Token()
		if err != nil {
			return junitEOF(err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if err := p.outcome(&c, t); err != nil {
				return err
			}
		case xml.EndElement:
			p.each(c)
			return nil
		}
	}
}

// outcome reads a child of a testcase. Several failures are joined; the worst decides.
func (p *junitParser) outcome(c *junitCase, start xml.StartElement) error {
	name := start.Name.Local
	switch name {
	case "failure", "error", "skipped", "system-out", "system-err":
	default: // properties, and the earlier tries of a test that passed in the end
		return p.skip()
	}
	message, typ := junitAttr(start, "message"), junitAttr(start, "type")
	text, err := p.text()
	if err != nil {
		return err
	}
	switch name {
	case "system-out", "system-err":
		c.output = junitJoin(c.output, text)
		return nil
	case "skipped":
		if c.outcome == event.Passed || c.outcome == event.Skipped {
			c.outcome, c.message = event.Skipped, junitFirst(message, text)
		}
		return nil
	case "failure":
		c.outcome = event.Failed
	case "error":
		if c.outcome != event.Failed {
			c.outcome = event.Errored
		}
		c.collection = c.collection || message == "collection failure" || typ == string(event.CollectionErrorType)
		if message == "collection failure" { // pytest: what is wrong stands at the end of its text
			lines := strings.Split(text, "\n")
			message = strings.TrimSpace(strings.TrimPrefix(lines[len(lines)-1], "E "))
		}
	}
	if c.message == "" {
		c.message = junitFirst(message, text)
	}
	if c.typ == "" {
		c.typ = typ
	}
	if strings.Contains(message, "\n") && !strings.Contains(text, message) {
		text = junitJoin(message, text)
	}
	c.detail = junitJoin(c.detail, text)
	return nil
}

// junitEOF: inside of an element the end of the file is never right.
func junitEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("not whole: it ends in the middle")
	}
	return err
}
