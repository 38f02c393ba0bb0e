package docker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"testrunner/env/docker/dockerfile"
	"testrunner/env/service"
)

// preparation is a build that is ready to begin: all is read, the images that it starts from are here, and what it copies is there.
type preparation struct {
	ingredients
	service string
	name    string // the Dockerfile's, for messages: "Dockerfile", "docker/api.Dockerfile"
	file    dockerfile.File
	stages  []dockerfile.Stage // up to the target
	proxies dockerfile.Values
	sent    string            // the Dockerfile's text as the engine gets it
	known   dockerfile.Values // the values of arguments about platforms

	buildkit bool // the Dockerfile needs BuildKit
}

// prepare reads all that a build is made of. What is odd about it is told the first time.
func (b *Builder) prepare(ctx context.Context, s service.Spec, first bool, tell service.Tell) (*preparation, error) {
	build := s.Container.Build
	p := &preparation{service: s.Name, proxies: proxyArgs(build.Args)}
	p.build = build
	if remoteContext(build.Context) {
		return nil, fmt.Errorf("its context %s is an address: name a folder that holds a checkout of it", build.Context)
	}
	dir, err := filepath.EvalSymlinks(build.Context)
	if err != nil {
		return nil, fmt.Errorf("read the build's context: %w", err)
	}
	path, err := p.readDockerfile(dir)
	if err != nil {
		return nil, err
	}
	if err := b.readStages(ctx, p, s.Container.Platform); err != nil {
		return nil, err
	}
	ignore, err := readIgnoring(dir, path)
	if err != nil {
		return nil, err
	}
	ignore.own = ownIn(dir, b.Own)
	if p.context, err = readContext(ctx, dir, ignore); err != nil {
		return nil, err
	}
	if first {
		for _, warning := range p.context.warnings(p.service, p.copies(nil)) {
			tell(warning)
		}
		if line := p.exposed(); line != "" {
			tell(fmt.Sprintf("builds %s: %s copies the Dockerfile, too, as %s: BuildKit gets it in the context", p.service, line, hiddenDockerfile))
		}
	}
	environ := map[string][]string{}
	if err := b.findBases(ctx, p, environ); err != nil {
		return nil, err
	}
	if err := p.checkCopies(path, environ); err != nil {
		return nil, err
	}
	return p, b.getBases(ctx, p, first, tell)
}

// remoteContext is whether a context is an address.
func remoteContext(context string) bool {
	return strings.Contains(context, "://") || strings.HasPrefix(context, "git@") || strings.HasPrefix(context, "github.com/")
}

// readDockerfile reads the Dockerfile and returns its path; "" where the compose file holds it.
func (p *preparation) readDockerfile(dir string) (path string, err error) {
	if p.build.Inline != "" {
		p.name, p.dockerfile = "dockerfile_inline", p.build.Inline
		p.file = dockerfile.Read(p.dockerfile)
		return "", nil
	}
	names := []string{p.build.Dockerfile}
	if p.build.Dockerfile == "" {
		names = []string{"Dockerfile", "dockerfile"}
	}
	for _, name := range names {
		path = name
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, filepath.FromSlash(name))
		}
		var text []byte
		text, err = os.ReadFile(path)
		if err == nil {
			p.name, p.dockerfile = filepath.ToSlash(name), string(text)
			p.file = dockerfile.Read(p.dockerfile)
			return path, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no %s in %s: write one, or name it by build.dockerfile in the compose file", names[0], dir)
	}
	return "", fmt.Errorf("read the Dockerfile: %w", err)
}

// readStages finds the stages up to the target, and the values of the arguments.
func (b *Builder) readStages(ctx context.Context, p *preparation, platform string) (err error) {
	if err := b.chooseBuilder(ctx, p); err != nil {
		return err
	}
	if p.platform, err = b.platform(ctx, platform, p.build.Platforms); err != nil {
		return err
	}
	p.args = declaredArgs(p.file, p.build.Args)
	if err := b.platformArgs(ctx, p); err != nil {
		return err
	}
	if p.stages, err = dockerfile.Upto(p.file.Stages(p.args), p.build.Target); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}

// platform is what is built for: the service's own, else the engine's where the build may be for several.
func (b *Builder) platform(ctx context.Context, own string, several []string) (string, error) {
	if own != "" || len(several) == 0 {
		return own, nil
	}
	if len(several) > 1 {
		info, err := b.Engine.Info(ctx)
		if err != nil {
			return "", err
		}
		if here := enginePlatform(info); slices.Contains(several, here) {
			return here, nil
		}
	}
	return several[0], nil
}

func enginePlatform(i Info) string { return i.OSType + "/" + goArchitecture(i.Architecture) }

// platformNames are the arguments about platforms that BuildKit knows by itself.
func platformNames(f dockerfile.File) (names []string, used bool) {
	for _, side := range []string{"BUILD", "TARGET"} {
		for _, what := range []string{"PLATFORM", "OS", "ARCH", "VARIANT"} {
			names = append(names, side+what)
		}
	}
	for _, i := range f.Instructions {
		platform, _ := i.Flag("platform")
		used = used || i.Name == "FROM" && strings.Contains(platform, "$")
	}
	declared := f.Arguments()
	return names, used || slices.ContainsFunc(names, func(name string) bool { return slices.Contains(declared, name) })
}

// platformArgs gives these arguments their values, where an ARG declares them or a FROM uses them.
func (b *Builder) platformArgs(ctx context.Context, p *preparation) error {
	p.sent, p.known = p.dockerfile, dockerfile.Values{}
	if p.buildkit { // the engine's own frontend: another one would have to be fetched, and it could ask for a session
		p.sent = dockerfile.WithoutSyntax(p.sent)
	}
	names, used := platformNames(p.file)
	if !used {
		return nil
	}
	info, err := b.Engine.Info(ctx)
	if err != nil {
		return err
	}
	own := enginePlatform(info)
	target := own
	if p.platform != "" {
		target = p.platform
	}
	for side, platform := range map[string]string{"BUILD": own, "TARGET": target} {
		parts := append(strings.SplitN(platform, "/", 3), "", "")
		for what, value := range map[string]string{"PLATFORM": platform, "OS": parts[0], "ARCH": parts[1], "VARIANT": parts[2]} {
			p.known[side+what] = value
		}
	}
	declared := p.file.Arguments()
	for _, name := range names {
		if _, given := p.args[name]; !given && p.known[name] != "" && slices.Contains(declared, name) {
			p.args[name] = p.known[name]
		}
	}
	p.sent = dockerfile.PlatformsIn(p.sent, p.known)
	return nil
}

// findBases looks which of the images that the build starts from are here, and what their variables are.
func (b *Builder) findBases(ctx context.Context, p *preparation, environ map[string][]string) error {
	p.bases = map[string]string{}
	for _, image := range p.file.Images(p.stages) {
		d, err := b.Engine.DescribeImage(ctx, image)
		switch {
		case IsAbsent(err):
			p.bases[image] = ""
		case err != nil:
			return err
		default:
			p.bases[image], environ[image] = d.ID, d.Env
		}
	}
	return nil
}

// getBases pulls the images that are missing: without their ids there is no key.
func (b *Builder) getBases(ctx context.Context, p *preparation, first bool, tell service.Tell) error {
	for _, image := range sortedKeys(p.bases) {
		if p.bases[image] != "" && (!p.build.Pull || !first) {
			continue
		}
		if b.Pull == nil {
			if p.bases[image] != "" {
				continue
			}
			return fmt.Errorf("%s starts from %s, which is not here: docker pull %s", p.name, image, image)
		}
		if err := b.Pull(ctx, image, p.basePlatform(image), tell); err != nil {
			return err
		}
		d, err := b.Engine.DescribeImage(ctx, image)
		if err != nil {
			return err
		}
		p.bases[image] = d.ID
	}
	return nil
}

// basePlatform is the platform that an image is to be of: its FROM's own, else the build's.
func (p *preparation) basePlatform(image string) string {
	for _, s := range p.stages {
		if s.Base == image && s.Platform != "" {
			known := func(name string) (string, bool, bool) {
				value, ok := p.args[name]
				if !ok {
					value, ok = p.known[name]
				}
				return value, ok, true
			}
			if platform, ok := p.file.Expand(s.Platform, known); ok && platform != "" {
				return platform
			}
		}
	}
	return p.platform
}
