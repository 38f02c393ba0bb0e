//go:build unix

package docker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"testrunner/runner/process"
)

// elsewhere is a machine that this one is not: its files, programs, services and sockets. The client that talks to it is the real one.
type other struct {
	os       string
	environ  []string
	uid      int
	files    map[string]string       // content
	sockets  map[string]http.Handler // by URL; nil accepts and stays silent
	errs     map[string]error        // of a dial, by URL
	programs []string
	service  Service
	named    []process.Glimpse
	outputs  map[string]string
}

// info is a file of the other machine.
type info struct {
	name string
	mode fs.FileMode
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return 0 }
func (i info) Mode() fs.FileMode  { return i.mode }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.mode.IsDir() }
func (i info) Sys() any           { return nil }

func (o other) place(t *testing.T, log func(string)) Place {
	t.Helper()
	p := Place{
		OS: o.os, Environ: o.environ, Uid: o.uid, User: "ada", Home: "/home/ada", Hostname: "machine",
		ReadFile: func(name string) ([]byte, error) {
			if text, ok := o.files[name]; ok {
				return []byte(text), nil
			}
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		},
		Service: func(string) Service { return o.service },
		Named:   func(...string) []process.Glimpse { return o.named },
		Process: func(pid int) (process.Glimpse, error) { return process.Glimpse{}, fs.ErrNotExist },
		Log:     log,
	}
	p.Stat = func(name string) (fs.FileInfo, error) {
		if _, ok := o.files[name]; ok {
			return info{path.Base(name), 0o644}, nil
		}
		if _, ok := o.sockets["unix://"+name]; ok {
			return info{path.Base(name), fs.ModeSocket | 0o660}, nil
		}
		if err := o.errs["unix://"+name]; err != nil && !errors.Is(err, fs.ErrNotExist) {
			return info{path.Base(name), fs.ModeSocket | 0o660}, nil
		}
		if len(p.List(name)) > 0 {
			return info{path.Base(name), fs.ModeDir | 0o755}, nil
		}
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	p.List = func(dir string) []string {
		var names []string
		add := func(name string) {
			if rest, ok := strings.CutPrefix(name, dir+"/"); ok {
				first, _, _ := strings.Cut(rest, "/")
				names = append(names, first)
			}
		}
		for name := range o.files {
			add(name)
		}
		for url := range o.sockets {
			add(strings.TrimPrefix(url, "unix://"))
		}
		slices.Sort(names)
		return slices.Compact(names)
	}
	p.Program = func(name string) string {
		if slices.Contains(o.programs, name) {
			return "/usr/bin/" + name
		}
		return ""
	}
	p.Output = func(_ context.Context, argv ...string) (string, error) {
		if out, ok := o.outputs[strings.Join(argv, " ")]; ok {
			return out, nil
		}
		return "", fmt.Errorf("%v: %w", argv, fs.ErrNotExist)
	}
	p.Dial = o.dialler(t)
	return p
}

// dialler connects to real sockets, at which recorded answers are given.
func (o other) dialler(t *testing.T) Dial {
	t.Helper()
	at := map[string]string{}
	for url, handler := range o.sockets {
		socket := filepath.Join(t.TempDir(), "s")
		listener, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		at[url] = socket
		if handler == nil {
			t.Cleanup(func() { listener.Close() })
			continue
		}
		server := httptest.NewUnstartedServer(handler)
		server.Listener = listener
		server.Start()
		t.Cleanup(server.Close)
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		url := network + "://" + address
		if err := o.errs[url]; err != nil {
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
		if socket, ok := at[url]; ok {
			return dial(ctx, "unix", socket)
		}
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.ENOENT)}
	}
}

// answers are an engine's: the fields of _ping, info and version that are read here (Docker Engine API, 1.41 and 1.51).
type answers struct {
	ostype, api        string
	info               string // JSON
	infoStatus         int    // 0 is 200
	components         string // JSON list
	slow               time.Duration
	pingStatus         int
	pingBody, infoType string
}

const plainInfo = `{"Name":"other","ServerVersion":"28.3.2","OperatingSystem":"Docker Desktop","OSType":"linux","Architecture":"aarch64","NCPU":8,"MemTotal":8232517632,"DockerRootDir":"/var/lib/docker"}`

func (a answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Ostype", a.ostype)
	if a.api != "" {
		w.Header().Set("Api-Version", a.api)
	}
	switch {
	case r.URL.Path == "/_ping":
		if a.pingStatus != 0 {
			w.WriteHeader(a.pingStatus)
		}
		fmt.Fprint(w, a.pingBody)
	case strings.HasSuffix(r.URL.Path, "/info"):
		select {
		case <-time.After(a.slow):
		case <-r.Context().Done():
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if a.infoStatus != 0 {
			w.WriteHeader(a.infoStatus)
		}
		fmt.Fprint(w, a.info)
	case strings.HasSuffix(r.URL.Path, "/version"):
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"Version":"28.3.2","ApiVersion":"1.51","MinAPIVersion":"1.24","Components":[%s]}`, a.components)
	default:
		http.NotFound(w, r)
	}
}
