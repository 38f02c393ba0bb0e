package keeper

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// A keeper takes requests at a port of 127.0.0.1, which every system has. Who shows the token of the state file may ask: that file is
// this user's alone.

// The paths of the requests.
const (
	statePath   = "/state"
	restartPath = "/restart"
	downPath    = "/down"
)

// answer is what a request gets.
type answer struct {
	State State  `json:"state"`
	Error string `json:"error,omitempty"`
}

// control is the keeper's side.
type control struct {
	address, token string
	server         *http.Server
}

// listenForRequests opens the port. handle is called for each request that may ask.
func listenForRequests(ctx context.Context, handle func(ctx context.Context, path string, query url.Values) answer) (*control, error) {
	secret := make([]byte, 16)
	if _, err := rand.Read(secret); err != nil {
		return nil, fmt.Errorf("make the keeper's token: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the keeper's port: %w", err)
	}
	c := &control{address: listener.Addr().String(), token: hex.EncodeToString(secret)}
	want := []byte("Bearer " + c.token)
	c.server = &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1 {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(handle(r.Context(), r.URL.Path, r.URL.Query())) // who hangs up wants no answer
	})}
	go func() { _ = c.server.Serve(listener) }() // it ends when it is closed
	return c, nil
}

// close lets the requests that are being answered end, for a moment.
func (c *control) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := c.server.Shutdown(ctx); err != nil {
		return c.server.Close()
	}
	return nil
}

// ErrSilent is the error of a keeper that does not answer although it may live.
var ErrSilent = errors.New("the keeper does not answer")

// Ask asks the keeper how its services are; with probe each one is asked on the wire first.
func (s State) Ask(ctx context.Context, probe bool) (State, error) {
	query := url.Values{}
	if probe {
		query.Set("probe", "1")
	}
	return s.request(ctx, statePath, query)
}

// Restart has the keeper start a service again, and returns when it and what depends on it is ready.
func (s State) Restart(ctx context.Context, service string) (State, error) {
	return s.request(ctx, restartPath, url.Values{"service": {service}})
}

// askDown has the keeper take its services down; it returns at once.
func (s State) askDown(ctx context.Context) error {
	_, err := s.request(ctx, downPath, nil)
	return err
}

func (s State) request(ctx context.Context, path string, query url.Values) (State, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.Address+path+"?"+query.Encode(), nil)
	if err != nil {
		return s, fmt.Errorf("ask the keeper: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+s.Token)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no proxy stands between us and ourselves
	response, err := client.Do(request)
	if err != nil {
		return s, fmt.Errorf("%w (process %d): %w", ErrSilent, s.Keeper.Pid, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 16<<20))
	if err != nil {
		return s, fmt.Errorf("%w (process %d): %w", ErrSilent, s.Keeper.Pid, err)
	}
	if response.StatusCode != http.StatusOK {
		return s, fmt.Errorf("%w (process %d): %s: %s", ErrSilent, s.Keeper.Pid, response.Status, bytes.TrimSpace(text))
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return s, fmt.Errorf("read the keeper's answer: %w", err)
	}
	if a.Error != "" {
		return a.State, errors.New(a.Error)
	}
	return a.State, nil
}
