package docker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"

	"testrunner/runner/process"
)

// Removed is an image that was removed, or would be.
type Removed struct {
	ID    string
	Names []string // those that runner gave it, sorted
	Bytes int64    // its size; layers that other images share are counted, too
}

// String is "runner-build/shop-backend:3f9a01c2d4e5 (0123456789ab), 12 MB".
func (r Removed) String() string {
	return fmt.Sprintf("%s (%s), %s", strings.Join(r.Names, ", "), short(r.ID), sizeText(r.Bytes))
}

// CleanImages removes the images that runner built, which no container uses, running or not, and no live run needs. One that somebody
// gave a name of his own stays. With dryRun nothing is removed. The error names what could not be.
func CleanImages(ctx context.Context, e Engine, me Maker, dryRun bool) ([]Removed, error) {
	all, err := e.Images(ctx, LabelKey)
	if err != nil {
		return nil, fmt.Errorf("clean the built images: %w", err)
	}
	var out []Removed
	var errs []error
	for _, image := range all {
		removed, ok, err := cleanImage(ctx, e, me, image, dryRun)
		if err != nil {
			errs = append(errs, err)
		}
		if ok {
			out = append(out, removed)
		}
	}
	if len(errs) > 0 {
		return out, fmt.Errorf("clean the built images: %w", errors.Join(errs...))
	}
	return out, nil
}

// cleanImage removes one image by its names, one after the other and without force: whoever takes the image meanwhile keeps it.
func cleanImage(ctx context.Context, e Engine, me Maker, image Image, dryRun bool) (Removed, bool, error) {
	r := Removed{ID: image.ID, Bytes: image.Bytes}
	var dead, built []string
	for _, tag := range image.Tags {
		switch {
		case strings.HasPrefix(tag, buildNames):
			built = append(built, tag)
		case strings.HasPrefix(tag, leaseNames):
			if leaseFate(tag, me, time.Now(), process.Identify) != Dead {
				return r, false, nil
			}
			dead = append(dead, tag)
		default:
			return r, false, nil
		}
	}
	if len(built)+len(dead) == 0 {
		return r, false, nil // it has no name: somebody made it from ours
	}
	users, err := e.ImageUsers(ctx, image.ID)
	if err != nil || len(users) > 0 {
		return r, false, err
	}
	slices.Sort(built)
	r.Names = built
	if dryRun {
		return r, true, nil
	}
	for _, tag := range slices.Concat(dead, built) {
		err := e.RemoveImage(ctx, tag)
		if cerrdefs.IsConflict(err) {
			return r, false, nil // a container has just begun to use it
		}
		if err != nil {
			return r, false, err
		}
	}
	return r, true, nil
}

// sizeText is a size as people read it.
func sizeText(n int64) string {
	if n < 1e6 {
		return fmt.Sprintf("%d kB", (n+999)/1000)
	}
	return fmt.Sprintf("%d MB", n/1e6)
}
