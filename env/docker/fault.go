package docker

import "strings"

// Fault is an error of an engine that works, in words, and what mends it.
type Fault struct {
	Name   Name
	Detail string
	Remedy string
}

// The faults of work in an engine that answers.
const (
	PoolEmpty    Name = "subnet-pool-empty"
	RateLimited  Name = "rate-limited"
	Offline      Name = "registry-unreachable"
	PortTaken    Name = "port-taken"
	PortReserved Name = "port-reserved"
)

// Explain words an error of an engine's call; ok is false for one that nobody foresaw. Engines say these by text alone.
func Explain(err error) (f Fault, ok bool) {
	if err == nil {
		return Fault{}, false
	}
	text := err.Error()
	for _, k := range []struct {
		says []string // all of it
		f    Fault
	}{
		{[]string{"no space left on device"}, Fault{DiskFull, "the disk of the engine is full", "docker system prune"}},
		{[]string{"non-overlapping IPv4 address pool"}, Fault{PoolEmpty, "the engine has no subnet left for another network; a VPN may hold them, or networks that are not used", "docker network prune"}},
		{[]string{"predefined address pools have been fully subnetted"}, Fault{PoolEmpty, "the engine has no subnet left for another network; a VPN may hold them, or networks that are not used", "docker network prune"}},
		{[]string{"toomanyrequests"}, Fault{RateLimited, "the registry takes no more pulls from this address for now", "docker login"}},
		{[]string{"no such host", "dial tcp"}, Fault{Offline, "the registry's name does not resolve: this machine is offline, or its name server is", ""}},
		{[]string{"forbidden by its access permissions"}, Fault{PortReserved, "Windows keeps that port for itself, though nobody listens", "netsh interface ipv4 show excludedportrange protocol=tcp"}},
		{[]string{"address already in use"}, Fault{PortTaken, "the port is taken by another program", ""}},
		{[]string{"port is already allocated"}, Fault{PortTaken, "the port is taken by another container", "docker ps"}},
		{[]string{"Ports are not available"}, Fault{PortTaken, "the port is taken by another program", ""}},
	} {
		all := true
		for _, s := range k.says {
			all = all && strings.Contains(text, s)
		}
		if all {
			return k.f, true
		}
	}
	return Fault{}, false
}
