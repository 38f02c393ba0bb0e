package page

import (
	"net"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
)

// cable is what lies between a browser and the page, and can be pulled.
type cable struct {
	net.Listener
	url string

	mu     sync.Mutex
	pulled bool
	open   []net.Conn
}

// newCable lays one to an address.
func newCable(t *testing.T, to string) *cable {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		if target.Scheme == "http" { // as the frontend does: the page is at the browser's address
			r.Out.Host = r.In.Host
		} else { // staging wants its own name, and then the WebSocket's origin must be that name, too
			r.Out.Header.Set("Origin", to)
		}
	}})
	c := &cable{Listener: server.Listener}
	server.Listener = c
	server.Start()
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

// Accept is the listener's. Who comes while the cable is pulled is cut at once.
func (c *cable) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pulled {
		_ = conn.Close()
	}
	c.open = append(c.open, conn)
	return conn, nil
}

// pull cuts all that is connected, without a word, and keeps it so.
func (c *cable) pull() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled = true
	for _, conn := range c.open {
		_ = conn.Close()
	}
	c.open = nil
}

// plug lets connections through again.
func (c *cable) plug() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled = false
}
