package docker

import (
	"context"
	"io"
	"net/netip"
	"time"

	"testrunner/env/service"
)

// ServiceEngine is what running services asks of an engine beyond the rest of Engine.
type ServiceEngine interface {
	// Fresh pings on a connection of its own: an engine that is going down still answers the ones that are open.
	Fresh(context.Context) error

	InspectContainer(ctx context.Context, id string) (Inspection, error) // id or name; IsAbsent tells the error of one that is not there
	StopContainer(ctx context.Context, id string, grace time.Duration) error
	CopyTo(ctx context.Context, id, folder string, tar io.Reader) error // unpacks a tar stream in a folder of a container

	// Exec runs a command in a container that runs. Of a long output its head and its tail are kept. A command that is cut short by the
	// context runs on: engines can't end it.
	Exec(ctx context.Context, id string, argv, environ []string) (output string, code int, err error)

	// Logs writes a container's output from its start, both streams as they come. With follow it goes on until the container ends.
	Logs(ctx context.Context, id string, terminal, follow bool, w io.Writer) error

	// LogsSince is Logs with follow, from the last lines on.
	LogsSince(ctx context.Context, id string, terminal bool, lines int, w io.Writer) error

	// Events tells of containers with these labels from now on: when it returns, the engine has taken the subscription. The error
	// comes once, at the end; nobody hears an engine that dies.
	Events(ctx context.Context, labels ...string) (<-chan Event, <-chan error)

	CreateNetworkAs(context.Context, NetworkBlueprint) (id string, err error)
	Connect(ctx context.Context, network, container string, a service.Attachment) error
	Disconnect(ctx context.Context, network, container string) error
	Subnets(context.Context) ([]netip.Prefix, error) // of all its networks

	CreateVolume(context.Context, VolumeBlueprint) error
	Volumes(ctx context.Context, labels ...string) ([]Volume, error) // sorted by name
	RemoveVolume(ctx context.Context, name string) error             // gone already is no error

	DescribeImage(ctx context.Context, reference string) (ImageDescription, error) // IsAbsent tells the error of one that is not there
	PullImage(ctx context.Context, reference, platform, auth string, tell func(PullStep)) error
}

// Inspection is a container as the engine knows it.
type Inspection struct {
	ID, Name string
	Labels   map[string]string
	Running  bool
	Status   string // created, running, exited, …
	Code     int    // of its last end
	OOM      bool   // it was ended for want of memory
	Error    string // why it could not be started
	Started  string // as the engine writes it; another one after each start
	Finished string // its end, by the engine's clock
	Terminal bool
	Ports    []Bound
	Networks map[string]string // the name of a network -> its address there
	Mounts   []Mounted
	Health   string   // what its healthcheck says: starting, healthy, unhealthy; "" where it has none
	Env      []string // NAME=VALUE, the image's included
	Command  []string // behind the entrypoint
	Exposed  []string // "5432/tcp", sorted: its image's ports and its own
}

// Bound is a port of a container that is published.
type Bound struct {
	Target   int
	Protocol string
	HostIP   string
	HostPort int
}

// Mounted is a folder or file of the engine's machine in a container.
type Mounted struct{ Source, Target string }

// Event is what happened to a container.
type Event struct {
	ID     string
	Action string // start, die, oom, destroy, …
}

// NetworkBlueprint is a network to be created.
type NetworkBlueprint struct {
	Name     string
	Labels   map[string]string
	Driver   string // "" is bridge
	Internal bool
	Subnets  []string // none: the engine chooses
}

// VolumeBlueprint is a volume to be created.
type VolumeBlueprint struct {
	Name    string
	Labels  map[string]string
	Driver  string // "" is local
	Options map[string]string
}

// Volume is one volume.
type Volume struct {
	Name    string
	Labels  map[string]string
	Created time.Time
}

// ImageDescription is what an image says of itself.
type ImageDescription struct {
	ID           string
	OS           string
	Architecture string   // as Go calls it: amd64, arm64
	Variant      string   // of arm
	Env          []string // NAME=VALUE
	Exposed      []string // "5432/tcp", sorted
	Healthcheck  *service.Healthcheck
}

// PullStep is one message of a pull.
type PullStep struct {
	Layer          string
	Status         string // "Downloading", "Pull complete", …
	Current, Total int64  // bytes of the layer
}

// Publication is a port of a container that is to be published.
type Publication struct {
	Target   int
	Protocol string // "" is tcp
	HostIP   string // "" is every address
	HostPort string // "8000", "8000-8010"; "" is any
}
