// Command backend serves threads, messages and live events.
package main

import (
	"context"
	"os"

	"example.com/chat/internal/backend"
	"example.com/chat/internal/service"
)

func main() {
	os.Exit(service.Main("backend", 8000, func(ctx context.Context, v service.Variables) (service.App, error) {
		config, err := backend.FromVariables(v)
		if err != nil {
			return nil, err
		}
		return backend.New(ctx, config)
	}))
}
