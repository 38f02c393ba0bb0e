package report_test

import (
	"encoding/xml"
	"slices"

	"pgregory.net/rapid"

	"testrunner/report"
)

// What a reader of JUnit sees.
type xmlRoot struct {
	XMLName  xml.Name   `xml:"testsuites"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Skipped  *int       `xml:"skipped,attr"`
	Suites   []xmlSuite `xml:"testsuite"`
}

type xmlSuite struct {
	Name     string    `xml:"name,attr"`
	Tests    int       `xml:"tests,attr"`
	Failures int       `xml:"failures,attr"`
	Errors   int       `xml:"errors,attr"`
	Skipped  int       `xml:"skipped,attr"`
	Cases    []xmlCase `xml:"testcase"`
}

type xmlCase struct {
	Class    string    `xml:"classname,attr"`
	Name     string    `xml:"name,attr"`
	Failures []xmlWhat `xml:"failure"`
	Errors   []xmlWhat `xml:"error"`
	Skips    []xmlWhat `xml:"skipped"`
}

type xmlWhat struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// readXML reads a report and checks that it agrees with itself.
func readXML(t *rapid.T, text []byte) report.Totals {
	var root xmlRoot
	if err := xml.Unmarshal(text, &root); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	sum, names := report.Totals{}, map[[2]string]bool{}
	for _, s := range root.Suites {
		var of report.Totals
		for _, c := range s.Cases {
			if key := [2]string{c.Class, c.Name}; c.Class == "" || c.Name == "" || names[key] {
				t.Fatalf("(%q, %q) is empty or not unique", c.Class, c.Name)
			}
			names[[2]string{c.Class, c.Name}] = true
			what := slices.Concat(c.Failures, c.Errors)
			if len(what)+len(c.Skips) > 1 {
				t.Fatalf("%s has several outcomes", c.Name)
			}
			for _, w := range what {
				if w.Message == "" || w.Type == "" || w.Text == "" {
					t.Fatalf("%s has an outcome that says too little: %+v", c.Name, w)
				}
			}
			of.Tests++
			of.Failures += len(c.Failures)
			of.Errors += len(c.Errors)
			of.Skipped += len(c.Skips)
		}
		if of.Tests != s.Tests || of.Failures != s.Failures || of.Errors != s.Errors || of.Skipped != s.Skipped {
			t.Fatalf("suite %s says %+v, its cases are %+v", s.Name, s, of)
		}
		sum.Tests += of.Tests
		sum.Failures += of.Failures
		sum.Errors += of.Errors
		sum.Skipped += of.Skipped
	}
	if sum.Tests != root.Tests || sum.Failures != root.Failures || sum.Errors != root.Errors || root.Skipped != nil && *root.Skipped != sum.Skipped {
		t.Fatalf("the root does not sum up its suites: %+v", root)
	}
	sum.Passed = sum.Tests - sum.Failures - sum.Errors - sum.Skipped
	return sum
}
