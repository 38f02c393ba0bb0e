// Package client is the chat as its tests use it: over HTTP and WebSockets, at addresses that they are given. It knows nothing of what is
// behind them, so the same tests run against processes of this machine, containers, and staging.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// Patience is how long tests wait for what must come. None waits that long when all is well.
const Patience = 30 * time.Second

// Address is the value of an environment variable that runner sets.
func Address(t testing.TB, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: this test needs services; run it by runner, which starts them", name)
	}
	return value
}

// Chat is where the services are.
type Chat struct {
	Auth string // the auth service
	API  string // the backend; its WebSocket is at /ws
}

// Served is the chat that runner has started.
func Served(t testing.TB) Chat {
	t.Helper()
	return Chat{Auth: Address(t, "AUTH_URL"), API: Address(t, "API_URL")}
}

// User is a user who has signed in.
type User struct {
	Chat    Chat
	ID      string
	Name    string
	Token   string
	Refresh string
}

// password is that of all users of the tests.
const password = "correct horse"

// Register makes a user whom nobody else has, and signs in.
func (c Chat) Register(t testing.TB, name string) *User {
	t.Helper()
	u := &User{Chat: c, Name: name + "-" + strings.ToLower(rand.Text()[:10])}
	var made struct{ ID string }
	Post(t, c.Auth+"/register", "", map[string]any{"name": u.Name, "password": password}, http.StatusCreated, &made)
	u.ID = made.ID
	u.SignIn(t, nil)
	return u
}

// SignIn signs in once more, with further members of the request.
func (u *User) SignIn(t testing.TB, more map[string]any) {
	t.Helper()
	body := map[string]any{"name": u.Name, "password": password}
	for k, v := range more {
		body[k] = v
	}
	var got struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	Post(t, u.Chat.Auth+"/login", "", body, http.StatusOK, &got)
	u.Token, u.Refresh = got.Access, got.Refresh
}

// Revoke ends the session.
func (u *User) Revoke(t testing.TB) {
	t.Helper()
	Post(t, u.Chat.Auth+"/revoke", u.Token, map[string]any{}, http.StatusNoContent, nil)
}

// Thread begins a thread, and returns its id.
func (u *User) Thread(t testing.TB, title string) string {
	t.Helper()
	var got struct{ ID string }
	Post(t, u.Chat.API+"/threads", u.Token, map[string]any{"title": title}, http.StatusCreated, &got)
	return got.ID
}

// Said is a message of a thread.
type Said struct{ Role, Text string }

// Messages are those of a thread.
func (u *User) Messages(t testing.TB, thread string) []Said {
	t.Helper()
	var got []Said
	Do(t, http.MethodGet, u.Chat.API+"/threads/"+thread+"/messages", u.Token, nil, http.StatusOK, &got)
	return got
}

// Post sends JSON, wants a status, and reads the answer unless into is nil.
func Post(t testing.TB, url, token string, body any, want int, into any) {
	t.Helper()
	Do(t, http.MethodPost, url, token, body, want, into)
}

// Do sends a request.
func Do(t testing.TB, method, url, token string, body any, want int, into any) {
	t.Helper()
	status, answer := Send(t, method, url, token, body)
	if status != want {
		t.Fatalf("%s %s: %d, want %d: %s", method, url, status, want, answer)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(answer, into); err != nil {
		t.Fatalf("%s %s: %v in %s", method, url, err, answer)
	}
}

// Send sends a request, and returns what it was answered.
func Send(t testing.TB, method, url, token string, body any) (status int, answer []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, url, content)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return response.StatusCode, answer
}
