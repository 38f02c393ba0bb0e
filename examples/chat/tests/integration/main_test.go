// Package integration tests the parts together, with a real PostgreSQL and a real Redis. The services are made here, in this process, so that
// a test may have two of one, or one whose neighbour is down.
package integration

import (
	"context"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"example.com/chat/internal/auth"
	"example.com/chat/internal/backend"
	"example.com/chat/internal/fault"
	"example.com/chat/internal/service"
	"example.com/chat/tests/client"
)

// variables are those of the test, with changes.
func variables(t *testing.T, changes map[string]string) service.Variables {
	t.Helper()
	all := map[string]string{
		"DATABASE_URL": client.Address(t, "DATABASE_URL"), "REDIS_URL": client.Address(t, "REDIS_URL"),
		"PASSWORD_ROUNDS": "10", "AGENT_PACE": "1ms", "DATABASE_MAX_CONNECTIONS": "4",
	}
	for name, value := range changes {
		all[name] = value
	}
	return func(name string) string { return all[name] }
}

// planted is the fault that CHAT_FAULT plants: here, as in the services.
func planted(t *testing.T) string {
	t.Helper()
	f, err := fault.Parse(os.Getenv("CHAT_FAULT"))
	if err != nil {
		t.Fatal(err)
	}
	return string(f)
}

// serve serves an app until the test ends.
func serve(t *testing.T, app service.App) string {
	t.Helper()
	server := httptest.NewServer(app)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := app.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
		server.Close()
	})
	return server.URL
}

// newAuth starts an auth service, and returns its address.
func newAuth(t *testing.T) string {
	t.Helper()
	config, err := auth.FromVariables(variables(t, map[string]string{"CHAT_FAULT": planted(t)}))
	if err != nil {
		t.Fatal(err)
	}
	app, err := auth.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, app)
}

// newBackend starts an instance of the backend, and returns its address.
func newBackend(t *testing.T, authURL string, changes map[string]string) string {
	t.Helper()
	all := map[string]string{"AUTH_URL": authURL, "CHAT_FAULT": planted(t)}
	for name, value := range changes {
		all[name] = value
	}
	config, err := backend.FromVariables(variables(t, all))
	if err != nil {
		t.Fatal(err)
	}
	app, err := backend.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, app)
}

// newChat starts one of each.
func newChat(t *testing.T) client.Chat {
	t.Helper()
	authURL := newAuth(t)
	return client.Chat{Auth: authURL, API: newBackend(t, authURL, nil)}
}
