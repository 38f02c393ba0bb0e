package main

import (
	"context"
	"net"
	"strconv"

	"testrunner/env/host"
	"testrunner/env/service"
)

// wantedPorts are the ports of this machine that a service of a kept set shall have: the compose file's own where it is free, else the
// one that it had the last time. Whoever keeps an address in an editor or a browser finds the service again.
func wantedPorts(ctx context.Context, s service.Spec, remembered map[int]int) map[int]int {
	wanted := map[int]int{}
	if s.Container != nil {
		for _, p := range s.Container.Ports {
			if port, err := strconv.Atoi(p.Published); err == nil && p.Protocol != "udp" && free(ctx, port) {
				wanted[p.Target] = port
			}
		}
	}
	for own, port := range remembered {
		if wanted[own] == 0 && free(ctx, port) {
			wanted[own] = port
		}
	}
	if len(wanted) == 0 { // a restart shall find the same port again
		wanted[0] = freePort(ctx)
	}
	return wanted
}

// free says whether a port of 127.0.0.1 can be had now. Who takes it later is seen when the service starts.
func free(ctx context.Context, port int) bool {
	return port > 0 && port <= 65535 && host.TryPort(ctx, "127.0.0.1", port) == nil
}

// freePort is a port that the kernel has just given, 0 if it has none.
func freePort(ctx context.Context) int {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if listener.Close() != nil {
		return 0
	}
	return port
}
