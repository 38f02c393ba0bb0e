package local

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"testrunner/env/lease"
	"testrunner/env/service"
	"testrunner/runner/process"
)

// recipe is all that a template's content depends on.
type recipe struct {
	at      postgresAt
	scripts []script
	byBytes bool // the image sorts text by its bytes, as Alpine's library does
}

// templatePrefix begins the names of all templates.
const templatePrefix = "postgres-"

// recipeFormat changes when the way in which templates are made does.
const recipeFormat = 2

// key names the template: two recipes with the same key make the same.
func (r recipe) key() string {
	h := sha256.New()
	for _, part := range []string{
		strconv.Itoa(recipeFormat), r.at.program, r.at.version, r.at.account.user, r.at.account.password, r.at.account.database,
		strconv.FormatBool(r.at.account.trust), r.at.account.arguments, strconv.FormatBool(r.byBytes),
	} {
		fmt.Fprintf(h, "%q\n", part)
	}
	for _, s := range r.scripts {
		fmt.Fprintf(h, "%q %x\n", s.name, sha256.Sum256(s.text))
	}
	return fmt.Sprintf("%s%s-%x.tar", templatePrefix, major(r.at.version), h.Sum(nil)[:8])
}

// template is the archive of the recipe's data, made if it is not there. Of many at once one makes it, and the others wait.
func (p *Provider) template(ctx context.Context, name string, r recipe, tell service.Tell) (string, error) {
	path := filepath.Join(p.set.Cache, r.key())
	if err := os.MkdirAll(p.set.Cache, 0o755); err != nil {
		return "", fmt.Errorf("make the folder for templates: %w", err)
	}
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		if isFile(path) {
			used(path)
			return path, nil
		}
		unlock, err := lockTemplate(path + ".lock")
		if err != nil {
			return "", err
		}
		if unlock != nil {
			defer unlock()
			break
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("wait for another run that makes the template %s: %w", path, ctx.Err())
		case <-time.After(pause):
		}
	}
	if isFile(path) {
		return path, nil // it came between our look and the lock
	}
	tell(fmt.Sprintf("%s: makes a template of an empty PostgreSQL %s, once", name, r.at.version))
	if err := p.makeTemplate(ctx, name, r, path, tell); err != nil {
		return "", fmt.Errorf("make the template of its data: %w", err)
	}
	return path, nil
}

// makeTemplate makes the data in a folder of the run, as the server's user, and packs it into the cache: that is whose the runner is, and
// may lie where the other may not go.
func (p *Provider) makeTemplate(ctx context.Context, name string, r recipe, path string, tell service.Tell) (err error) {
	folder, err := p.ownFolder(name + "-template")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.removeFolder(folder)) }()
	if err := p.initialise(ctx, name, r, folder, tell); err != nil {
		return err
	}
	return p.shelve(ctx, filepath.Join(folder, "data"), path)
}

// shelve packs data into the cache. What is incomplete bears the run's name, so that it is removed with the run, and its own: a run may
// make several templates at once.
func (p *Provider) shelve(ctx context.Context, data, path string) (err error) {
	own := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	unfinished := filepath.Join(p.set.Cache, lease.ScratchName(p.set.Run)+"-"+own)
	if err := p.set.Keeper.Own(lease.Thing{Kind: lease.Folder, Name: unfinished}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.removeFolder(unfinished)) }()
	if err := os.MkdirAll(unfinished, 0o700); err != nil {
		return err
	}
	complete := filepath.Join(unfinished, filepath.Base(path))
	if err := pack(ctx, data, complete); err != nil {
		return err
	}
	return os.Rename(complete, path) // over one of the same content, if somebody took our lock for a dead one's
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// newborn is how old a lock without an owner in it may be before its maker is taken for dead.
const newborn = 5 * time.Second

// lockTemplate takes a lock that spares many runs the same work; that no half of a template is used does not depend on it. unlock is nil
// where another one, which lives, has it.
func lockTemplate(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		if !abandoned(path) {
			return nil, nil
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("remove the lock of a dead run: %w", err)
		}
		return nil, nil // the next try may have it
	}
	if err != nil {
		return nil, fmt.Errorf("lock the template: %w", err)
	}
	self, _ := process.Identify(os.Getpid())
	err = json.NewEncoder(f).Encode(self)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path)
		return nil, fmt.Errorf("lock the template: %w", err)
	}
	return func() { _ = os.Remove(path) }, nil
}

// abandoned tells whether the lock's owner is dead.
func abandoned(path string) bool {
	b, err := os.ReadFile(path)
	if err != nil {
		return false // it is gone; the next try finds out
	}
	var owner process.ID
	if json.Unmarshal(b, &owner) == nil && owner.Pid > 0 {
		return !owner.Alive()
	}
	info, err := os.Stat(path)
	return err == nil && time.Since(info.ModTime()) > newborn
}

// lastLines is the end of an output, on one line.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " | ")
}
