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

// Read reads compose files as docker compose does: merged in their order, with include, extends and profiles, and with the variables of
// environ and of a file .env. The files are relative to root, or absolute; paths in them are relative to the folder of the first one. It starts
// nothing, asks no engine, and looks into no env_file, secret or config: Specs does, when a service is started.
//
// A dependency that is not there and a cycle are errors that name the line. A key that runner refuses is not: it stands at the services
// that have it, since it costs those alone.
func Read(ctx context.Context, root string, files, profiles, environ []string) (Graph, error) {
	if len(files) == 0 {
		return Graph{}, nil
	}
	folder := filepath.Dir(placed(root, files[0]))
	details := types.ConfigDetails{WorkingDir: folder, Environment: types.NewMapping(environ)}
	said := written{root: root}
	for _, f := range files {
		name := placed(root, f)
		text, err := os.ReadFile(name)
		if err != nil {
			return Graph{}, fmt.Errorf("read the compose file: %w", err)
		}
		text = withoutVersion(text)
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: name, Content: text})
		said.add(name, text)
	}
	// The root is where docker compose would be typed, and its .env comes before that of the file's own folder.
	for _, dir := range slices.Compact([]string{root, folder}) {
		if err := addDotEnv(details.Environment, filepath.Join(dir, ".env")); err != nil {
			return Graph{}, err
		}
	}
	if len(profiles) == 0 { // as docker compose has it: without any, that of the name "" is on
		for name := range strings.SplitSeq(details.Environment["COMPOSE_PROFILES"], ",") {
			profiles = append(profiles, strings.TrimSpace(name))
		}
	}
	g, err := load(ctx, details, profiles, &said)
	if err != nil {
		return Graph{}, fmt.Errorf("%s: %w", strings.Join(files, ", "), err)
	}
	return g, nil
}

// load makes the graph. The library's model is looked at before its own types are made of it: only there it is still known what was
// written and what is a default.
func load(ctx context.Context, details types.ConfigDetails, profiles []string, said *written) (Graph, error) {
	options := []func(*loader.Options){func(o *loader.Options) {
		o.SetProjectName(projectName(details.WorkingDir, details.Environment))
		o.Profiles = profiles
		// What a container gets is not looked at here, so that an env_file which is made later is no fault.
		o.SkipResolveEnvironment, o.SkipResolveLabels = true, true
		// The library logs variables without a value to a logger of its own, on standard error; here they are a note.
		o.Interpolate.Substitute = func(text string, mapping template.Mapping) (string, error) {
			said.missing(text, mapping)
			return template.SubstituteWithOptions(text, mapping, template.WithoutLogging)
		}
		o.Listeners = []loader.Listener{said.include}
	}}
	model, err := loader.LoadModelWithContext(ctx, details, options...)
	if remote := said.remote; remote != "" {
		return Graph{}, fmt.Errorf("include of %s is refused: only files of this machine are read; copy it into the repository", remote)
	}
	if err != nil {
		return Graph{}, err
	}
	if err := checkEdges(model, profiles, said); err != nil {
		return Graph{}, err
	}
	found := findKeys(model, said)
	settings := loader.ToOptions(&details, options)
	if name, ok := model["name"].(string); ok {
		settings.SetProjectName(name, true)
	}
	project, err := loader.ModelToProject(model, settings, details)
	if err != nil {
		return Graph{}, err
	}
	g := graphOf(project, found)
	if note := said.missed(); note != "" {
		g.Notes = append(g.Notes, note)
	}
	return g, nil
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// addDotEnv adds the variables of a file .env that have no value yet. The file need not exist.
func addDotEnv(environ types.Mapping, name string) error {
	if !isFile(name) {
		return nil
	}
	more, err := dotenv.GetEnvFromFile(environ, []string{name})
	if err != nil {
		return fmt.Errorf("read .env for the compose file: %w", err)
	}
	for k, v := range more {
		if _, set := environ[k]; !set {
			environ[k] = v
		}
	}
	return nil
}

// withoutVersion takes out the obsolete top-level key, which nobody obeys and the library logs a warning about. The line stays, so that
// messages name the right one.
func withoutVersion(text []byte) []byte {
	return regexp.MustCompile(`(?m)^version:[^\n{}]*$`).ReplaceAll(text, nil)
}

// projectName is COMPOSE_PROJECT_NAME, else what the file itself says, else the folder's name (docs.docker.com/compose/project-name).
func projectName(folder string, environ types.Mapping) (name string, explicit bool) {
	if name := environ["COMPOSE_PROJECT_NAME"]; name != "" {
		return loader.NormalizeProjectName(name), true
	}
	if name := loader.NormalizeProjectName(filepath.Base(folder)); name != "" {
		return name, false
	}
	return "project", false
}

func graphOf(p *types.Project, found []foundKey) Graph {
	g := Graph{Project: p.Name, Folder: p.WorkingDir, project: p, Notes: notesOf(found)}
	add := func(s types.ServiceConfig, enabled bool) {
		d := Described{Service: described(s), Enabled: enabled, Container: containerOf(p, s), Edges: edgesOf(s), Refused: refusedOf(found, s)}
		for _, e := range d.Edges {
			// What is optional and has a profile that is not on is no part of this project.
			if _, there := p.Services[e.To]; there || !e.Optional {
				d.DependsOn = append(d.DependsOn, e.To)
			}
		}
		g.Services = append(g.Services, d)
	}
	for _, s := range p.Services {
		add(s, s.GetScale() > 0)
	}
	for _, s := range p.DisabledServices {
		add(s, false)
	}
	slices.SortFunc(g.Services, func(a, b Described) int { return strings.Compare(a.Name, b.Name) })
	return g
}

func described(s types.ServiceConfig) env.Service {
	out := env.Service{Name: s.Name, Compose: true, Image: s.Image, Memory: memory(s)}
	for _, p := range s.Ports {
		out.Ports = append(out.Ports, ports(p)...)
	}
	return out
}

// edgesOf are what a service waits for, sorted by name.
func edgesOf(s types.ServiceConfig) []Edge {
	var out []Edge
	for name, d := range s.DependsOn {
		out = append(out, Edge{To: name, Condition: Condition(d.Condition), Optional: !d.Required, Restart: d.Restart})
	}
	slices.SortFunc(out, func(a, b Edge) int { return strings.Compare(a.To, b.To) })
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
	from, to, err := portRange(p.Published)
	if err != nil {
		return nil
	}
	var out []env.Port
	for n := from; n <= to; n++ {
		out = append(out, env.Port{Address: p.HostIP, Number: n})
	}
	return out
}

// portRange reads "8000" or "8000-8010".
func portRange(text string) (from, to int, err error) {
	first, last, isRange := strings.Cut(text, "-")
	if from, err = strconv.Atoi(first); err != nil {
		return 0, 0, fmt.Errorf("read the port %q: %w", text, err)
	}
	to = from
	if isRange {
		if to, err = strconv.Atoi(last); err != nil {
			return 0, 0, fmt.Errorf("read the ports %q: %w", text, err)
		}
	}
	return from, to, nil
}
