package service

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/coder/websocket"

	"testrunner/report/event"
)

// webClient asks once a connection, follows no redirect, and goes through a proxy only to what nobody here started.
func webClient(by event.Provider) *http.Client {
	t := &http.Transport{DisableKeepAlives: true}
	if by == event.ByAddress || by == event.ByStaging {
		t.Proxy = http.ProxyFromEnvironment
	}
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// httpProbe asks for a path. One that the user names must answer 200 to 399; of "/", which nobody named, any answer but an error of the
// server will do: a program that has nothing there answers 404 and serves all the same.
func httpProbe(base, path string, by event.Provider) Probe {
	named := path != ""
	if !named {
		path = "/"
	}
	target, client := join(base, path), webClient(by)
	return Probe{Name: "GET " + path, Ask: func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
		if err != nil {
			return permanent("its address can't be asked: %w", bare(err))
		}
		response, err := client.Do(request)
		if err != nil {
			return bare(err)
		}
		defer response.Body.Close()
		_, _ = io.CopyN(io.Discard, response.Body, 64<<10) // what it says does not matter
		if code := response.StatusCode; code >= 500 || named && (code < 200 || code >= 400) {
			return fmt.Errorf("it answers %s", response.Status)
		}
		return nil
	}}
}

// join puts a path, which may have a query, behind the base's own.
func join(base, path string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base + path
	}
	switch u.Scheme {
	case "http", "https":
	case "wss", "grpcs":
		u.Scheme = "https"
	default:
		u.Scheme = "http"
	}
	path, query, _ := strings.Cut(path, "?")
	u = u.JoinPath(path)
	u.RawQuery, u.Fragment = query, ""
	return u.String()
}

// webSocketProbe upgrades, and has a ping answered. One that asks for credentials first is there, which is all that can be known.
func webSocketProbe(base, path string, by event.Provider) Probe {
	target, client := join(base, path), webClient(by)
	return Probe{Name: "WebSocket " + path, Ask: func(ctx context.Context) error {
		c, response, err := websocket.Dial(ctx, target, &websocket.DialOptions{HTTPClient: client})
		if err != nil {
			switch {
			case response == nil:
				return bare(err)
			case response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden:
				return nil
			}
			return fmt.Errorf("it does not upgrade, but answers %s", response.Status)
		}
		defer c.CloseNow()
		if err := c.Ping(c.CloseRead(ctx)); err != nil {
			return fmt.Errorf("it upgrades, and does not answer a ping: %w", bare(err))
		}
		return nil
	}}
}
