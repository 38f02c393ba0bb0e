package docker

import (
	"slices"

	"github.com/docker/docker/api/types/container"
)

// published are the TCP ports of the engine's host, sorted; IPv4 and IPv6 have the same.
func published(all []container.Port) []int {
	var ports []int
	for _, p := range all {
		if p.PublicPort != 0 && p.Type == "tcp" {
			ports = append(ports, int(p.PublicPort))
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}
