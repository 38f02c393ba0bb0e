// Command auth registers users, logs them in, and signs their tokens.
package main

import (
	"context"
	"os"

	"example.com/chat/internal/auth"
	"example.com/chat/internal/service"
)

func main() {
	os.Exit(service.Main("auth", 8081, func(ctx context.Context, v service.Variables) (service.App, error) {
		config, err := auth.FromVariables(v)
		if err != nil {
			return nil, err
		}
		return auth.New(ctx, config)
	}))
}
