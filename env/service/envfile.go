package service

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/types"
)

// rawFormat is an env_file whose values are taken as they stand. Docker compose knows it; the compose library leaves it to whoever uses it.
const rawFormat = "raw"

func hasRaw(s types.ServiceConfig) bool {
	return slices.ContainsFunc(s.EnvFiles, func(f types.EnvFile) bool { return f.Format == rawFormat })
}

// environmentOf are a service's variables, with those of its files: of two files the later one counts, and what the service itself says
// comes before both.
func environmentOf(p *types.Project, s types.ServiceConfig) (types.MappingWithEquals, error) {
	own := s.Environment.Resolve(p.Environment.Resolve)
	values := own.ToMapping()
	lookup := func(name string) (string, bool) {
		if v, ok := p.Environment.Resolve(name); ok {
			return v, true
		}
		if v := own[name]; v != nil {
			return *v, true
		}
		return "", false
	}
	for _, f := range s.EnvFiles {
		if err := addEnvFile(f, values, lookup); err != nil {
			return nil, err
		}
	}
	return values.ToMappingWithEquals().OverrideBy(own), nil
}

func addEnvFile(f types.EnvFile, values types.Mapping, lookup dotenv.LookupFn) error {
	file, err := os.Open(f.Path)
	switch {
	case os.IsNotExist(err) && !bool(f.Required):
		return nil
	case os.IsNotExist(err):
		return fmt.Errorf("env file %s not found: %w", f.Path, err)
	case err != nil:
		return fmt.Errorf("read env file: %w", err)
	}
	defer file.Close()
	if f.Format == rawFormat {
		return readRaw(file, f.Path, values, lookup)
	}
	return dotenv.ParseWithFormat(file, f.Path, values, lookup, f.Format)
}

// readRaw reads NAME=VALUE line by line; a NAME alone has its value from where compose runs.
func readRaw(file io.Reader, path string, values types.Mapping, lookup dotenv.LookupFn) error {
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimLeft(lines.Text(), " \t")
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, has := strings.Cut(line, "=")
		if name == "" || strings.ContainsAny(name, " \t") {
			return fmt.Errorf("env file %s:%d: %q is no variable's name; write NAME=VALUE", path, n, name)
		}
		if !has {
			if value, has = lookup(name); !has {
				continue
			}
		}
		values[name] = value
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read env file %s: %w", path, err)
	}
	return nil
}
