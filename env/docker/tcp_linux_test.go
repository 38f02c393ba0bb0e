package docker

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"testing"
	"time"
)

// authority signs certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return authority{cert, key}
}

// into writes ca.pem, and a pair cert.pem and key.pem that it signed.
func (a authority) into(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "127.0.0.1"}, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir+"/ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})))
	write(t, dir+"/cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, dir+"/key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private})))
}

// An engine behind TLS: with the right material, with another's, with none, and the other way round.
func TestTLS(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		certs, wrong, half := m.dir+"/certs", m.dir+"/wrong", m.dir+"/half"
		right := newAuthority(t)
		right.into(t, certs)
		newAuthority(t).into(t, wrong)
		ca, err := os.ReadFile(certs + "/ca.pem")
		if err != nil {
			t.Fatal(err)
		}
		write(t, half+"/ca.pem", string(ca))
		m.engine(t, "-H", "tcp://127.0.0.1:2376", "--tlsverify", "--tlscacert", certs+"/ca.pem", "--tlscert", certs+"/cert.pem", "--tlskey", certs+"/key.pem")
		host := "DOCKER_HOST=tcp://127.0.0.1:2376"
		with := func(dir string) []string { return []string{host, "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH=" + dir} }
		m.until(t, Up, with(certs)...)
		want(t, m.look(t, with(certs)...), Up, ByHostVariable, "")
		want(t, m.look(t, with(wrong)...), TLSUnverified, ByHostVariable, "")
		want(t, m.look(t, with(half)...), TLSRefused, ByHostVariable, "")
		s := m.look(t, host, "DOCKER_CERT_PATH="+certs)
		want(t, s, TLSExpected, ByHostVariable, "export DOCKER_TLS_VERIFY=1")
		want(t, m.types(t, s.Remedy, host, "DOCKER_CERT_PATH="+certs), Up, ByHostVariable, "")

		// The same as a context of the CLI's store.
		sum := sha256.Sum256([]byte("far"))
		store, material := m.dir+"/config/contexts/meta/"+hex.EncodeToString(sum[:]), m.dir+"/config/contexts/tls/"+hex.EncodeToString(sum[:])+"/docker"
		write(t, m.dir+"/config/config.json", `{"currentContext": "far"}`)
		write(t, store+"/meta.json", `{"Name": "far", "Metadata": {}, "Endpoints": {"docker": {"Host": "tcp://127.0.0.1:2376", "SkipTLSVerify": false}}}`)
		right.into(t, material)
		want(t, m.look(t, "DOCKER_CONFIG="+m.dir+"/config"), Up, ByConfig, "")
		newAuthority(t).into(t, material)
		want(t, m.look(t, "DOCKER_CONFIG="+m.dir+"/config"), TLSUnverified, ByConfig, "")
		if err := os.Remove(certs + "/key.pem"); err != nil { // dockerd has read it
			t.Fatal(err)
		}
		want(t, m.look(t, with(certs)...), TLSMaterial, ByHostVariable, "")
	})
}

// Addresses at which there is no engine, while the system's own does not run.
func TestTCP(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		run(t, "sh", "-c", "ip link add here type veth peer name there && ip link set here up && ip link set there up && ip addr add 10.66.0.1/24 dev here && ip neigh add 10.66.0.9 lladdr 02:00:00:00:00:09 dev here")
		serve := func(handler http.HandlerFunc) string {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
			go func() { _ = server.Serve(listener) }()
			t.Cleanup(func() { server.Close() })
			return "tcp://" + listener.Addr().String()
		}
		silent, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close()
		page := serve(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no such page", http.StatusNotFound) })
		for _, c := range []struct {
			url    string
			name   Name
			remedy string
			tls    bool
		}{
			{"tcp://127.0.0.1:1", Refused, "unset DOCKER_HOST", false},
			{"127.0.0.1:1", Refused, "unset DOCKER_HOST", false},
			{"tcp://no-such-host.invalid:2375", UnknownHost, "unset DOCKER_HOST", false},
			{"tcp://10.66.0.9:2375", Unreachable, "unset DOCKER_HOST", false}, // nobody answers
			{"tcp://10.88.0.9:2375", Unreachable, "unset DOCKER_HOST", false}, // no way leads there
			{page, NotDocker, "unset DOCKER_HOST", false},
			{page, TLSNotSpoken, "unset DOCKER_TLS_VERIFY DOCKER_TLS", true},
			{"tcp://" + silent.Addr().String(), Frozen, "", false},
		} {
			more := []string{"DOCKER_HOST=" + c.url}
			if c.tls {
				more = append(more, "DOCKER_TLS_VERIFY=1")
			}
			s := m.look(t, more...)
			want(t, s, c.name, ByHostVariable, c.remedy)
			if s.Took > 2500*time.Millisecond {
				t.Errorf("%s took %s", c.name, s.Took)
			}
		}
	})
}
