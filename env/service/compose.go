package service

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"

	"testrunner/env"
)

// Read reads compose files as docker compose does: merged in their order, with the variables of environ and of a file .env at the root.
// The files are relative to root. It starts nothing and asks no engine.
func Read(ctx context.Context, root string, files, profiles, environ []string) (Graph, error) {
	details := types.ConfigDetails{WorkingDir: root, Environment: types.NewMapping(environ)}
	for _, f := range files {
		name := filepath.Join(root, filepath.FromSlash(f))
		text, err := os.ReadFile(name)
		if err != nil {
			return Graph{}, fmt.Errorf("read the compose file: %w", err)
		}
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: name, Content: withoutVersion(text)})
	}
	if name := filepath.Join(root, ".env"); isFile(name) {
		more, err := dotenv.GetEnvFromFile(details.Environment, []string{name})
		if err != nil {
			return Graph{}, fmt.Errorf("read .env for the compose file: %w", err)
		}
		for k, v := range more {
			if _, set := details.Environment[k]; !set {
				details.Environment[k] = v
			}
		}
	}
	project, err := loader.LoadWithContext(ctx, details, func(o *loader.Options) {
		o.SetProjectName(projectName(root, details.Environment))
		o.Profiles = profiles
		// What a container gets is not looked at here, so that an env_file which is made later is no fault.
		o.SkipResolveEnvironment, o.SkipResolveLabels = true, true
		// The library logs variables without a value to a logger of its own, on standard error.
		o.Interpolate.Substitute = func(text string, mapping template.Mapping) (string, error) {
			return template.SubstituteWithOptions(text, mapping, template.WithoutLogging)
		}
	})
	if err != nil {
		return Graph{}, fmt.Errorf("%s: %w", strings.Join(files, ", "), err)
	}
	return graphOf(project), nil
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// withoutVersion takes out the obsolete top-level key, which nobody obeys and the library logs a warning about. The line stays, so that
// messages name the right one.
func withoutVersion(text []byte) []byte {
	return regexp.MustCompile(`(?m)^version:[^\n{}]*$`).ReplaceAll(text, nil)
}

// projectName is COMPOSE_PROJECT_NAME, else what the file itself says, else the folder's name (docs.docker.com/compose/project-name).
func projectName(root string, environ types.Mapping) (name string, explicit bool) {
	if name := environ["COMPOSE_PROJECT_NAME"]; name != "" {
		return loader.NormalizeProjectName(name), true
	}
	if name := loader.NormalizeProjectName(filepath.Base(root)); name != "" {
		return name, false
	}
	return "project", false
}

func graphOf(p *types.Project) Graph {
	g := Graph{Project: p.Name}
	for _, s := range p.Services {
		g.Services = append(g.Services, Described{Service: described(s), Enabled: true})
	}
	for _, s := range p.DisabledServices {
		g.Services = append(g.Services, Described{Service: described(s)})
	}
	slices.SortFunc(g.Services, func(a, b Described) int { return strings.Compare(a.Name, b.Name) })
	return g
}

func described(s types.ServiceConfig) env.Service {
	out := env.Service{Name: s.Name, Compose: true, Image: s.Image, Memory: memory(s)}
	for name := range s.DependsOn {
		out.DependsOn = append(out.DependsOn, name)
	}
	slices.Sort(out.DependsOn)
	for _, p := range s.Ports {
		out.Ports = append(out.Ports, ports(p)...)
	}
	return out
}

// memory is the limit of one container, in bytes; 0 is none. mem_limit and deploy.resources.limits.memory mean the same.
func memory(s types.ServiceConfig) uint64 {
	limit := int64(s.MemLimit)
	if s.Deploy != nil && s.Deploy.Resources.Limits != nil && s.Deploy.Resources.Limits.MemoryBytes > 0 {
		limit = int64(s.Deploy.Resources.Limits.MemoryBytes)
	}
	return uint64(max(0, limit))
}

// ports are those of this machine that a port of the file takes: one, or a range. Without a published one the engine chooses.
func ports(p types.ServicePortConfig) []env.Port {
	if p.Protocol != "" && p.Protocol != "tcp" {
		return nil
	}
	first, last, isRange := strings.Cut(p.Published, "-")
	from, err := strconv.Atoi(first)
	if err != nil {
		return nil
	}
	to := from
	if isRange {
		if to, err = strconv.Atoi(last); err != nil {
			return nil
		}
	}
	var out []env.Port
	for n := from; n <= to; n++ {
		out = append(out, env.Port{Address: p.HostIP, Number: n})
	}
	return out
}
