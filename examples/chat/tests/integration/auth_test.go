package integration

import (
	"net/http"
	"testing"

	"example.com/chat/tests/client"
)

func TestNameIsTakenOnce(t *testing.T) {
	ada := client.Chat{Auth: newAuth(t)}.Register(t, "ada")
	again := map[string]any{"name": ada.Name, "password": "another one"}
	client.Post(t, ada.Chat.Auth+"/register", "", again, http.StatusConflict, nil)
	client.Post(t, ada.Chat.Auth+"/login", "", again, http.StatusUnauthorized, nil)
}

func TestRefreshTokenIsGoodForOneTime(t *testing.T) {
	ada := client.Chat{Auth: newAuth(t)}.Register(t, "ada")
	body := map[string]any{"refresh_token": ada.Refresh}
	var next struct {
		Refresh string `json:"refresh_token"`
	}
	client.Post(t, ada.Chat.Auth+"/refresh", "", body, http.StatusOK, &next)
	client.Post(t, ada.Chat.Auth+"/refresh", "", body, http.StatusUnauthorized, nil)
	client.Post(t, ada.Chat.Auth+"/refresh", "", map[string]any{"refresh_token": next.Refresh}, http.StatusOK, nil)
}

func TestRevokedSessionCantBeRefreshed(t *testing.T) {
	ada := client.Chat{Auth: newAuth(t)}.Register(t, "ada")
	ada.Revoke(t)
	client.Post(t, ada.Chat.Auth+"/refresh", "", map[string]any{"refresh_token": ada.Refresh}, http.StatusUnauthorized, nil)
	// Only that session has ended.
	ada.SignIn(t, nil)
	client.Post(t, ada.Chat.Auth+"/refresh", "", map[string]any{"refresh_token": ada.Refresh}, http.StatusOK, nil)
}

// A second instance signs with the same key: whoever is signed in stays so when auth is started again.
func TestInstancesSignWithOneKey(t *testing.T) {
	first, second := newAuth(t), newAuth(t)
	ada := client.Chat{Auth: first}.Register(t, "ada")
	api := newBackend(t, second, nil)
	client.Do(t, http.MethodGet, api+"/threads", ada.Token, nil, http.StatusOK, nil)
}

func TestBackendRefusesARevokedToken(t *testing.T) {
	ada := newChat(t).Register(t, "ada")
	client.Do(t, http.MethodGet, ada.Chat.API+"/threads", ada.Token, nil, http.StatusOK, nil)
	ada.Revoke(t)
	client.Do(t, http.MethodGet, ada.Chat.API+"/threads", ada.Token, nil, http.StatusUnauthorized, nil)
}

// nobody is an address at which nothing listens.
const nobody = "127.0.0.1:1"

func TestHealthTellsTheTruth(t *testing.T) {
	authURL := newAuth(t)
	for name, c := range map[string]struct {
		changes map[string]string
		want    int
	}{
		"all is well":   {nil, http.StatusOK},
		"auth is down":  {map[string]string{"AUTH_URL": "http://" + nobody}, http.StatusServiceUnavailable},
		"redis is down": {map[string]string{"REDIS_URL": "redis://" + nobody}, http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			client.Do(t, http.MethodGet, newBackend(t, authURL, c.changes)+"/healthz", "", nil, c.want, nil)
		})
	}
}
