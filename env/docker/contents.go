package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"testrunner/env/service"
)

// isContent tells a secret or config from what else is mounted.
func isContent(m service.Mount) bool { return m.Kind == "bind" && (m.Content != nil || m.File) }

// isOwned tells whether the compose file gives it an owner or a mode: its file's own don't count then.
func isOwned(m service.Mount) bool { return m.UID != "" || m.GID != "" || m.Mode != 0 }

// copies tells whether a content is copied into the container rather than mounted: where the engine does not see our files, and where it
// has an owner of its own. A root that is read-only takes no copies, and one that lies in a folder of this machine would be
// written there.
func (p *Provider) copies(at *site, s service.Spec, m service.Mount) bool {
	if s.Container.ReadOnly || within(m.Target, s.Container) {
		return false
	}
	return at.remote != "" || at.inside.ID != "" || isOwned(m)
}

// within tells whether a path lies in what is mounted into a container and is not the run's own.
func within(target string, c *service.Container) bool {
	below := func(folder string) bool {
		return folder != "" && strings.HasPrefix(target, strings.TrimSuffix(folder, "/")+"/")
	}
	for _, m := range c.Mounts {
		if (m.Kind != "volume" || m.External) && below(m.Target) {
			return true
		}
	}
	for _, t := range c.Tmpfs {
		if folder, _, _ := strings.Cut(t, ":"); below(folder) {
			return true
		}
	}
	return false
}

// readable says why a content that is to be copied can't be.
func readable(m service.Mount) error {
	if _, _, err := contentOwner(m); err != nil {
		return err
	}
	_, err := contentOf(m)
	return err
}

func contentOf(m service.Mount) ([]byte, error) {
	if m.Content != nil {
		return m.Content, nil
	}
	text, err := os.ReadFile(m.Source)
	if err != nil {
		return nil, fmt.Errorf("read the file for %s: %w", m.Target, err)
	}
	return text, nil
}

// contentOwner is who owns a content in the container: root, where nothing is said.
func contentOwner(m service.Mount) (uid, gid int, err error) {
	for what, written := range map[string]string{"uid": m.UID, "gid": m.GID} {
		if written == "" {
			continue
		}
		n, err := strconv.Atoi(written)
		if err != nil || n < 0 {
			return 0, 0, fmt.Errorf("the %s %q of %s is no number; a file has its owner before the image's names are known", what, written, m.Target)
		}
		if what == "uid" {
			uid = n
		} else {
			gid = n
		}
	}
	return uid, gid, nil
}

func contentMode(m service.Mount) fs.FileMode {
	if m.Mode != 0 {
		return fs.FileMode(m.Mode)
	}
	return 0o444
}

// writeContent writes the content of a secret or config into a file of this run, in a folder that nobody else may enter, and returns its
// path as the engine sees it.
func (p *Provider) writeContent(v sight, name string, n int, m service.Mount) (string, error) {
	uid, gid, err := contentOwner(m)
	if err != nil {
		return "", err
	}
	text, err := contentOf(m)
	if err != nil {
		return "", err
	}
	file, err := p.write(name, n, m, text)
	if err != nil {
		return "", err
	}
	if m.UID != "" || m.GID != "" {
		if err := os.Lchown(file, uid, gid); err != nil {
			return "", fmt.Errorf("give %s its owner %d:%d: %w; the container's root is read-only or it lies in another mount, so it can't be copied in: take uid and gid out, or run as root",
				m.Target, uid, gid, err)
		}
	}
	source, err := v.source(file)
	if err != nil {
		return "", fmt.Errorf("the content for %s can't be copied into a container whose root is read-only, or into another mount, and not be mounted: %w", m.Target, err)
	}
	return source, nil
}

func (p *Provider) write(name string, n int, m service.Mount, text []byte) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.folder == "" {
		folder := filepath.Join(p.s.Folder, p.prefix()+"-files")
		if p.s.Folder == "" {
			folder = filepath.Join(os.TempDir(), p.prefix()+"-files")
		}
		if err := p.s.Keeper.Own("folder", folder); err != nil {
			return "", fmt.Errorf("write down the folder of secrets: %w", err)
		}
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return "", fmt.Errorf("make the folder of secrets: %w", err)
		}
		p.folder = folder
	}
	file := filepath.Join(p.folder, name+"-"+strconv.Itoa(n))
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return "", fmt.Errorf("write the content for %s: %w", m.Target, err)
	}
	return file, os.Chmod(file, contentMode(m)) // whatever the user's mask is: a container's user is another one
}

// fill copies contents into a container that was created.
func (p *Provider) fill(ctx context.Context, s service.Spec, id string) error {
	at, err := p.begin(ctx)
	if err != nil {
		return err
	}
	stream, err := p.contents(at, s)
	if err != nil || stream == nil {
		return err
	}
	return p.s.Engine.CopyTo(ctx, id, "/", bytes.NewReader(stream))
}

// contents is a tar stream of the contents that are copied; nil if there are none.
func (p *Provider) contents(at *site, s service.Spec) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	any := false
	for _, m := range s.Container.Mounts {
		if !isContent(m) || !p.copies(at, s, m) {
			continue
		}
		any = true
		text, err := contentOf(m)
		if err != nil {
			return nil, err
		}
		uid, gid, err := contentOwner(m)
		if err != nil {
			return nil, err
		}
		head := &tar.Header{Name: strings.TrimPrefix(m.Target, "/"), Mode: int64(contentMode(m)), Size: int64(len(text)), Uid: uid, Gid: gid}
		if err := w.WriteHeader(head); err != nil {
			return nil, fmt.Errorf("copy the content for %s: %w", m.Target, err)
		}
		if _, err := w.Write(text); err != nil {
			return nil, fmt.Errorf("copy the content for %s: %w", m.Target, err)
		}
	}
	if err := w.Close(); err != nil || !any {
		return nil, err
	}
	return b.Bytes(), nil
}
