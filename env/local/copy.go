package local

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"testrunner/runner/process"
)

// writers is how many files are written at once: a cluster of databases is a thousand small ones.
const writers = 4

// pack writes a folder with its files and modes into one file. A server's own record of its process is left out. One file is read twice
// as fast as a thousand, and is whole or not there.
func pack(ctx context.Context, folder, archive string) error {
	f, err := os.OpenFile(archive, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // it holds the hash of a password
	if err != nil {
		return err
	}
	defer f.Close()
	w := tar.NewWriter(f)
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || path == folder || d.Name() == "postmaster.pid" || d.Name() == "postmaster.opts" {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		return packOne(w, path, filepath.ToSlash(relative), info)
	})
	return errors.Join(err, w.Close(), f.Sync())
}

func packOne(w *tar.Writer, path, name string, info fs.FileInfo) error {
	h := &tar.Header{Name: name, Mode: int64(info.Mode().Perm()), Typeflag: tar.TypeDir}
	if !info.IsDir() {
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is neither a file nor a folder", path)
		}
		h.Typeflag, h.Size = tar.TypeReg, info.Size()
	}
	if err := w.WriteHeader(h); err != nil || info.IsDir() {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// packed is a file of an archive.
type packed struct {
	path string
	mode fs.FileMode
	text []byte
}

// unpack makes a folder from an archive, for a user.
func unpack(ctx context.Context, archive, folder string, user *process.User) error {
	all, err := os.ReadFile(archive)
	if err != nil {
		return err
	}
	if err := makeFolder(folder, 0o700, user); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	files := make(chan packed, writers)
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for f := range files {
				if err := writeFile(f, user); err != nil {
					cancel(err)
				}
			}
		})
	}
	err = hand(ctx, all, folder, user, files)
	close(files)
	group.Wait()
	return errors.Join(err, context.Cause(ctx))
}

// hand makes the folders of an archive, and hands its files on.
func hand(ctx context.Context, all []byte, folder string, user *process.User, files chan<- packed) error {
	in := bytes.NewReader(all)
	for r := tar.NewReader(in); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the template is damaged: %w", err)
		}
		if !filepath.IsLocal(filepath.FromSlash(h.Name)) {
			return fmt.Errorf("the template is damaged: it holds %s", h.Name)
		}
		path := filepath.Join(folder, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			if err := makeFolder(path, fs.FileMode(h.Mode), user); err != nil {
				return err
			}
			continue
		}
		at := int64(len(all) - in.Len()) // the reader has read the header, and no more
		if at+h.Size > int64(len(all)) {
			return errors.New("the template is damaged: it was cut short")
		}
		if ctx.Err() != nil {
			return nil // the cause is told by unpack
		}
		files <- packed{path, fs.FileMode(h.Mode), all[at : at+h.Size]}
	}
}

func makeFolder(path string, mode fs.FileMode, user *process.User) error {
	if err := os.Mkdir(path, mode); err != nil {
		return err
	}
	return chown(path, user)
}

func writeFile(p packed, user *process.User) error {
	f, err := os.OpenFile(p.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, p.mode)
	if err != nil {
		return err
	}
	_, err = f.Write(p.text)
	if user != nil {
		err = errors.Join(err, f.Chown(int(user.UID), int(user.GID)))
	}
	return errors.Join(err, f.Close())
}

// chown gives a file to a user, where another one is to have it.
func chown(path string, user *process.User) error {
	if user == nil {
		return nil
	}
	return os.Lchown(path, int(user.UID), int(user.GID))
}
