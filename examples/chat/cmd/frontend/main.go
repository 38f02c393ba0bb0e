// Command frontend serves the page.
package main

import (
	"context"
	"os"

	"example.com/chat/internal/service"
	"example.com/chat/web"
)

func main() {
	os.Exit(service.Main("frontend", 3000, func(_ context.Context, v service.Variables) (service.App, error) {
		return web.FromVariables(v)
	}))
}
