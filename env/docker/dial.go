package docker

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// errPipeBusy says that all instances of a named pipe are taken, which heals.
var errPipeBusy = errors.New("all instances of the pipe are busy")

// dial connects to an engine's socket of any kind.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	switch network {
	case "unix", "tcp":
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	case "npipe":
		return dialPipe(ctx, address)
	}
	return nil, fmt.Errorf("dial %s://%s: no such network", network, address)
}
