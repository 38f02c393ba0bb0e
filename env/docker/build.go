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

// BuildTimeout is how long a build may take, the sending of its context included, where nothing else is said. Pulls come before.
const BuildTimeout = 10 * time.Minute

// Builder makes the images of services that the compose files build from source, and makes none twice: an image bears the key of all
// that went into it, and one with the right key is used again. Its methods are safe for use by many goroutines.
type Builder struct {
	Engine  Engine
	Me      Maker
	Project string        // the compose project's name, for names of images
	Timeout time.Duration // of one build; 0 is BuildTimeout
	Own     []string      // absolute folders that runner itself writes into meanwhile: a part of no context
	Silence time.Duration // how long the engine may leave a ping unanswered meanwhile; 0 is BuildSilence

	// Pull gets an image that is not here, with a clock of its own, or anew where the compose file has pull: true. Nil: none can be got,
	// and one that is missing is an error.
	Pull func(ctx context.Context, reference, platform string, tell service.Tell) error

	mu     sync.Mutex
	keys   map[string]*sync.Mutex // a key is built once at a time
	leases map[string]bool        // references that keep an image for this run
}

// Build sees to it that the service's image is there, and returns its name: "runner-build/shop-backend:3f9a01c2d4e5". The image stays
// until CleanImages; until Close it is kept from that. How it goes is told. Errors don't name the service: *MissingSources,
// *BuildKitOnly, *BuildError, *ContextChanged, those of Pull, and others.
func (b *Builder) Build(ctx context.Context, s service.Spec, tell service.Tell) (string, error) {
	if s.Container == nil || s.Container.Build == nil {
		return "", errors.New("the compose files have no build for it")
	}
	for try := 1; ; try++ {
		p, err := b.prepare(ctx, s, try == 1, tell)
		if err != nil {
			return "", err
		}
		image, err := b.within(ctx, p, tell)
		var changed *ContextChanged
		if try == changes || !errors.As(err, &changed) {
			return image, err
		}
		tell(fmt.Sprintf("builds %s again: %s changed while it was sent", s.Name, changed.Path))
	}
}

// changes is how often a context that changes while it is sent is read.
const changes = 3

// within makes the image within the builder's clock. Pulls had theirs.
func (b *Builder) within(ctx context.Context, p *preparation, tell service.Tell) (string, error) {
	limit := b.Timeout
	if limit <= 0 {
		limit = BuildTimeout
	}
	clock, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	image, err := b.make(clock, p, tell)
	if err != nil && clock.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w: it took longer than %s, the limit of a build", err, limit)
	}
	return image, err
}

// make uses the image that is there, or builds it.
func (b *Builder) make(ctx context.Context, p *preparation, tell service.Tell) (string, error) {
	key := p.key()
	defer b.only(key)()
	tag := buildTag(b.Project, p.service, key)
	fresh := p.build.NoCache
	if !fresh {
		found, broken, err := b.reuse(ctx, key, tag, tell)
		if err != nil {
			return "", err
		}
		if found {
			tell(fmt.Sprintf("uses the image %s, built before from the same", tag))
			return tag, nil
		}
		fresh = broken // what else of it is broken nobody knows
	}
	id, err := b.run(ctx, p, tag, key, fresh, tell)
	if err != nil {
		return "", err
	}
	image, err := b.Engine.BuiltImage(ctx, id)
	if err == nil && image.Labels[LabelKey] != key {
		err = fmt.Errorf("the engine built %s without the label %s", short(id), LabelKey)
	}
	if err == nil {
		err = b.keep(ctx, id)
	}
	if err != nil {
		return "", fmt.Errorf("look at the image that was built: %w", err)
	}
	return tag, nil
}

// only waits until nobody else in this process builds the key, and returns what lets the next one in.
func (b *Builder) only(key string) (done func()) {
	b.mu.Lock()
	if b.keys == nil {
		b.keys = map[string]*sync.Mutex{}
	}
	one, ok := b.keys[key]
	if !ok {
		one = new(sync.Mutex)
		b.keys[key] = one
	}
	b.mu.Unlock()
	one.Lock()
	return one.Unlock
}

// reuse looks for an image with the key, and gives it this service's tag. One that bears the tag and can't be used is dropped.
func (b *Builder) reuse(ctx context.Context, key, tag string, tell service.Tell) (found, broken bool, err error) {
	image, err := b.Engine.BuiltImage(ctx, tag)
	switch {
	case err == nil && image.Labels[LabelKey] == key:
		if err = b.keep(ctx, image.ID); err == nil {
			return true, false, nil
		}
		if !IsAbsent(err) {
			return false, false, err
		}
	case err == nil:
		tell(fmt.Sprintf("drops the image %s: it was made of something else than its name says", tag))
		broken = true
	case IsAbsent(err):
	default:
		if b.silent(ctx) != nil {
			return false, false, err
		}
		tell(fmt.Sprintf("drops the image %s: the engine can't read it (%v)", tag, err))
		broken = true
	}
	if broken {
		if err := b.Engine.RemoveImage(ctx, tag); err != nil {
			tell(fmt.Sprintf("leaves the broken image %s: %v", tag, err)) // the tag moves to the one that is built now
		}
		return false, true, nil
	}
	return b.twin(ctx, key, tag)
}

// twin finds the same build under another service's name.
func (b *Builder) twin(ctx context.Context, key, tag string) (found, broken bool, err error) {
	all, err := b.Engine.Images(ctx, LabelKey+"="+key)
	if err != nil {
		return false, false, err
	}
	for _, image := range all {
		// An image that somebody made from ours has the label, too; the tag it can't have.
		if !hasBuildTag(image, key) {
			continue
		}
		if whole, err := b.Engine.BuiltImage(ctx, image.ID); err != nil || whole.Labels[LabelKey] != key {
			continue
		}
		if b.keep(ctx, image.ID) != nil || b.Engine.TagImage(ctx, image.ID, tag) != nil {
			continue // it has just gone
		}
		return true, false, nil
	}
	return false, false, nil
}

func hasBuildTag(image Image, key string) bool {
	for _, tag := range image.Tags {
		if strings.HasPrefix(tag, buildNames) && strings.HasSuffix(tag, ":"+key[:keyDigits]) {
			return true
		}
	}
	return false
}

// buildNames begins the names of images that runner built, and keyDigits is how much of the key ends them.
const (
	buildNames = "runner-build/"
	keyDigits  = 12
)

// buildTag is the name of a service's image.
func buildTag(project, service, key string) string {
	return buildNames + imageName(project+"-"+service) + ":" + key[:keyDigits]
}

// imageName makes a name that an engine takes: small letters and digits, with single marks between them.
func imageName(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(name) {
		if r < 'a' || r > 'z' {
			if r < '0' || r > '9' {
				gap = b.Len() > 0
				continue
			}
		}
		if gap {
			b.WriteByte('-')
		}
		gap = false
		b.WriteRune(r)
	}
	if b.Len() == 0 {
		return "service"
	}
	return b.String()
}
