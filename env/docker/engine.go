package docker

import (
	"context"
	"io"
	"time"

	"testrunner/env/service"
)

// Engine is all that runner asks of a container engine: the one seam to the client library. Every call keeps its context's
// deadline; errors keep the library's chain and say what was asked. Its methods are safe for use by many goroutines once
// the first call has returned: in it the library agrees on a version with the engine, and others read that without a lock.
type Engine interface {
	ServiceEngine
	BuildEngine

	Ping(context.Context) (Pong, error)
	Info(context.Context) (Info, error)
	Version(context.Context) (Version, error)

	// Containers lists those that have all these labels ("name" or "name=value"), running or not, sorted by id.
	Containers(ctx context.Context, labels ...string) ([]Container, error)
	Networks(ctx context.Context, labels ...string) ([]Network, error)
	Images(ctx context.Context, labels ...string) ([]Image, error)

	CreateContainer(context.Context, Blueprint) (id string, err error)
	StartContainer(ctx context.Context, id string) error
	WaitContainer(ctx context.Context, id string) (code int, err error) // until it has ended, also if that was before
	RemoveContainer(ctx context.Context, id string) error               // running or not, with its anonymous volumes; gone already is no error

	CreateNetwork(ctx context.Context, name string, labels map[string]string) (id string, err error)
	RemoveNetwork(ctx context.Context, id string) error

	// ImportImage makes an image of one layer from a tar stream.
	ImportImage(ctx context.Context, reference string, labels map[string]string, layer io.Reader) error
	RemoveImage(ctx context.Context, reference string) error

	Close() error
}

// Pong is the answer of a ping.
type Pong struct {
	API    string // the newest that the engine speaks: "1.41"; "" is older than 1.24
	OSType string // "linux", "windows"
}

// Info is what an engine says of itself, as far as it matters.
type Info struct {
	Name             string // its host
	ServerVersion    string
	OperatingSystem  string // "Docker Desktop", "Debian GNU/Linux 12 (bookworm)"
	OSType           string
	Architecture     string // as the kernel calls it: "x86_64", "aarch64"
	CPUs             int
	Memory           int64  // bytes, of the engine's machine
	RootDir          string // the data root, a path of the engine's machine
	Rootless         bool
	Running, Stopped int // containers; paused ones count as running
	Images           int
	Warnings         []string
}

// Version is what runs there.
type Version struct {
	Server, API, MinAPI string
	Components          []string // "Engine", "Podman Engine", "containerd"
}

// Container is one container, running or not.
type Container struct {
	ID      string
	Name    string
	Image   string
	State   string // created, running, exited, …
	Labels  map[string]string
	Ports   []int // of its host, published by TCP, sorted; only of one that runs
	Created time.Time
}

// Network is one network.
type Network struct {
	ID, Name string
	Labels   map[string]string
	Created  time.Time
}

// Image is one image.
type Image struct {
	ID     string
	Tags   []string
	Labels map[string]string
	Bytes  int64
}

// Blueprint is a container to be created.
type Blueprint struct {
	Name    string
	Image   string
	Command []string
	Labels  map[string]string
	Network string   // id or name, "host", "none" or "container:ID"; "" is the engine's default
	Aliases []string // its names on that network

	IPv4, IPv6 string             // its addresses on that network; "" is any
	Container  *service.Container // what else the compose files say; its command counts where Command is nil. nil: nothing
	Mounts     []service.Mount    // as the engine sees them: sources are its own paths, and names of volumes. Container's don't count
	Publish    []Publication      // Container's don't count
}
