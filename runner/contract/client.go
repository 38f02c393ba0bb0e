package contract

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	maxMessage = 16 << 20 // bytes of one event
	maxAnswer  = 1 << 20  // bytes of the answer to a login
)

// client talks to the servers of one run, and remembers the tokens that it got: they must not be told.
type client struct {
	Contract
	run  string
	http *http.Client

	mu      sync.Mutex
	tokens  []string       // that must not be told
	logins  map[int]string // tokens by the user's number: nobody logs in twice
	reached bool           // a server answered, whatever it said
}

func newClient(c Contract, run string) *client {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: c.within(), MaxIdleConnsPerHost: 32}
	return &client{
		Contract: c, run: run, tokens: c.secrets(), logins: map[int]string{},
		http: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

func (c *client) hide(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens = append(c.tokens, token)
}

// masked replaces every token that the run has got so far.
func (c *client) masked(text string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return mask(text, c.tokens)
}

func (c *client) answered() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reached = true
}

// user makes a user with a token.
func (c *client) user(ctx context.Context, number int) (User, error) {
	u := User{Number: number, Run: c.run}
	switch values := c.Token.Values; {
	case c.Token.Login != nil:
		token, err := c.loggedIn(ctx, u)
		if err != nil {
			return u, err
		}
		u.token = token
	case len(values) == 1:
		u.token = values[0]
	case number <= len(values):
		u.token = values[number-1]
	case len(values) > 0:
		return u, fmt.Errorf("there is no token for %s: %d are given", u, len(values))
	}
	u.Sub = subject(u.token)
	return u, nil
}

// loggedIn is the user's token, of the login that there was, else of a new one: a request may be good for one login alone, as one that
// registers is.
func (c *client) loggedIn(ctx context.Context, u User) (string, error) {
	c.mu.Lock()
	token := c.logins[u.Number]
	c.mu.Unlock()
	if token != "" {
		return token, nil
	}
	token, err := c.login(ctx, u, *c.Token.Login)
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.logins[u.Number] = token
	return token, nil
}

// loggedOut forgets a token that was revoked.
func (c *client) loggedOut(u User) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.logins[u.Number] == u.token {
		delete(c.logins, u.Number)
	}
}

// login asks for a token.
func (c *client) login(ctx context.Context, u User, l Login) (string, error) {
	body, err := c.request(ctx, u, l.Request)
	if err != nil {
		return "", fmt.Errorf("%s got no token: %w", u, err)
	}
	path := l.Path
	if path == "" {
		path = "access_token"
	}
	token, ok := find(body, path)
	if !ok || token == "" {
		return "", fmt.Errorf("%s got no token: the answer of %s has no text at %s", u, u.fill(l.URL), path)
	}
	c.hide(token)
	return token, nil
}

// request sends a request, which must be answered with 200 to 299. What the answer says is not told: it may hold a secret.
func (c *client) request(ctx context.Context, u User, r Request) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.within())
	defer cancel()
	method, target, body := r.Method, u.fill(r.URL), u.fill(r.Body)
	if method == "" {
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s %s can't be asked: %w", method, target, bare(err))
	}
	if json.Valid([]byte(body)) {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range r.Headers {
		request.Header.Set(name, u.fill(value))
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, target, c.unreachable(ctx, target, err))
	}
	defer response.Body.Close()
	c.answered()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	switch {
	case response.StatusCode < 200 || response.StatusCode > 299:
		return nil, fmt.Errorf("%s %s answers %s", method, target, response.Status)
	case err != nil:
		return nil, fmt.Errorf("%s %s: %w", method, target, bare(err))
	}
	return text, nil
}

// refused is an upgrade that the server answered with another status than 101.
type refused struct {
	status int
	text   string
}

func (r refused) Error() string { return "the server refuses to upgrade: " + r.text }

// dial opens a WebSocket for the user. The error is a refused where the server answered.
func (c *client) dial(ctx context.Context, u User, headers map[string]string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.within())
	defer cancel()
	target := u.fill(c.URL)
	options := &websocket.DialOptions{HTTPClient: c.http, HTTPHeader: http.Header{}}
	for _, p := range c.Protocols {
		if p = u.fill(p); p != "" {
			options.Subprotocols = append(options.Subprotocols, p)
		}
	}
	if u.token != "" && !c.places() {
		options.HTTPHeader.Set("Authorization", "Bearer "+u.token)
	}
	for _, each := range []map[string]string{c.Headers, headers} {
		for name, value := range each {
			if strings.EqualFold(name, "Host") {
				options.Host = u.fill(value)
				continue
			}
			options.HTTPHeader.Set(name, u.fill(value))
		}
	}
	conn, response, err := websocket.Dial(ctx, target, options)
	if response != nil {
		c.answered()
	}
	switch {
	case err == nil:
		conn.SetReadLimit(maxMessage)
		return conn, nil
	case response != nil && response.StatusCode != http.StatusSwitchingProtocols:
		return nil, refused{response.StatusCode, response.Status}
	case response != nil:
		return nil, fmt.Errorf("%s upgrades, and not as RFC 6455 says: %w", target, bare(err))
	}
	return nil, fmt.Errorf("%s: %w", target, c.unreachable(ctx, target, err))
}

// places says whether the contract itself says where the token stands; else it is Authorization: Bearer.
func (c *client) places() bool {
	texts := append([]string{c.URL}, c.Protocols...)
	for name, value := range c.Headers {
		if strings.EqualFold(name, "Authorization") {
			return true
		}
		texts = append(texts, value)
	}
	return strings.Contains(strings.Join(texts, "\n"), "{token}")
}

// unreachable says in a person's words why nobody answered.
func (c *client) unreachable(ctx context.Context, target string, err error) error {
	host := target
	if u, parsed := url.Parse(target); parsed == nil && u.Host != "" {
		host = u.Host
	}
	var invalid *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &invalid):
		return fmt.Errorf("the certificate of %s does not hold: %w; its authority must be one that this system trusts", host, invalid.Err)
	case errors.As(err, &plain), errors.Is(err, http.ErrSchemeMismatch):
		return fmt.Errorf("%s does not speak TLS: write ws:// or http://, or ask for its TLS port", host)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("%s does not answer within %s", host, c.within().Round(time.Millisecond))
	}
	return bare(err)
}

// bare leaves out what url.Error repeats: the method and the address.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
