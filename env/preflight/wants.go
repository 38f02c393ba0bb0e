package preflight

import (
	"crypto/x509"
	"time"
)

// Wants is what a run's needs call for. What it does not name is not looked at: the zero value makes no check.
type Wants struct {
	// Docker is whether something that is selected may be served by the engine: a need of a service, and a mode that allows docker.
	Docker bool

	// Host is whether something will be started here, a service in a container or as a local process, so that memory, disk and cores
	// matter.
	Host bool

	// Brief leaves out how busy the cores are: that takes a moment, and is told to nobody where no tests run.
	Brief bool

	// Dir is a folder of the disk that is written to: the results folder, absolute.
	Dir string

	// Ports are those that the compose file publishes as written and this run will take.
	Ports []Port

	// Addresses are staging's, of the services that are needed.
	Addresses []Address

	// Secrets are the names of variables that must have a value before staging is of use.
	Secrets []string

	// Living are the ids of runs and kept sets that live: what they made in the engine is no leftover, whoever made it.
	Living map[string]bool

	// Environ is the environment, NAME=VALUE.
	Environ []string

	// Roots are the authorities that certificates of staging are held against; nil is the system's.
	Roots *x509.CertPool

	Thresholds Thresholds

	// Doctor widens the look: `info` may take longer, and the ports 2375 to 2377 are looked at.
	Doctor bool

	// Log takes each call that is made, one line: for runner.log. nil drops it. It must be safe for use by many goroutines.
	Log func(line string)
}

// Port is one port that is published as written.
type Port struct {
	Address string // the host's address, "" is every one
	Port    int
	Service string // of the compose file
}

// Address is where a service of staging is.
type Address struct {
	Name      string // of the service
	URL       string // expanded: "https://auth.staging.example.com"
	Health    string // path that must answer with a status below 400; "": anything below 500 at the URL itself will do
	WebSocket string // URL, or path below URL, that must upgrade; "" is none
}

// Thresholds are the bounds of design section 7; runner.yaml sets them. The zero value of a field means its default.
type Thresholds struct {
	FreeMemory uint64        // bytes; less warns; 8 GiB
	FreeDisk   uint64        // bytes; less warns; 20 GiB
	Load       float64       // percent of all cores; more warns; 80
	Ping       time.Duration // the engine must answer within; 2 s
	Info       time.Duration // `info` must answer within; 5 s in a run, 30 s in doctor
	ClockSkew  time.Duration // of staging against this machine; more warns; 30 s
	TLSDays    int           // a certificate that ends sooner warns; 14 days
}

// The defaults of Thresholds (design, section 7). Skew and days are ours: half of the minute of leeway that JWT libraries commonly
// grant, and the time that a certificate of 90 days is renewed before its end at the latest.
const (
	DefaultFreeMemory uint64 = 8 << 30
	DefaultFreeDisk   uint64 = 20 << 30
	DefaultLoad              = 80.0
	DefaultPing              = 2 * time.Second
	DefaultInfo              = 5 * time.Second
	DefaultDoctorInfo        = 30 * time.Second
	DefaultClockSkew         = 30 * time.Second
	DefaultTLSDays           = 14
)

func (t Thresholds) filled(doctor bool) Thresholds {
	info := DefaultInfo
	if doctor {
		info = DefaultDoctorInfo
	}
	return Thresholds{
		FreeMemory: or(t.FreeMemory, DefaultFreeMemory), FreeDisk: or(t.FreeDisk, DefaultFreeDisk), Load: or(t.Load, DefaultLoad),
		Ping: or(t.Ping, DefaultPing), Info: or(t.Info, info), ClockSkew: or(t.ClockSkew, DefaultClockSkew),
		TLSDays: or(t.TLSDays, DefaultTLSDays),
	}
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// Checks are the checks that the wants call for.
func Checks(w Wants) []Check {
	w.Thresholds = w.Thresholds.filled(w.Doctor)
	var checks []Check
	if w.Docker {
		checks = append(checks, dockerCheck(w))
	}
	checks = append(checks, portChecks(w)...)
	if w.Host {
		checks = append(checks, hostChecks(w)...)
	}
	return append(checks, stagingChecks(w)...)
}
