package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"testrunner/categories"
	"testrunner/env/service"
)

// list prints what tests there are.
func list(ctx context.Context, c *cli.Context, _ split, w World) (int, error) {
	p, err := findPlace(c, w)
	if err != nil {
		return 0, err
	}
	catalog, err := loadCatalog(ctx, p, w)
	if err != nil {
		return 0, err
	}
	listing, err := categories.List(catalog, c.Args().Slice())
	if err != nil {
		return 0, err
	}
	if c.Bool("json") {
		e := json.NewEncoder(w.Stdout)
		e.SetIndent("", "  ")
		return 0, e.Encode(listing)
	}
	return 0, listing.Print(w.Stdout)
}

// explain says where one thing went, and why.
func explain(ctx context.Context, c *cli.Context, s split, w World) (int, error) {
	if c.Bool("mode") {
		return explainMode(ctx, c, s, w)
	}
	for _, f := range append(modeFlags(), attachFlag()) {
		if c.IsSet(f.Names()[0]) {
			return 0, usageError{text: fmt.Sprintf("--%s says nothing about where a test went: explain has it beside --mode", f.Names()[0]), remedy: "runner explain --mode"}
		}
	}
	if c.NArg() != 1 {
		return 0, usageError{text: "explain takes one name: a category, group, suite, path or test", remedy: "runner list"}
	}
	p, err := findPlace(c, w)
	if err != nil {
		return 0, err
	}
	catalog, err := loadCatalog(ctx, p, w)
	if err != nil {
		return 0, err
	}
	name := c.Args().First()
	if categories.IsPath(name) {
		name = p.relative(name)
	}
	lines, err := catalog.Explain(name)
	if err != nil {
		return 0, err
	}
	var b bytes.Buffer
	for _, l := range lines {
		fmt.Fprintln(&b, l)
	}
	_, err = w.Stdout.Write(b.Bytes())
	return 0, err
}

// assumed are the services that are taken to be needed where no runner.yaml says so.
func assumed(ctx context.Context, catalog *categories.Catalog, w World) ([]string, error) {
	if catalog.Config != "" || len(catalog.Compose) == 0 {
		return nil, nil
	}
	graph, err := service.Read(ctx, catalog.Root, catalog.Compose, nil, w.Environ)
	if err != nil {
		return nil, usagef("the services that tests need can't be told: %v", err)
	}
	return graph.Enabled(), nil
}

// initialise writes runner.yaml from what discovery found, or what --require says. It never overwrites what is not its own.
func initialise(ctx context.Context, c *cli.Context, _ split, w World) (int, error) {
	p, err := findPlace(c, w)
	if err != nil {
		return 0, err
	}
	if c.IsSet("require") {
		return initialiseRequire(c, p, w)
	}
	if c.NArg() > 0 {
		return 0, usageError{text: fmt.Sprintf("init takes no %q: it writes runner.yaml at the root", c.Args().First()), remedy: "runner init --print"}
	}
	path := filepath.Join(p.root, "runner.yaml")
	if exists(path) {
		return 0, usageError{text: path + " is there already, and is left as it is", remedy: "runner list"}
	}
	catalog, err := loadCatalog(ctx, p, w)
	if err != nil {
		return 0, err
	}
	enabled, err := assumed(ctx, catalog, w)
	if err != nil {
		return 0, err
	}
	text, err := categories.Init(catalog, enabled)
	if err != nil {
		return 0, err
	}
	if c.Bool("print") {
		_, err := w.Stdout.Write(text)
		return 0, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) || err != nil {
		return 0, usageError{text: fmt.Sprintf("write runner.yaml: %v", err)}
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, fmt.Errorf("write runner.yaml: %w", err)
	}
	_, err = fmt.Fprintf(w.Stdout, "wrote %s\n", path)
	return 0, err
}
