package docker

import (
	"time"

	"testrunner/report/event"
)

// Name names one state of the engine. The names are stable: a finding's id is "docker." and the name.
type Name string

// The engine works.
const (
	Up       Name = "up"
	Rootless Name = "rootless" // works; ports below 1024 and limits may not
	Podman   Name = "podman"   // works through its compatible API
)

// No engine could be chosen.
const (
	ContextMissing Name = "context-missing"
	ContextBroken  Name = "context-broken"
	HostInvalid    Name = "host-invalid"
	SSH            Name = "ssh"
	TLSMaterial    Name = "tls-material"
)

// Nothing is there, or nothing answers.
const (
	NotInstalled    Name = "not-installed"
	SocketAbsent    Name = "socket-absent"    // never started, or stopped in good order
	Stale           Name = "stale"            // a socket whose engine died
	NotASocket      Name = "not-a-socket"     // a file or folder of another kind
	Starting        Name = "starting"         // an engine is coming up and does not answer yet
	Frozen          Name = "frozen"           // it takes connections and never answers
	Refused         Name = "refused"          // tcp: nobody listens
	Unreachable     Name = "unreachable"      // tcp: no answer to the dial
	UnknownHost     Name = "unknown-host"     // the name does not resolve
	PipeBusy        Name = "pipe-busy"        // all instances of the pipe are taken
	DesktopOff      Name = "desktop-off"      // Docker Desktop is installed and not running
	ColimaOff       Name = "colima-off"       // the machine of colima is stopped
	RancherOff      Name = "rancher-off"      // Rancher Desktop is not running
	OrbStackOff     Name = "orbstack-off"     // OrbStack is not running
	PodmanOff       Name = "podman-off"       // the service of Podman is not running
	RootlessOff     Name = "rootless-off"     // the user's own engine is not running
	ServiceStopped  Name = "service-stopped"  // com.docker.service, where it is to blame
	ServiceDisabled Name = "service-disabled" // it can't be started until it is enabled
)

// It is there, but not for us, or it is another one.
const (
	PermissionDenied  Name = "permission-denied"
	NotLoggedIn       Name = "group-not-in-login" // the user is in the group docker, this login is older
	WSLIntegration    Name = "wsl-integration"
	WSL1              Name = "wsl1"
	DefaultSocketOff  Name = "default-socket-off"    // Docker Desktop answers elsewhere
	RootlessElsewhere Name = "rootless-not-exported" // the user's own engine answers elsewhere
	WrongHost         Name = "wrong-host"            // the variable or context is dead, the system's default answers
	NotDocker         Name = "not-docker"            // it answers, and is no engine
	WindowsContainers Name = "windows-containers"
	ClientTooOld      Name = "client-too-old"
	ClientTooNew      Name = "client-too-new"
	EngineTooOld      Name = "engine-too-old"
	TLSExpected       Name = "tls-expected"   // the engine speaks TLS, we do not
	TLSNotSpoken      Name = "tls-not-spoken" // we speak TLS, the engine does not
	TLSRefused        Name = "tls-refused"    // it refuses our certificate
	TLSUnverified     Name = "tls-unverified" // we can't verify its certificate
)

// It answers, and work would fail.
const (
	InfoFailed Name = "info-failed" // ping is well, info is an error
	InfoFrozen Name = "info-frozen" // ping is well, info never answers
	DiskFull   Name = "disk-full"   // the disk of the data root
	Unforeseen Name = "unforeseen"  // an error that nobody foresaw: never taken for well or for not installed
)

// State is what Look saw: which engine was asked by which rule, what it is like, and what mends it.
type State struct {
	Name   Name
	Status event.Status // ok; warn: works with a limit; fail; unknown: an error that nobody foresaw
	Host   Host
	Detail string // one line for people, with what was measured
	Remedy string // the one command that mends it, as it is typed here; "" if there is none
	Advice string // what a command can't do or say: "sign in again", "this group equals root"; "" if nothing
	Raw    string // the error's own words, one line

	Heals bool          // waiting may mend it: an engine that starts, a busy pipe
	Tries int           // how often it was asked, at least 1
	Took  time.Duration // the whole look

	Pong   Pong    // zero unless the engine answered a ping
	Info   *Info   // nil unless it answered
	Daemon Daemon  // who holds the socket, where that is to be had
	Disk   Disk    // of the data root; zero where it is not on this machine
	Others []Other // other engines that answer now: suggested, never taken
}

// Works tells whether containers can be started.
func (s State) Works() bool { return s.Status == event.OK || s.Status == event.Warn }

// Daemon is the process behind a local socket.
type Daemon struct {
	Pid     int    // 0 is unknown
	Born    string // process.ID.Born
	Name    string // "dockerd"; "systemd" where the socket is activated by it
	Stopped bool   // by SIGSTOP
	Age     time.Duration
}

// Disk is a file system, in bytes.
type Disk struct {
	Path               string
	Total, Free        uint64
	Inodes, InodesFree uint64 // 0 Inodes where the file system counts none
}

// Other is another engine that answers.
type Other struct {
	Owner  string // "Docker Desktop", "colima default", "rootless Docker"
	URL    string
	Remedy string // the command that would take it
}

// Clocks are the deadlines of a look (design, section 7).
type Clocks struct {
	Answer time.Duration // for the dial, the ping and all retries; 0 is 2 s
	Info   time.Duration // for info; 0 is 5 s, a doctor gives 30 s
}
