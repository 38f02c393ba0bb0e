package junit

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"testrunner/report"
)

// Dialect is which readers the document is for. Its zero value is none.
type Dialect string

// String is the name that ParseDialect reads.
func (d Dialect) String() string { return string(d) }

// The dialects.
const (
	Common Dialect = "common" // with file, line and properties of cases: all readers but those that check a schema
	Strict Dialect = "strict" // valid against junit-10.xsd, which Jenkins' xunit plugin checks
)

// ParseDialect reads a dialect's name.
func ParseDialect(name string) (Dialect, error) {
	switch d := Dialect(name); d {
	case Common, Strict:
		return d, nil
	default:
		return "", fmt.Errorf("junit dialect %q: it is %q or %q", name, Common, Strict)
	}
}

// bounds of one file: GitLab takes 30 MB and 250,000 XML objects, which are elements and attributes.
type bounds struct{ bytes, nodes int }

func fileBounds() bounds { return bounds{bytes: 25 << 20, nodes: 200_000} }

// Write writes the whole run as one document, however large. It fails where the cases contradict the ledger's numbers.
func Write(w io.Writer, s report.Summary, d Dialect) error {
	doc := compose(s)
	if err := doc.check(); err != nil {
		return err
	}
	return doc.write(w, d)
}

// WriteFile writes the report to path, by way of a temporary file that is synced and renamed, so that no reader sees a half.
// A report above 25 MB or 200,000 elements and attributes goes on in path's siblings, "junit-002.xml" beside "junit.xml":
// each is a report of its own, their sums add up to the run's, all that failed comes first, and the property runner.part says
// which of how many it is. Siblings that an earlier run left are removed.
func WriteFile(path string, s report.Summary, d Dialect) error {
	_, err := writeFiles(path, s, d, fileBounds())
	return err
}

func writeFiles(path string, s report.Summary, d Dialect, b bounds) ([]string, error) {
	doc := compose(s)
	if err := doc.check(); err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	parts := []*document{doc}
	if n := doc.measure(d); n.bytes > b.bytes || n.nodes > b.nodes {
		parts = doc.split(d, b)
	}
	paths := make([]string, len(parts))
	for i := range parts {
		paths[i] = sibling(path, i+1)
	}
	// The first file last: until then the report of before the first job stands there, which is not green.
	for i := len(parts) - 1; i >= 0; i-- {
		if err := writeOne(paths[i], parts[i], d); err != nil {
			return nil, err
		}
	}
	return paths, removeSiblings(path, len(parts))
}

func sibling(path string, n int) string {
	if n == 1 {
		return path
	}
	ext := filepath.Ext(path)
	return fmt.Sprintf("%s-%03d%s", strings.TrimSuffix(path, ext), n, ext)
}

// removeSiblings removes further files of a split report, those numbered above n. Only what bears our mark is ours.
func removeSiblings(path string, n int) error {
	ext := filepath.Ext(path)
	stem := strings.TrimSuffix(filepath.Base(path), ext)
	numbered := regexp.MustCompile("^" + regexp.QuoteMeta(stem) + "-([0-9]{3,})" + regexp.QuoteMeta(ext) + "$")
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("look for old reports: %w", err)
	}
	for _, e := range entries {
		m := numbered.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		old := filepath.Join(filepath.Dir(path), e.Name())
		if number, err := strconv.Atoi(m[1]); err != nil || number <= n || !ours(old) {
			continue
		}
		if err := os.Remove(old); err != nil {
			return fmt.Errorf("remove an old report: %w", err)
		}
	}
	return nil
}

const opening = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<testsuites name="runner"`

func ours(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	start := make([]byte, len(opening))
	_, err = io.ReadFull(f, start)
	return err == nil && string(start) == opening
}

func writeOne(path string, doc *document, d Dialect) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	if err := doc.write(f, d); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil { // CreateTemp's is for its owner alone
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return replace(f.Name(), path)
}

// measure is what write would write.
func (d *document) measure(dialect Dialect) bounds {
	e := encoder{dialect: dialect}
	d.encodeFrame(&e)
	n := bounds{bytes: len(e.buf), nodes: e.nodes}
	for i := range d.suites {
		for k := range d.suites[i].entries {
			e.reset()
			e.testcase(&d.suites[i].entries[k])
			n.bytes += len(e.buf)
			n.nodes += e.nodes
		}
	}
	return n
}

// encodeFrame is the document without its cases.
func (d *document) encodeFrame(e *encoder) {
	d.openRoot(e)
	for i := range d.suites {
		d.openSuite(e, i)
		e.raw("\n  </testsuite>")
	}
	e.raw("\n</testsuites>\n")
}

func (d *document) write(w io.Writer, dialect Dialect) error {
	out := bufio.NewWriterSize(w, 64<<10)
	e := encoder{dialect: dialect}
	flush := func() {
		_, _ = out.Write(e.buf) // Flush returns the error
		e.reset()
	}
	d.openRoot(&e)
	for i := range d.suites {
		d.openSuite(&e, i)
		for k := range d.suites[i].entries {
			e.testcase(&d.suites[i].entries[k])
			flush()
		}
		e.raw("\n  </testsuite>")
	}
	e.raw("\n</testsuites>\n")
	flush()
	return out.Flush()
}

func (d *document) openRoot(e *encoder) {
	t := d.totals()
	var elapsed time.Duration
	for _, s := range d.suites {
		elapsed += max(0, s.elapsed.Round(time.Millisecond))
	}
	e.raw(opening)
	e.nodes += 2
	e.attr("tests", strconv.Itoa(t.Tests))
	e.attr("failures", strconv.Itoa(t.Failures))
	e.attr("errors", strconv.Itoa(t.Errors))
	if e.dialect == Common {
		e.attr("skipped", strconv.Itoa(t.Skipped))
	}
	e.attr("time", seconds(elapsed))
	if e.dialect == Common {
		e.attr("timestamp", d.timestamp(e.dialect))
	}
	e.raw(">")
}

func (d *document) openSuite(e *encoder, i int) {
	s := &d.suites[i]
	t := totals(s.entries)
	host := clean(d.summary.Run.Host, capName)
	if host == "" {
		host = "localhost"
	}
	e.open("\n  ", "testsuite")
	e.attr("name", clean(s.name, capName))
	e.attr("tests", strconv.Itoa(t.Tests))
	e.attr("failures", strconv.Itoa(t.Failures))
	e.attr("errors", strconv.Itoa(t.Errors))
	e.attr("skipped", strconv.Itoa(t.Skipped))
	e.attr("time", seconds(s.elapsed))
	e.attr("timestamp", d.timestamp(e.dialect))
	e.attr("hostname", host)
	e.attr("id", strconv.Itoa(s.id))
	e.attr("package", "")
	e.raw(">")
	e.properties("\n    ", d.properties(i))
}

// timestamp is ISO 8601 in UTC; the strict schema's readers want no zone.
func (d *document) timestamp(dialect Dialect) string {
	layout := "2006-01-02T15:04:05Z"
	if dialect == Strict {
		layout = "2006-01-02T15:04:05"
	}
	return d.summary.Start.UTC().Format(layout)
}
