// Package ci tells a CI system about a run in that system's own way: for GitHub Actions, annotations at the lines of a
// change, and a summary page of the job.
//
// It is written from the summary alone, at the end of a run, and never changes a verdict. It does not know whether it is
// on such a system: its caller looks that up, with Find.
package ci

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"testrunner/report"
)

// Actions is where GitHub Actions wants to be told. The zero value tells nobody.
type Actions struct {
	Annotations io.Writer // what the job prints: workflow commands are read from there; nil is none
	SummaryFile string    // the file that GITHUB_STEP_SUMMARY names; "" is none
	Workspace   string    // the checkout, which paths of annotations begin at; "" is the root of the run
}

// Find returns what the variables of GitHub Actions say (docs.github.com, "Variables reference"). Elsewhere it is the zero
// value, with which Write does nothing.
func Find(getenv func(string) string, out io.Writer) Actions {
	if getenv("GITHUB_ACTIONS") != "true" {
		return Actions{}
	}
	return Actions{Annotations: out, SummaryFile: getenv("GITHUB_STEP_SUMMARY"), Workspace: getenv("GITHUB_WORKSPACE")}
}

// Write tells GitHub Actions about a run of which the root is the checkout. A nil w means no annotations, an empty
// summaryFile no summary. To keep the verdict the last line, write before the terminal is closed.
func Write(w io.Writer, summaryFile string, s report.Summary, v report.Verdict) error {
	return Actions{Annotations: w, SummaryFile: summaryFile}.Write(s, v)
}

// Write writes the annotations and appends the summary page. An error of the one does not keep the other back.
func (a Actions) Write(s report.Summary, v report.Verdict) error {
	var failed []error
	if a.Annotations != nil {
		if err := a.annotate(s, v); err != nil {
			failed = append(failed, fmt.Errorf("write annotations: %w", err))
		}
	}
	if a.SummaryFile != "" {
		if err := appendSummary(a.SummaryFile, s, v); err != nil {
			failed = append(failed, err)
		}
	}
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("tell github actions: %w", err)
	}
	return nil
}

// prefix is what stands before paths of the run to make them paths of the checkout, "" where they are already.
func (a Actions) prefix(root string) string {
	if a.Workspace == "" || root == "" {
		return ""
	}
	rel, err := filepath.Rel(a.Workspace, root)
	if err != nil || rel == "." || !filepath.IsLocal(rel) {
		return ""
	}
	return filepath.ToSlash(rel) + "/"
}

// budget bounds the summary page, in bytes: GitHub refuses one of more than 1 MiB as a whole.
const budget = 900_000

func appendSummary(path string, s report.Summary, v report.Verdict) (err error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("open the summary of the job: %w", err)
	}
	defer func() {
		if e := f.Close(); e != nil && err == nil {
			err = fmt.Errorf("write the summary of the job: %w", e)
		}
	}()
	room := budget
	if info, err := f.Stat(); err == nil { // another command of the same step may have written to it
		room -= int(min(info.Size(), budget))
	}
	if _, err := io.WriteString(f, page(s, v, room)); err != nil {
		return fmt.Errorf("write the summary of the job: %w", err)
	}
	return nil
}
