package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// contextTime is every file's time in a context: that of a checkout says nothing, and archives of the ZIP kind refuse years before 1980.
func contextTime() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// ContextChanged says that a file of a build's context was written while the context was read and sent: the image would not be that of
// its key.
type ContextChanged struct{ Path string }

func (c *ContextChanged) Error() string {
	return fmt.Sprintf("%s changed while the build's context was sent: let the program that writes it end first, or keep it out by .dockerignore", c.Path)
}

// contextExtra is what is sent beside the context: files that the engine reads first and then may take away (the Dockerfile, .dockerignore).
type contextExtra map[string]string

// write writes the context as a tar stream: sorted, every time the same, nobody's files. What is in extra stands in place of the
// context's own. Each file must still be what its entry says.
func (c *buildContext) write(ctx context.Context, w io.Writer, extra contextExtra) error {
	t := tar.NewWriter(w)
	for _, name := range sortedKeys(extra) {
		h := tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(extra[name])), ModTime: contextTime()}
		if e, ok := c.find(name); ok && e.mode.IsRegular() {
			h.Mode = tarMode(e.mode)
		}
		if err := t.WriteHeader(&h); err != nil {
			return err
		}
		if _, err := io.WriteString(t, extra[name]); err != nil {
			return err
		}
	}
	for _, e := range c.entries {
		if _, ok := extra[e.path]; ok {
			continue
		}
		if err := c.writeEntry(ctx, t, e); err != nil {
			return err
		}
	}
	return t.Close()
}

func (c *buildContext) writeEntry(ctx context.Context, t *tar.Writer, e contextEntry) error {
	h := tar.Header{Typeflag: tar.TypeReg, Name: e.path, Mode: tarMode(e.mode), Size: e.size, Linkname: e.link, ModTime: contextTime()}
	switch {
	case e.mode.IsDir():
		h.Typeflag, h.Name = tar.TypeDir, e.path+"/"
	case e.mode&fs.ModeSymlink != 0:
		h.Typeflag = tar.TypeSymlink
	}
	if err := t.WriteHeader(&h); err != nil {
		return err
	}
	if h.Typeflag != tar.TypeReg {
		return nil
	}
	f, err := os.Open(c.full(e.path))
	if err != nil {
		return &ContextChanged{e.path}
	}
	defer f.Close()
	hash := sha256.New()
	n, err := io.Copy(t, io.TeeReader(io.LimitReader(interruptible{ctx, f}, e.size), hash))
	if err != nil {
		return err
	}
	more, _ := f.Read(make([]byte, 1)) // it may have grown
	if n != e.size || more > 0 || !bytes.Equal(hash.Sum(nil), e.sum[:]) {
		return &ContextChanged{e.path}
	}
	return nil
}

// tarMode is a mode's bits as a tar file has them.
func tarMode(mode fs.FileMode) int64 {
	bits := int64(mode.Perm())
	for _, b := range []struct {
		is  fs.FileMode
		bit int64
	}{{fs.ModeSetuid, 0o4000}, {fs.ModeSetgid, 0o2000}, {fs.ModeSticky, 0o1000}} {
		if mode&b.is != 0 {
			bits |= b.bit
		}
	}
	return bits
}
