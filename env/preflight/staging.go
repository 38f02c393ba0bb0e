package preflight

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"time"

	"testrunner/report/event"
)

// stagingDeadline bounds the look at one address. A staging environment that scales to zero needs seconds for its first answer.
const stagingDeadline = 10 * time.Second

// stagingChecks look at each address, and at the variables that hold secrets.
func stagingChecks(w Wants) []Check {
	var checks []Check
	if len(w.Secrets) > 0 {
		checks = append(checks, Check{ID: event.StagingSecrets, Look: func(context.Context) []event.Finding { return secrets(w) }})
	}
	for _, a := range w.Addresses {
		visit := visitor{address: a, id: event.StagingAddress + "." + a.Name, thresholds: w.Thresholds, roots: w.Roots, log: w.Log, now: time.Now}
		checks = append(checks, Check{ID: visit.id, Deadline: stagingDeadline, Look: visit.look})
	}
	return checks
}

// secrets says which of the declared variables have no value. It never reads more of a value than whether it is there.
func secrets(w Wants) []event.Finding {
	set := map[string]bool{}
	for _, pair := range w.Environ {
		name, value, _ := strings.Cut(pair, "=")
		set[name] = value != ""
	}
	var findings []event.Finding
	for _, name := range w.Secrets {
		f := event.Finding{ID: event.StagingSecrets, Status: event.OK, Value: name, Threshold: "set", Detail: "has a value"}
		if !set[name] {
			f.Status, f.Detail = event.Fail, name+" has no value, and runner.yaml names it as a secret of this environment"
			f.Remedy = event.SetVariable(runtime.GOOS, name, "VALUE")
		}
		findings = append(findings, f)
	}
	return findings
}

// visitor looks at one address, step by step: a name that does not resolve makes the steps behind it pointless, and they are not made.
type visitor struct {
	address    Address
	id         string
	thresholds Thresholds
	roots      *x509.CertPool
	log        func(string)
	now        func() time.Time
}

func (v visitor) look(ctx context.Context) []event.Finding {
	u, err := url.Parse(v.address.URL)
	if err != nil || u.Host == "" {
		return []event.Finding{{ID: v.id, Status: event.Fail, Value: v.address.URL, Detail: v.address.Name + " has no address that can be understood: write https://HOST in runner.yaml"}}
	}
	name, ok := v.resolve(ctx, u)
	findings := []event.Finding{name}
	if !ok {
		return findings
	}
	switch u.Scheme {
	case "http", "https", "ws", "wss":
		return append(findings, v.web(ctx, u)...)
	}
	return append(findings, v.connect(ctx, u))
}

// resolve looks the name up. An address is its own proof.
func (v visitor) resolve(ctx context.Context, u *url.URL) (event.Finding, bool) {
	start := v.now()
	found, err := net.DefaultResolver.LookupHost(ctx, u.Hostname())
	f := event.Finding{ID: v.id + ".name", Status: event.OK, Millis: v.since(start)}
	v.tell("resolve "+u.Hostname(), start, err)
	var missing *net.DNSError
	switch {
	case err == nil:
		f.Value, f.Detail = found[0], u.Hostname()
	case errors.As(err, &missing) && missing.IsNotFound:
		f.Status, f.Detail = event.Fail, u.Hostname()+" does not resolve: look at the address in runner.yaml, and at your VPN"
	default:
		f.Status, f.Detail = event.Fail, fmt.Sprintf("%s does not resolve: %v", u.Hostname(), err)
	}
	return f, err == nil
}

// connect is all that can be proven of a protocol that is not HTTP without speaking it.
func (v visitor) connect(ctx context.Context, u *url.URL) event.Finding {
	start := v.now()
	f := event.Finding{ID: v.id + ".health", Status: event.OK, Value: "accepts", Threshold: "accepts"}
	if u.Port() == "" {
		f.Status, f.Value, f.Detail = event.Fail, "", "the address of "+v.address.Name+" names no port"
		return f
	}
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", u.Host)
	f.Millis = v.since(start)
	v.tell("connect "+u.Host, start, err)
	if err != nil {
		f.Status, f.Value, f.Detail = event.Fail, "", fmt.Sprintf("%s: %v", v.address.Name, err)
		return f
	}
	_ = c.Close() // nothing was sent
	f.Detail = u.Host + " takes a connection; whether the service behind it works is not known by that"
	return f
}

// web asks the health endpoint, and tells from its one answer about TLS, health and clock; then the WebSocket.
func (v visitor) web(ctx context.Context, u *url.URL) []event.Finding {
	// A pool of its own: nothing outlives the look.
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: v.roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	health, answer := v.health(ctx, client, u)
	var findings []event.Finding
	if f, ok := v.certificate(answer, u); ok {
		findings = append(findings, f)
	}
	findings = append(findings, health)
	if f, ok := v.clock(answer); ok {
		findings = append(findings, f)
	}
	if v.address.WebSocket != "" {
		findings = append(findings, v.upgrade(ctx, client, u))
	}
	return findings
}

func (v visitor) since(start time.Time) int64 { return max(1, v.now().Sub(start).Milliseconds()) }

func (v visitor) tell(what string, start time.Time, err error) {
	if v.log == nil {
		return
	}
	line := fmt.Sprintf("staging %s: %s in %s", v.address.Name, what, v.now().Sub(start).Round(time.Millisecond))
	if err != nil {
		line += ": " + err.Error()
	}
	v.log(line)
}
