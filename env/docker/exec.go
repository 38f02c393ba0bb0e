package docker

import (
	"context"
	"fmt"
)

// Exec runs a command inside the container, as the container's user and in its folder. A program that is not there is a status of 126
// or 127 with the engine's words as output. When the context ends first, the command may run on until the container ends.
func (i *instance) Exec(ctx context.Context, argv, environ []string) (string, int, error) {
	if len(argv) == 0 {
		return "", 0, fmt.Errorf("run a command in %s: there is none", i.service)
	}
	select {
	case <-i.done:
		return "", 0, fmt.Errorf("run %s in %s: its container has ended", argv[0], i.service)
	default:
	}
	output, code, err := i.p.s.Engine.Exec(ctx, i.id, argv, environ)
	if err != nil {
		return output, code, fmt.Errorf("run %s in %s: %w", argv[0], i.service, err)
	}
	return output, code, nil
}
