package missioncritical

import (
	"net/http"
	"testing"
	"time"

	"example.com/chat/tests/client"
)

func wantRefused(t *testing.T, u *client.User) {
	t.Helper()
	if socket, status := u.Dial(t, ""); status != http.StatusUnauthorized {
		t.Errorf("answered with %d, want 401 (connected: %t)", status, socket != nil)
	}
}

func TestConnectWithoutATokenIsRefused(t *testing.T) {
	wantRefused(t, &client.User{Chat: client.Served(t)})
}

func TestConnectWithARevokedTokenIsRefused(t *testing.T) {
	ada := client.Served(t).Register(t, "ada")
	ada.Join(t).Break()
	ada.Revoke(t)
	wantRefused(t, ada)
}

func TestConnectWithATokenForAnotherAudienceIsRefused(t *testing.T) {
	ada := client.Served(t).Register(t, "ada")
	ada.SignIn(t, map[string]any{"audience": "reports"})
	wantRefused(t, ada)
}

// A connection ends when its token does, and another one can't be had with it.
func TestConnectWithAnExpiredTokenIsRefused(t *testing.T) {
	ada := client.Served(t).Register(t, "ada")
	ada.SignIn(t, map[string]any{"lifetime": 2})
	if socket, _ := ada.Dial(t, ""); socket != nil { // on a slow machine it has expired already
		if code := socket.End(); code != 4401 {
			t.Errorf("closed with %d, want 4401", code)
		}
	}
	deadline := time.Now().Add(client.Patience)
	for ; ; time.Sleep(20 * time.Millisecond) { // the backend's clock may be another one
		socket, status := ada.Dial(t, "")
		if status == http.StatusUnauthorized {
			return
		}
		socket.Break()
		if time.Now().After(deadline) {
			t.Fatalf("answered with %d still", status)
		}
	}
}
