package docker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"testrunner/env/service"
)

// The faults of getting an image. RateLimited and Offline are others.
const (
	ImageMissing  Name = "image-missing"  // the registry has none of that name or tag, or does not show it
	ImageNotHere  Name = "image-not-here" // it must not be pulled, and is not there
	WrongPlatform Name = "wrong-platform"
	PullSlow      Name = "pull-slow"
	LoginNeeded   Name = "login-needed"
	BuildRefused  Name = "build-refused"
)

// tellEvery is the pause between two lines of progress.
const tellEvery = time.Second

// fetched is an image that was got once, for all services that name it.
type fetched struct {
	sync.Mutex
	done  bool
	image ImageDescription
}

// image gets the image of a service by the rules of its pull policy: one that is built is built, one that is there is taken.
func (p *Provider) image(ctx context.Context, s service.Spec, tell service.Tell) (ready, error) {
	c := s.Container
	reference := c.Image
	if c.Build != nil && c.PullPolicy != "always" && c.PullPolicy != "never" {
		if p.s.Build == nil {
			return ready{}, &ServiceError{s.Name, Fault{Name: BuildRefused, Detail: "it is built from source, and nothing here builds images"}, nil}
		}
		built, err := p.s.Build(ctx, s, tell)
		if err != nil {
			return ready{}, fmt.Errorf("build %s: %w", s.Name, err)
		}
		image, err := p.s.Engine.DescribeImage(ctx, built)
		return ready{built, image}, err
	}
	if reference == "" {
		return ready{}, &ServiceError{s.Name, Fault{Name: ImageNotHere, Detail: "it has no image, and its pull_policy keeps it from being built"}, nil}
	}
	p.mu.Lock()
	key := reference + " " + c.Platform + " " + c.PullPolicy
	f := p.images[key]
	if f == nil {
		f = &fetched{}
		p.images[key] = f
	}
	p.mu.Unlock()
	f.Lock()
	defer f.Unlock()
	if f.done {
		return ready{reference, f.image}, nil
	}
	image, err := p.fetch(ctx, s, reference, tell)
	if err != nil {
		return ready{}, err
	}
	f.image, f.done = image, true
	return ready{reference, image}, nil
}

// fetch takes the image that is there, or pulls it.
func (p *Provider) fetch(ctx context.Context, s service.Spec, reference string, tell service.Tell) (ImageDescription, error) {
	c := s.Container
	image, err := p.s.Engine.DescribeImage(ctx, reference)
	here := err == nil && rightPlatform(image, c.Platform)
	switch {
	case err != nil && !IsAbsent(err):
		return image, err
	case here && c.PullPolicy != "always":
		return image, nil
	case c.PullPolicy == "never" && err == nil:
		return image, &ServiceError{s.Name, Fault{Name: WrongPlatform, Detail: fmt.Sprintf("the image %s that is here is for %s, not %s, and its pull_policy is never", reference, platformText(image), c.Platform)}, nil}
	case c.PullPolicy == "never":
		return image, &ServiceError{s.Name, Fault{Name: ImageNotHere, Detail: fmt.Sprintf("the image %s is not here, and its pull_policy is never", reference), Remedy: "docker pull " + reference}, err}
	}
	if err := p.Pull(ctx, reference, c.Platform, tell); err != nil {
		return ImageDescription{}, forService(s.Name, err)
	}
	image, err = p.s.Engine.DescribeImage(ctx, reference)
	if err == nil && !rightPlatform(image, c.Platform) {
		err = &ServiceError{s.Name, Fault{Name: WrongPlatform, Detail: fmt.Sprintf("the image %s is for %s, not %s", reference, platformText(image), c.Platform)}, nil}
	}
	return image, err
}

// forService puts a service's name before an error that has none.
func forService(service string, err error) error {
	var e *ServiceError
	if errors.As(err, &e) && e.Service == "" {
		e.Service = service
	}
	return err
}

// Pull pulls an image within its own clock, and tells how far it is. The platform is "linux/arm64", or "" for the engine's own. The
// error is a *ServiceError, whose fault says why and what mends it.
func (p *Provider) Pull(ctx context.Context, reference, platform string, tell service.Tell) error {
	within, cancel := context.WithTimeout(ctx, p.s.PullWithin)
	defer cancel()
	progress := newPullProgress(reference, time.Now, tell)
	auth := registryAuth(within, p.s.Place, reference)
	err := p.s.Engine.PullImage(within, reference, platform, auth, progress.step)
	switch {
	case err == nil:
		progress.end()
		return nil
	case ctx.Err() == nil && errors.Is(within.Err(), context.DeadlineExceeded):
		return &ServiceError{"", Fault{
			Name: PullSlow, Detail: fmt.Sprintf("the image %s was not pulled within %s (%s)", reference, p.s.PullWithin, progress.text()), Remedy: "docker pull " + reference,
		}, err}
	case ctx.Err() != nil:
		return fmt.Errorf("pull %s: %w", reference, err)
	}
	return &ServiceError{"", explainPull(err, reference, platform), err}
}

// explainPull words why an image can't be pulled. Engines say these by text alone.
func explainPull(err error, reference, platform string) Fault {
	text := strings.ToLower(err.Error())
	says := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	registry := registryOf(reference)
	login := "docker login"
	if registry != dockerHub {
		login += " " + registry
	}
	switch {
	case says("toomanyrequests", "rate limit", "429 too many requests"):
		return Fault{RateLimited, fmt.Sprintf("the image %s is not here, and the registry %s takes no more pulls from this address for now; sign in, or wait", reference, registry), login}
	case says("no matching manifest", "does not match the specified platform", "image operating system", "cannot be used on this platform"):
		if platform == "" {
			platform = "the engine's platform"
		}
		return Fault{WrongPlatform, fmt.Sprintf("the registry has no image %s for %s; name one that it has with platform: in the compose file", reference, platform), ""}
	case says("no space left on device"):
		return Fault{DiskFull, "the disk of the engine is full", "docker system prune"}
	case says("no basic auth credentials", "unauthorized", "authentication required", "may require 'docker login'", "denied: requested access"):
		return Fault{LoginNeeded, fmt.Sprintf("the registry %s does not give the image %s away: it has none of that name, or wants a login", registry, reference), login}
	case says("manifest unknown", "not found", "name unknown", "repository does not exist"):
		return Fault{ImageMissing, fmt.Sprintf("the registry %s has no image %s; mend its name or tag in the compose file", registry, reference), ""}
	case says("no such host", "dial tcp", "connection refused", "i/o timeout", "tls handshake timeout", "network is unreachable", "request canceled while waiting", "server misbehaving", "eof", "proxyconnect"):
		return Fault{Offline, fmt.Sprintf("the image %s is not here, and the registry %s can't be reached; load it: docker load -i FILE", reference, registry), ""}
	}
	f, _ := Explain(err)
	return f
}

// rightPlatform tells whether an image is for the platform that is asked for; parts that are not named don't count.
func rightPlatform(image ImageDescription, asked string) bool {
	if asked == "" {
		return true
	}
	p := platformOf(asked)
	return p.OS == image.OS && (p.Architecture == "" || p.Architecture == image.Architecture) && (p.Variant == "" || image.Variant == "" || p.Variant == image.Variant)
}

func platformText(image ImageDescription) string {
	text := image.OS + "/" + image.Architecture
	if image.Variant != "" {
		text += "/" + image.Variant
	}
	return text
}

// pullProgress sums up the layers of a pull.
type pullProgress struct {
	reference string
	now       func() time.Time
	tell      service.Tell
	layers    map[string]PullStep
	last      time.Time
	begun     time.Time
}

func newPullProgress(reference string, now func() time.Time, tell service.Tell) *pullProgress {
	return &pullProgress{reference: reference, now: now, tell: tell, layers: map[string]PullStep{}, begun: now()}
}

// step takes one message. A line is told for the first bytes, and then once in a while.
func (p *pullProgress) step(s PullStep) {
	if s.Layer == "" || s.Status == "Extracting" {
		return // of the whole image, or counted already
	}
	known := p.layers[s.Layer]
	if s.Total > 0 {
		known.Total, known.Current = s.Total, s.Current
	}
	if s.Status == "Download complete" || s.Status == "Pull complete" {
		known.Current = known.Total
	}
	p.layers[s.Layer] = known
	if now := p.now(); s.Total > 0 && now.Sub(p.last) >= tellEvery {
		p.last = now
		p.tell("pulls " + p.text())
	}
}

// text is "postgres:16: 40 of 112 MB"; the second number grows as the engine finds layers.
func (p *pullProgress) text() string {
	var current, total int64
	for _, l := range p.layers {
		current, total = current+l.Current, total+l.Total
	}
	return fmt.Sprintf("%s: %s of %s MB", p.reference, megabytes(current), megabytes(total))
}

func (p *pullProgress) end() {
	p.tell(fmt.Sprintf("pulled %s in %s", p.reference, p.now().Sub(p.begun).Round(100*time.Millisecond)))
}

func megabytes(n int64) string {
	if n < 10<<20 {
		return fmt.Sprintf("%.1f", float64(n)/1e6)
	}
	return fmt.Sprintf("%d", n/1e6)
}
