package docker

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"testrunner/env/service"
)

// The faults of mounts and networks.
const (
	BindRefused    Name = "bind-refused"
	NetworkMissing Name = "network-missing"
	SubnetTaken    Name = "subnet-taken"
	VolumeMissing  Name = "volume-missing"
)

// sight is what of this machine's files the engine sees. A test puts another machine in its place.
type sight struct {
	goos    string
	remote  string                            // the engine's host, where it is another machine; "" is this one
	inside  []Mounted                         // of the container that runner runs in; the engine sees their sources alone
	boxed   bool                              // runner runs in a container
	resolve func(path string) (string, error) // follows links; the error is fs.ErrNotExist where nothing is there
}

var drivePath = regexp.MustCompile(`^([a-zA-Z]):[\\/]`)
var slashedDrive = regexp.MustCompile(`^/([a-zA-Z])(/|$)`)

// source is a bind's path as the engine sees it, or why the engine can't see it.
func (v sight) source(written string) (string, error) {
	switch {
	case v.remote != "":
		return "", fmt.Errorf("bind mount of %s: the engine is on %s, which does not see this machine's files; copy them into the image, or use a named volume", written, v.remote)
	case strings.HasPrefix(written, `\\`) && v.goos == "windows":
		return "", fmt.Errorf("bind mount of %s: the engine sees no shares of the network; copy the folder to a drive of this machine", written)
	}
	path := written
	if v.goos == "windows" {
		if m := slashedDrive.FindStringSubmatch(path); m != nil {
			path = m[1] + ":/" + strings.TrimPrefix(path[2:], "/")
		}
		if !drivePath.MatchString(path) {
			return "", fmt.Errorf(`bind mount of %s: it is no path of Windows with a drive, such as C:\data`, written)
		}
		path = strings.ToUpper(path[:1]) + strings.ReplaceAll(path[1:], "/", `\`)
	} else if drivePath.MatchString(path) {
		return "", fmt.Errorf("bind mount of %s: this is %s, which has no drives; write a path that begins with a slash", written, v.goos)
	} else if !strings.HasPrefix(path, "/") {
		return "", fmt.Errorf("bind mount of %s: the path is not absolute", written)
	}
	real, err := v.resolve(path)
	if err != nil {
		return "", fmt.Errorf("bind mount of %s: %w", written, err)
	}
	if !v.boxed {
		return real, nil
	}
	return v.outside(written, real)
}

// outside is the path that the engine sees of a path in this container.
func (v sight) outside(written, real string) (string, error) {
	best := Mounted{}
	for _, m := range v.inside {
		if (real == m.Target || strings.HasPrefix(real, strings.TrimSuffix(m.Target, "/")+"/")) && len(m.Target) > len(best.Target) {
			best = m
		}
	}
	if best.Target == "" {
		return "", fmt.Errorf("bind mount of %s: runner runs in a container, and the engine does not see that path; mount it into runner's container, or use a named volume", written)
	}
	return path.Join(best.Source, strings.TrimPrefix(real, best.Target)), nil
}

// resolve follows the links of a path of this machine.
func resolve(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		if _, linkErr := os.Lstat(path); linkErr == nil {
			return "", fmt.Errorf("it is a link that leads nowhere: %w", err)
		}
		return "", fmt.Errorf("nothing is there: %w", err)
	}
	return real, nil
}

// mounts turns a service's mounts into what the engine sees: volumes of this run are made, contents written.
func (p *Provider) mounts(ctx context.Context, s service.Spec, tell service.Tell) ([]service.Mount, error) {
	at, err := p.begin(ctx)
	if err != nil {
		return nil, err
	}
	v := sight{goos: p.s.Place.OS, remote: at.remote, boxed: at.inside.ID != "", inside: at.inside.Mounts, resolve: resolve}
	var out []service.Mount
	for n, m := range s.Container.Mounts {
		switch {
		case isContent(m) && p.copies(at, s, m):
			if err = readable(m); err == nil {
				continue // it is copied in once the container is there
			}
		case isContent(m) && (m.Content != nil || isOwned(m)):
			m.Source, err = p.writeContent(v, s.Name, n, m)
		case m.Kind == "bind":
			m.Source, err = p.bind(v, m, tell)
		case m.Kind == "volume" && m.External:
			m.Name = cmp.Or(m.Name, m.Source)
			err = p.externalVolume(ctx, s.Name, m)
		case m.Kind == "volume" && m.Source != "":
			m.Name, err = p.volume(ctx, m)
			m.Driver, m.Options = "", nil
		case m.Kind == "volume":
			m.Name = ""
		}
		if err != nil {
			if _, known := err.(*ServiceError); known { //nolint:errorlint // one of ours, unwrapped
				return nil, err
			}
			return nil, &ServiceError{s.Name, Fault{Name: BindRefused, Detail: err.Error()}, err}
		}
		out = append(out, m)
	}
	return out, nil
}

// bind is the source of a bind mount. Where the compose file says so, a folder that is missing is made.
func (p *Provider) bind(v sight, m service.Mount, tell service.Tell) (string, error) {
	if _, err := os.Lstat(m.Source); m.Create && v.remote == "" && os.IsNotExist(err) && filepath.IsAbs(m.Source) {
		if err := os.MkdirAll(m.Source, 0o755); err != nil {
			return "", fmt.Errorf("bind mount of %s: make the folder: %w", m.Source, err)
		}
		tell("made the folder " + m.Source + ", which a container mounts")
	}
	return v.source(m.Source)
}

func (p *Provider) externalVolume(ctx context.Context, of string, m service.Mount) error {
	all, err := p.s.Engine.Volumes(ctx)
	if err != nil {
		return err
	}
	for _, v := range all {
		if v.Name == m.Name {
			return nil
		}
	}
	return &ServiceError{of, Fault{
		Name: VolumeMissing, Detail: fmt.Sprintf("volume %s is external, and the engine has none of that name", m.Name), Remedy: "docker volume create " + m.Name,
	}, nil}
}
