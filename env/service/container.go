package service

import "time"

// Container is what the compose files say of a service's container, in plain types: the compose library stays in this room. Zero values
// mean that the file says nothing. Paths on this machine are absolute.
type Container struct {
	Image      string
	Build      *Build
	Platform   string
	PullPolicy string // always, never, missing, build; "" is missing

	Command    []string // nil: the image's own; empty and not nil: none
	Entrypoint []string // the same
	Env        []string // NAME=VALUE, sorted, env_file's included; a name without "=" has no value
	WorkingDir string
	User       string
	Groups     []string // group_add
	Init       *bool
	Hostname   string
	Domain     string
	Labels     map[string]string
	Privileged bool
	ReadOnly   bool
	TTY, Stdin bool
	CapAdd     []string
	CapDrop    []string
	Security   []string // security_opt
	Hosts      []string // extra_hosts, "name:address"
	DNS        []string
	DNSSearch  []string
	DNSOptions []string
	Devices    []Device
	Sysctls    map[string]string
	Ulimits    []Ulimit
	ShmSize    int64
	StopSignal string
	StopGrace  time.Duration // 0 is the engine's 10 s
	PID, IPC   string
	UTS        string
	UserNS     string
	Cgroup     string // cgroup namespace
	Runtime    string
	OOMScore   int64
	NoOOMKill  bool

	Memory      int64   // bytes; 0 is none
	MemoryKeep  int64   // mem_reservation
	MemorySwap  int64   // memswap_limit
	CPUs        float64 // 0 is none
	CPUShares   int64
	CPUSet      string
	PidsLimit   int64
	Logging     Logging
	Healthcheck *Healthcheck

	Ports       []PortMap
	Expose      []int
	Mounts      []Mount
	Tmpfs       []string // path, or path:options
	Networks    []Attachment
	NetworkMode string // host, none, bridge, service:NAME; "" is a network of the run
}

// Secret is a variable of the container, or the content of the file that NAME_FILE names, where that file is given to it as a secret;
// "" where there is neither. Container may be nil.
func (c *Container) Secret(name string) string {
	if c == nil {
		return ""
	}
	return c.secret(name)
}

// Build is how an image is made.
type Build struct {
	Context    string // a folder
	Dockerfile string // relative to Context, or absolute; "" is Dockerfile
	Inline     string // dockerfile_inline
	Args       map[string]*string
	Target     string
	Platforms  []string
	Labels     map[string]string
	CacheFrom  []string
	NoCache    bool
	Pull       bool
	Network    string
	ShmSize    int64
	Hosts      []string
	Tags       []string
}

// FirstPort is the port by which its peers know it first, as they write it: of those that it publishes, else of those that it exposes; 0
// where none is known.
func (c *Container) FirstPort() int {
	if c == nil {
		return 0
	}
	for _, p := range c.Ports {
		if p.Protocol == "" || p.Protocol == "tcp" {
			return p.Target
		}
	}
	if len(c.Expose) > 0 {
		return c.Expose[0]
	}
	return 0
}

// Healthcheck is the user's own. Disabled: the image's shall not count either.
type Healthcheck struct {
	Test        []string // CMD or CMD-SHELL first; empty with Disabled
	Interval    time.Duration
	Timeout     time.Duration
	StartPeriod time.Duration
	Retries     int
	Disabled    bool
}

// PortMap is a port that is published.
type PortMap struct {
	Target    int
	Published string // as written: "8000", "8000-8010"; "" is any
	HostIP    string
	Protocol  string // tcp, udp
}

// Mount is a volume, bind or tmpfs.
type Mount struct {
	Kind     string // "bind", "volume", "tmpfs"
	Source   string // a path of this machine; a volume's key in the file, "" is an anonymous one
	Name     string // of a volume: its own name in the engine where the file fixes one (name:, external)
	External bool
	Target   string
	ReadOnly bool
	Size     int64  // of a tmpfs
	Mode     uint32 // of a tmpfs; of a secret or config, where the file gives it one
	UID, GID string // of a secret or config: its owner in the container; "" leaves it as it is
	File     bool   // Source is the file of a secret or config
	Content  []byte // of a secret or config that is given in the file or by a variable: written to Source by the provider
	Options  map[string]string
	Driver   string
	NoCopy   bool
	Create   bool   // a bind's folder is made where it is missing
	SELinux  string // of a bind: "z" shared with other containers, "Z" for this one; "" leaves the labels as they are
}

// Device is a device of the machine.
type Device struct{ Source, Target, Permissions string }

// Ulimit is a limit of a process.
type Ulimit struct {
	Name       string
	Soft, Hard int64
}

// Logging is where the engine writes the output.
type Logging struct {
	Driver  string
	Options map[string]string
}

// Attachment is a network that the container joins.
type Attachment struct {
	Network  string // its key in the file; "default" is the project's own
	External string // its name in the engine, where it is not this run's
	Aliases  []string
	Internal bool
	IPv4     string
	IPv6     string
	Driver   string
	Subnets  []string
}
