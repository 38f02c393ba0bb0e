// Package local serves services as processes of this machine: PostgreSQL and Redis from their programs with their own port and data,
// anything else by the command that runner.yaml gives. They are real, private to the run, and gone after it.
//
// It knows nothing of tests, jobs and the decision, and never looks at what else runs on the machine: a PostgreSQL that is up already is
// somebody's.
package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"testrunner/env/lease"
	"testrunner/env/service"
	"testrunner/report/event"
)

// host is where all is bound and reached.
const host = "127.0.0.1"

// Keeper writes down what is about to be made, so that it is removed whatever becomes of this process (lease.Inventory is one). Where
// it can't be written, the thing is not made.
type Keeper interface {
	Own(lease.Thing) error
	Forget(kind lease.Kind, name string) error
}

// Settings are what a run tells the provider. All folders are absolute.
type Settings struct {
	Run     string   // the run's id; what is made in Cache bears it until it is complete
	Root    string   // of the project: where commands run
	Scratch string   // the run's folder for data, named lease.ScratchName(Run); made if need be, and widened to 0711 for root
	Cache   string   // for templates of databases, which outlive the run; made if need be
	Logs    string   // for the services' output as it comes, NAME.log; made if need be, for this user alone
	Environ []string // the tests' environment, NAME=VALUE: the commands', too
	Real    bool     // real services were asked for: another version than the compose file's is refused
	// AsWritten has a service listen on the port that the compose file publishes for its own, on 127.0.0.1; false: on any that is free.
	AsWritten bool
	Keeper    Keeper          // required
	Machine   service.Machine // finds programs
}

// Provider serves services as processes of this machine.
type Provider struct {
	set Settings

	mu       sync.Mutex
	lives    map[string]int         // how often each service was started
	found    map[string]*postgresAt // the prepared PostgreSQL of each service
	versions map[string]string      // what programs said for --version
	rude     map[string]bool        // services that can't take a port that is held for them
	base     bool                   // the folder of the data was made
	ours     bool                   // the run's folder was made, too: nobody else had

	took func(port int) // for tests: a port was chosen, and the server is about to start; nil
}

// New makes a provider for a run. It makes nothing else yet.
func New(s Settings) (*Provider, error) {
	for what, path := range map[string]string{"Root": s.Root, "Scratch": s.Scratch, "Cache": s.Cache, "Logs": s.Logs} {
		if !filepath.IsAbs(path) {
			return nil, fmt.Errorf("serve from this machine: the folder %s is %q, and must be absolute", what, path)
		}
	}
	if s.Keeper == nil || s.Machine == nil || s.Run == "" {
		return nil, errors.New("serve from this machine: a run's id, a keeper and a machine are needed")
	}
	return &Provider{set: s, lives: map[string]int{}, found: map[string]*postgresAt{}, rude: map[string]bool{}, versions: map[string]string{}}, nil
}

var _ service.Provider = (*Provider)(nil)

// Name is event.ByLocal.
func (p *Provider) Name() event.Provider { return event.ByLocal }

// The kinds of services that are served by their own programs (service.Spec.Kind).
const (
	kindPostgres = "postgres"
	kindRedis    = "redis"
)

// Prepare finds the program, looks at its version, and makes the template of a PostgreSQL if there is none yet (some seconds, once).
func (p *Provider) Prepare(ctx context.Context, s service.Spec, tell service.Tell) error {
	if tell == nil {
		tell = func(string) {}
	}
	switch {
	case len(s.Local) > 0:
		return nil
	case s.Kind() == kindPostgres:
		at, err := p.preparePostgres(ctx, s, tell)
		if err != nil {
			return fmt.Errorf("prepare %s: %w", s.Name, err)
		}
		p.mu.Lock()
		p.found[s.Name] = at
		p.mu.Unlock()
		return nil
	case s.Kind() == kindRedis:
		if _, err := p.redisProgram(ctx, s, tell); err != nil {
			return fmt.Errorf("prepare %s: %w", s.Name, err)
		}
		return nil
	}
	return fmt.Errorf("prepare %s: no command serves it on this machine: services, %s, local in runner.yaml gives one", s.Name, s.Name)
}

// Start starts the process. PostgreSQL and Redis have bound their port when it returns; a command has if it is quick.
func (p *Provider) Start(ctx context.Context, s service.Spec, peers map[string]service.Instance, tell service.Tell) (service.Instance, error) {
	if tell == nil {
		tell = func(string) {}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.Name, err)
	}
	var in *instance
	var err error
	switch {
	case len(s.Local) > 0:
		in, err = p.startCommand(ctx, s, peers, tell)
	case s.Kind() == kindPostgres:
		in, err = p.startPostgres(ctx, s, tell)
	case s.Kind() == kindRedis:
		in, err = p.startRedis(ctx, s, tell)
	default:
		err = fmt.Errorf("no command serves it on this machine: services, %s, local in runner.yaml gives one", s.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", s.Name, err)
	}
	return in, nil
}

// Close removes the folder of the data. The instances were stopped before.
func (p *Provider) Close(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.base {
		return nil
	}
	if err := p.removeFolder(p.dataFolder()); err != nil {
		return err
	}
	p.base = false
	if !p.ours {
		return nil
	}
	p.ours = false
	if err := os.Remove(p.set.Scratch); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil // somebody of the run uses it now; it stays written down
	}
	return p.set.Keeper.Forget(lease.Folder, p.set.Scratch)
}

// dataFolder holds the data of all services of the run.
func (p *Provider) dataFolder() string { return filepath.Join(p.set.Scratch, "services") }

// life counts the starts of a service: 1 is the first.
func (p *Provider) life(name string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lives[name]++
	return p.lives[name]
}

// ownFolder makes a folder of the run that no one else has, below dataFolder. It is written down before it is made.
func (p *Provider) ownFolder(name string) (string, error) {
	if err := p.makeBase(); err != nil {
		return "", err
	}
	path := filepath.Join(p.dataFolder(), fmt.Sprintf("%s-%d", name, p.life("folder "+name)))
	if err := p.set.Keeper.Own(lease.Thing{Kind: lease.Folder, Name: path}); err != nil {
		return "", err
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		_ = p.set.Keeper.Forget(lease.Folder, path)
		return "", fmt.Errorf("make its folder: %w", err)
	}
	return path, nil
}

// makeBase makes the folder for all data, once.
func (p *Provider) makeBase() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.base {
		return nil
	}
	if !isFolder(p.set.Scratch) {
		if err := p.set.Keeper.Own(lease.Thing{Kind: lease.Folder, Name: p.set.Scratch}); err != nil {
			return err
		}
		p.ours = true
		if err := os.MkdirAll(p.set.Scratch, 0o700); err != nil {
			return fmt.Errorf("make the folder for data: %w", err)
		}
	}
	if err := p.set.Keeper.Own(lease.Thing{Kind: lease.Folder, Name: p.dataFolder()}); err != nil {
		return err
	}
	if err := os.MkdirAll(p.dataFolder(), 0o711); err != nil {
		return fmt.Errorf("make the folder for data: %w", err)
	}
	p.base = true
	return nil
}

// removeFolder removes a folder that ownFolder or makeBase made. What can't be removed stays written down.
func (p *Provider) removeFolder(path string) error {
	if path == "" {
		return nil
	}
	if err := os.RemoveAll(path); err != nil {
		return fmt.Errorf("remove the data in %s: %w; runner clean removes it when that is mended", path, err)
	}
	return p.set.Keeper.Forget(lease.Folder, path)
}
