package preflight

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"testrunner/report/event"
)

// staging is a server that behaves as a staging environment does, well or ill.
func staging(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/healthz":
		w.WriteHeader(http.StatusOK)
	case "/sick":
		w.WriteHeader(http.StatusServiceUnavailable)
	case "/late":
		w.Header().Set("Date", time.Now().Add(-5*time.Minute).UTC().Format(http.TimeFormat))
	case "/ws":
		if c, err := websocket.Accept(w, r, nil); err == nil {
			_, _, _ = c.Read(r.Context()) // until the other side goes
			_ = c.CloseNow()
		}
	case "/secret":
		w.WriteHeader(http.StatusUnauthorized)
	default:
		http.NotFound(w, r)
	}
}

// certified is a TLS server whose certificate ends then, and who vouches for it.
func certified(t *testing.T, ends time.Time) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	paper := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "staging"}, NotBefore: time.Now().Add(-240 * time.Hour), NotAfter: ends,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, paper, paper, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	own, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(own)
	server := httptest.NewUnstartedServer(http.HandlerFunc(staging))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that refuse its certificate are the point
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, pool
}

func TestStaging_says_what_an_address_is_worth(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(staging))
	defer plain.Close()
	good, roots := certified(t, time.Now().Add(90*24*time.Hour+time.Minute))
	ending, endingRoots := certified(t, time.Now().Add(72*time.Hour+time.Minute))
	expired, expiredRoots := certified(t, time.Now().Add(-time.Hour))
	gone := httptest.NewServer(nil)
	gone.Close()
	raw, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for name, c := range map[string]struct {
		address Address
		roots   *x509.CertPool
		want    string
		says    string // in the detail of the last finding that is not ok
	}{
		"plain and well": {Address{URL: plain.URL, Health: "/healthz", WebSocket: "/ws"}, nil, "name=ok health=ok clock=ok websocket=ok", ""},
		"TLS and well":   {Address{URL: good.URL, Health: "/healthz", WebSocket: "/ws"}, roots, "name=ok tls=ok health=ok clock=ok websocket=ok", ""},
		"a WebSocket at an address of its own": {Address{URL: good.URL, WebSocket: strings.Replace(good.URL, "https", "wss", 1) + "/ws"}, roots,
			"name=ok tls=ok health=ok clock=ok websocket=ok", ""},
		"no health path: an answer will do":     {Address{URL: plain.URL + "/nothing"}, nil, "name=ok health=ok clock=ok", ""},
		"a health path must be there":           {Address{URL: plain.URL, Health: "/nothing"}, nil, "name=ok health=fail clock=ok", "404 Not Found"},
		"sick":                                  {Address{URL: plain.URL, Health: "/sick"}, nil, "name=ok health=fail clock=ok", "503 Service Unavailable"},
		"its clock is late":                     {Address{URL: plain.URL, Health: "/late"}, nil, "name=ok health=ok clock=warn", "tokens"},
		"a certificate that ends":               {Address{URL: ending.URL}, endingRoots, "name=ok tls=warn health=ok clock=ok", "valid until"},
		"a certificate that has ended":          {Address{URL: expired.URL}, expiredRoots, "name=ok tls=fail health=fail", "does not answer"},
		"a certificate that nobody vouches for": {Address{URL: good.URL}, x509.NewCertPool(), "name=ok tls=fail health=fail", "does not answer"},
		"TLS is expected, and not spoken":       {Address{URL: strings.Replace(plain.URL, "http", "https", 1)}, nil, "name=ok tls=fail health=fail", "does not answer"},
		"nobody listens":                        {Address{URL: gone.URL, WebSocket: "/ws"}, nil, "name=ok health=fail websocket=fail", "can't be reached"},
		"no WebSocket":                          {Address{URL: plain.URL, WebSocket: "/healthz"}, nil, "name=ok health=ok clock=ok websocket=fail", "does not upgrade: it answers 200 OK"},
		"a WebSocket that wants credentials":    {Address{URL: plain.URL, WebSocket: "/secret"}, nil, "name=ok health=ok clock=ok websocket=warn", "not proven"},
		"a name that is nobody's":               {Address{URL: "http://nobody.invalid"}, nil, "name=fail", "does not resolve"},
		"no address":                            {Address{URL: "auth.example"}, nil, "=fail", "https://HOST"},
		"a database":                            {Address{URL: "postgres://u:secret@" + raw.Addr().String() + "/db"}, nil, "name=ok health=ok", ""},
		"a database that is not there":          {Address{URL: strings.Replace(gone.URL, "http", "redis", 1)}, nil, "name=ok health=fail", "refused"},
		"a database without a port":             {Address{URL: "redis://127.0.0.1"}, nil, "name=ok health=fail", "names no port"},
	} {
		t.Run(name, func(t *testing.T) {
			c.address.Name = "auth"
			var log []string
			all := Run(t.Context(), Checks(Wants{Addresses: []Address{c.address}, Roots: c.roots, Log: func(l string) { log = append(log, l) }}))
			got := strings.ReplaceAll(strings.ReplaceAll(statuses(all), "staging.auth.", ""), "staging.auth", "")
			if got != c.want {
				t.Fatalf("%s, want %s\n%+v\n%q", got, c.want, all, log)
			}
			said := ""
			for _, f := range all {
				if f.Status != event.OK {
					said = f.Detail
				}
			}
			if !strings.Contains(said, c.says) {
				t.Errorf("it says %q, want %q", said, c.says)
			}
			for _, text := range append(log, said) {
				if strings.Contains(text, "secret@") {
					t.Errorf("a password is told: %s", text)
				}
			}
		})
	}
}

func TestStaging_names_the_days_of_a_certificate(t *testing.T) {
	server, roots := certified(t, time.Now().Add(63*24*time.Hour+time.Minute))
	all := Run(t.Context(), Checks(Wants{Addresses: []Address{{Name: "web", URL: server.URL}}, Roots: roots}))
	i := slices.IndexFunc(all, func(f event.Finding) bool { return f.ID == "staging.web.tls" })
	if i < 0 || all[i].Value != "63 days" || all[i].Number != 63 || all[i].Unit != event.Days {
		t.Errorf("%+v", all)
	}
}

// A server that takes the connection and never answers costs the check's own deadline, no more.
func TestStaging_silence_ends(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	checks := Checks(Wants{Addresses: []Address{{Name: "web", URL: (&url.URL{Scheme: "http", Host: l.Addr().String()}).String()}}})
	checks[0].Deadline = 200 * time.Millisecond
	start := time.Now()
	all := Run(t.Context(), checks)
	if got, took := statuses(all), time.Since(start); got != "staging.web.name=ok staging.web.health=fail" || took > 4*time.Second {
		t.Errorf("%s after %s", got, took)
	}
}

func TestSecrets_are_named_and_never_read_out(t *testing.T) {
	all := secrets(Wants{Secrets: []string{"STAGING_TOKEN", "EMPTY", "GONE"}, Environ: []string{"STAGING_TOKEN=hunter22", "EMPTY="}})
	if got := statuses(all); got != "staging.secrets=ok staging.secrets=fail staging.secrets=fail" {
		t.Fatal(got)
	}
	for _, f := range all {
		if strings.Contains(f.Value+f.Detail+f.Remedy, "hunter22") {
			t.Errorf("a secret is told: %+v", f)
		}
	}
	if runtime.GOOS == "windows" {
		if all[1].Remedy != "$env:EMPTY = 'VALUE'" {
			t.Errorf("%s", all[1].Remedy)
		}
		return // Wine has no PowerShell that would run it
	}
	// The way out, typed into a shell, with what is looked at behind it.
	out, err := exec.Command("sh", "-c", all[1].Remedy+"; "+all[2].Remedy+"; env").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range secrets(Wants{Secrets: []string{"EMPTY", "GONE"}, Environ: strings.Split(string(out), "\n")}) {
		if f.Status != event.OK {
			t.Errorf("after %s: %+v", all[2].Remedy, f)
		}
	}
}
