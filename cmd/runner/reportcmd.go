package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"testrunner/report"
	"testrunner/report/junit"
)

// showReport shows the last run again, or renders a saved stream.
func showReport(_ context.Context, c *cli.Context, _ split, w World) (int, error) {
	words := c.Args().Slice()
	if len(words) == 0 {
		return showLast(c, w)
	}
	if words[0] != "render" || len(words) != 2 {
		return 0, usageError{text: "report takes no word, or render and the path of an events.jsonl", remedy: "runner report render runner-results/events.jsonl"}
	}
	return render(c, words[1], w)
}

func showLast(c *cli.Context, w World) (int, error) {
	if c.IsSet("junit") || c.IsSet("junit-dialect") {
		return 0, usageError{text: "--junit and --junit-dialect belong to runner report render", remedy: "runner report render runner-results/events.jsonl"}
	}
	p, err := findPlace(c, w)
	if err != nil {
		return 0, err
	}
	summary, err := readEvents(filepath.Join(p.results, "events.jsonl"))
	if err != nil {
		return 0, err
	}
	o := options{color: !c.Bool("no-color") && getenv(w.Environ, "NO_COLOR") == ""}
	if err := newTerminal(o, o.paths(p.results), p.root, w).Close(summary, summary.Verdict()); err != nil {
		return 0, fmt.Errorf("print the summary: %w", err)
	}
	return 0, nil
}

func render(c *cli.Context, events string, w World) (int, error) {
	p, err := findPlace(c, w)
	if err != nil {
		return 0, err
	}
	dialect, err := junit.ParseDialect(c.String("junit-dialect"))
	if err != nil {
		return 0, usagef("--junit-dialect: %v", err)
	}
	summary, err := readEvents(absolute(p.start, events))
	if err != nil {
		return 0, err
	}
	if file := c.String("junit"); file != "" {
		return 0, junit.WriteFile(absolute(p.start, file), summary, dialect)
	}
	var b bytes.Buffer
	if err := junit.Write(&b, summary, dialect); err != nil {
		return 0, fmt.Errorf("render: %w", err)
	}
	_, err = w.Stdout.Write(b.Bytes())
	return 0, err
}

func readEvents(path string) (report.Summary, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return report.Summary{}, usageError{text: fmt.Sprintf("there is no saved run at %s", path), remedy: "runner"}
	}
	if err != nil {
		return report.Summary{}, usagef("read the saved run: %v", err)
	}
	defer f.Close()
	summary, err := report.Render(f)
	if err != nil {
		return summary, usagef("%s is no stream of runner: %v", path, err)
	}
	return summary, nil
}
