package preflight

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"

	"testrunner/report/event"
)

// answer is what came back from the health endpoint.
type answer struct {
	err        error
	tls        *tls.ConnectionState
	date       string    // the header
	asked, got time.Time // by our clock
}

// health asks the endpoint. A path that runner.yaml names must answer well; else any answer but an error of the server will do.
func (v visitor) health(ctx context.Context, client *http.Client, u *url.URL) (event.Finding, answer) {
	target, most := v.endpoint(u)
	below := fmt.Sprintf("below %d", most+1)
	f := event.Finding{ID: v.id + ".health", Status: event.OK, Threshold: below, Detail: "GET " + target.Redacted()}
	a := answer{asked: v.now()}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		f.Status, f.Detail, a.err = event.Fail, err.Error(), err
		return f, a
	}
	response, err := client.Do(request)
	a.got, a.err = v.now(), err
	f.Millis = v.since(a.asked)
	v.tell("GET "+target.Redacted(), a.asked, err)
	if err != nil {
		f.Status = event.Fail
		f.Detail = fmt.Sprintf("%s does not answer at %s: %v", v.address.Name, target.Redacted(), bareError(err))
		return f, a
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10) // so that the connection can be used again; what it says does not matter
	a.tls, a.date = response.TLS, response.Header.Get("Date")
	f.Value = fmt.Sprint(response.StatusCode)
	if response.StatusCode > most {
		f.Status = event.Fail
		f.Detail = fmt.Sprintf("%s is not healthy: GET %s answers %s", v.address.Name, target.Redacted(), response.Status)
	}
	return f, a
}

// endpoint is the health endpoint, and the highest status that is well.
func (v visitor) endpoint(u *url.URL) (target url.URL, most int) {
	target = *u
	target.Scheme = strings.Replace(u.Scheme, "ws", "http", 1)
	if v.address.Health == "" {
		return target, 499
	}
	return *target.JoinPath(v.address.Health), 399
}

// again asks the endpoint once more, on the connection that is there.
func (v visitor) again(ctx context.Context, client *http.Client, u *url.URL) error {
	target, most := v.endpoint(u)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return bareError(err)
	}
	defer response.Body.Close()
	if _, err = io.CopyN(io.Discard, response.Body, 64<<10); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if response.StatusCode > most {
		return errors.New(response.Status)
	}
	return nil
}

// bareError leaves out what url.Error repeats: the method and the address.
func bareError(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// certificate says whether TLS holds, and for how long. There is none of a plain address, or where nothing was reached.
func (v visitor) certificate(a answer, u *url.URL) (event.Finding, bool) {
	f := event.Finding{ID: v.id + ".tls", Status: event.OK, Threshold: fmt.Sprintf("at least %d days", v.thresholds.TLSDays), Unit: event.Days}
	var invalid *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(a.err, &invalid):
		f.Status, f.Value, f.Unit = event.Fail, "not valid", ""
		f.Detail = "the certificate of " + u.Hostname() + " does not hold: " + reason(invalid)
		return f, true
	case errors.As(a.err, &plain), errors.Is(a.err, http.ErrSchemeMismatch):
		f.Status, f.Value, f.Unit, f.Detail = event.Fail, "no TLS", "", u.Host+" does not speak TLS"
		return f, true
	case a.tls == nil || len(a.tls.VerifiedChains) == 0:
		return f, false
	}
	first := a.tls.VerifiedChains[0][0]
	for _, c := range a.tls.VerifiedChains[0] { // the chain holds as long as the first of its links
		if c.NotAfter.Before(first.NotAfter) {
			first = c
		}
	}
	days := int(first.NotAfter.Sub(v.now()).Hours() / 24)
	f.Value, f.Number = fmt.Sprintf("%d days", days), float64(days)
	f.Detail = fmt.Sprintf("%s, valid until %s", tls.VersionName(a.tls.Version), first.NotAfter.UTC().Format("2006-01-02 15:04 MST"))
	if days < v.thresholds.TLSDays {
		f.Status = event.Warn
	}
	return f, true
}

// reason is why a certificate does not hold. "Expired or not yet valid" may also be our own clock.
func reason(err *tls.CertificateVerificationError) string {
	var invalid x509.CertificateInvalidError
	if errors.As(err, &invalid) && invalid.Reason == x509.Expired {
		return err.Err.Error() + "; look at this machine's clock, too"
	}
	return err.Err.Error()
}

// clock holds the server's clock against ours: tokens are refused by clocks that differ. The header has whole seconds, and the
// answer was made at some time between asking and getting it, so half a second and half the wait are uncertain.
func (v visitor) clock(a answer) (event.Finding, bool) {
	date, err := http.ParseTime(a.date)
	if err != nil {
		return event.Finding{}, false
	}
	middle := a.asked.Add(a.got.Sub(a.asked) / 2)
	skew := date.Add(500 * time.Millisecond).Sub(middle)
	unsure := 500*time.Millisecond + a.got.Sub(a.asked)/2
	f := event.Finding{
		ID: v.id + ".clock", Status: event.OK, Value: fmt.Sprintf("%+.0f s", skew.Seconds()), Threshold: "within " + v.thresholds.ClockSkew.String(),
		Detail: "of the server's clock against this machine's", Number: skew.Seconds(), Unit: event.Seconds,
	}
	if skew.Abs() <= unsure {
		f.Value, f.Number = "0 s", 0
	}
	if skew.Abs()-unsure > v.thresholds.ClockSkew {
		f.Status = event.Warn
		f.Detail += "; tokens of one may be expired or not yet valid for the other"
	}
	return f, true
}

// upgrade opens a WebSocket and closes it. An answer that asks for credentials proves that somebody is there, not that it upgrades.
func (v visitor) upgrade(ctx context.Context, client *http.Client, u *url.URL) event.Finding {
	target := v.address.WebSocket
	if !strings.Contains(target, "://") {
		target = u.JoinPath(target).String()
	}
	f := event.Finding{ID: v.id + ".websocket", Status: event.OK, Threshold: "101"}
	start := v.now()
	// The library takes http for ws; the client is ours, so the certificate is judged as above.
	c, response, err := websocket.Dial(ctx, target, &websocket.DialOptions{HTTPClient: client})
	f.Millis = v.since(start)
	v.tell("upgrade "+target, start, err)
	if response != nil {
		f.Value = fmt.Sprint(response.StatusCode)
	}
	switch {
	case err == nil:
		_ = c.CloseNow() // nothing was said, so nothing is lost
		f.Detail = "upgrades at " + target
	case response != nil && (response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden):
		f.Status, f.Detail = event.Warn, target+" asks for credentials before it upgrades, so that it does is not proven"
	case response != nil:
		f.Status, f.Detail = event.Fail, fmt.Sprintf("%s does not upgrade: it answers %s", target, response.Status)
	default:
		f.Status, f.Detail = event.Fail, fmt.Sprintf("%s can't be reached: %v", target, bareError(err))
	}
	return f
}
