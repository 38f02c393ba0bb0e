package docker

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"testrunner/env"
	"testrunner/env/service"
)

// shelf is a registry that speaks as much of the distribution API as an engine asks of it.
type shelf struct {
	blobs     map[string][]byte // by digest
	manifests map[string]content
	pulls     atomic.Int32  // how often a tag was asked for
	locked    bool          // nothing is given away without a login
	held      chan struct{} // closed: the image "slow" may go on
}

type content struct {
	kind string
	body []byte
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// layer is one with a file of 2 MB.
func layer(t *testing.T, fill byte) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	head := w.WriteHeader(&tar.Header{Name: "file", Mode: 0o644, Size: 2 << 20})
	_, body := w.Write(bytes.Repeat([]byte{fill}, 2<<20))
	if err := errors.Join(head, body, w.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// newShelf has the image tiny:1 of this architecture, shared:1, which is the same, slow:1, and foreign:1 of another architecture.
func newShelf(t *testing.T, locked bool) (s *shelf, address string) {
	t.Helper()
	s = &shelf{blobs: map[string][]byte{}, manifests: map[string]content{}, held: make(chan struct{}), locked: locked}
	other := map[string]string{"amd64": "arm64"}[runtime.GOARCH]
	if other == "" {
		other = "amd64"
	}
	tiny := s.put(t, "tiny", runtime.GOARCH, layer(t, 1))
	s.manifests["shared"] = tiny
	s.put(t, "slow", runtime.GOARCH, layer(t, 2))
	list, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.list.v2+json",
		"manifests": []any{map[string]any{
			"mediaType": "application/vnd.docker.distribution.manifest.v2+json", "size": len(tiny.body), "digest": digest(tiny.body),
			"platform": map[string]string{"architecture": other, "os": "linux"},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.manifests["foreign"] = content{"application/vnd.docker.distribution.manifest.list.v2+json", list}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close() })
	return s, listener.Addr().String()
}

// put stores an image of one layer.
func (s *shelf) put(t *testing.T, name, architecture string, layer []byte) content {
	t.Helper()
	plain, err := gzip.NewReader(bytes.NewReader(layer))
	if err != nil {
		t.Fatal(err)
	}
	whole := sha256.New()
	if _, err := io.Copy(whole, plain); err != nil {
		t.Fatal(err)
	}
	config := fmt.Appendf(nil, `{"architecture":%q,"os":"linux","config":{"ExposedPorts":{"7777/tcp":{}},"Env":["A=b"],"Healthcheck":{"Test":["CMD","/check"],"Retries":4}},"rootfs":{"type":"layers","diff_ids":["sha256:%x"]},"history":[{"created_by":"test"}]}`, architecture, whole.Sum(nil))
	s.blobs[digest(config)], s.blobs[digest(layer)] = config, layer
	manifest := fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":%d,"digest":%q},"layers":[{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":%d,"digest":%q}]}`,
		len(config), digest(config), len(layer), digest(layer))
	s.manifests[name] = content{"application/vnd.docker.distribution.manifest.v2+json", manifest}
	return s.manifests[name]
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v2/"), "/")
	refuse := func(status int, code string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"errors":[{"code":%q,"message":"refused by the test"}]}`, code)
	}
	user, password, _ := r.BasicAuth()
	switch {
	case s.locked && (user != "ada" || password != "lovelace"):
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		refuse(http.StatusUnauthorized, "UNAUTHORIZED")
	case name == "":
		w.WriteHeader(http.StatusOK)
	case name == "limited":
		refuse(http.StatusTooManyRequests, "TOOMANYREQUESTS")
	case strings.HasPrefix(rest, "manifests/"):
		s.manifest(w, r, name, refuse)
	default:
		if name == "slow" {
			select {
			case <-s.held:
			case <-r.Context().Done():
				return
			}
		}
		blob, ok := s.blobs[strings.TrimPrefix(rest, "blobs/")]
		if !ok {
			refuse(http.StatusNotFound, "BLOB_UNKNOWN")
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(blob)))
		_, _ = w.Write(blob) // a client that hangs up is part of the test
	}
}

func (s *shelf) manifest(w http.ResponseWriter, r *http.Request, name string, refuse func(int, string)) {
	m, ok := s.manifests[name]
	if !ok {
		refuse(http.StatusNotFound, "MANIFEST_UNKNOWN")
		return
	}
	if strings.HasSuffix(r.URL.Path, "/1") { // then it is asked for by its digest
		s.pulls.Add(1)
	}
	w.Header().Set("Content-Type", m.kind)
	w.Header().Set("Docker-Content-Digest", digest(m.body))
	w.Header().Set("Content-Length", fmt.Sprint(len(m.body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(m.body)
	}
}

// Images are taken where they are, and pulled where the policy says so; each way in which that fails has its words.
func TestPulls(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		d := newDock(t, m)
		s, at := newShelf(t, false)
		_, safe := newShelf(t, true)
		p := d.provider(t, nil)
		image := func(name, policy, platform string) service.Spec {
			return spec("web", func(c *service.Container) { c.Image, c.PullPolicy, c.Platform = name, policy, platform })
		}
		// Eight services of one image: it is pulled once.
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if err := p.Prepare(t.Context(), image(at+"/shared:1", "", ""), d.tell); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if text := d.heard(); s.pulls.Load() != 1 || strings.Count(text, "pulled "+at+"/shared:1 in ") != 1 {
			t.Errorf("%d pulls; told %s", s.pulls.Load(), text)
		}
		for _, c := range []struct {
			name, policy, platform string
			pulls                  int32
			fault                  Name
			remedy                 string
		}{
			{at + "/tiny:1", "never", "", 0, ImageNotHere, "docker pull " + at + "/tiny:1"},
			{at + "/tiny:1", "missing", "", 1, "", ""},
			{at + "/tiny:1", "never", "", 0, "", ""},
			{at + "/tiny:1", "always", "", 1, "", ""},
			{at + "/tiny:1", "never", "linux/s390x", 0, WrongPlatform, ""},
			{"witness:1", "", "", 0, "", ""},
			{at + "/gone:1", "", "", 0, ImageMissing, ""},
			{at + "/limited:1", "", "", 0, RateLimited, "docker login " + at},
			{safe + "/tiny:1", "", "", 0, LoginNeeded, "docker login " + safe},
			{at + "/foreign:1", "", "", 1, WrongPlatform, ""},
			{"127.0.0.1:1/tiny:1", "", "", 0, Offline, ""},
			{"nowhere.invalid/tiny:1", "", "", 0, Offline, ""},
		} {
			before := s.pulls.Load()
			err := d.provider(t, nil).Prepare(t.Context(), image(c.name, c.policy, c.platform), d.tell)
			var failed *ServiceError
			errors.As(err, &failed)
			switch {
			case c.fault == "" && err != nil:
				t.Errorf("%s %s: %v", c.name, c.policy, err)
			case c.fault != "" && (failed == nil || failed.Fault.Name != c.fault || failed.Remedy() != c.remedy || !strings.Contains(err.Error(), "web: ") || !strings.Contains(err.Error(), c.name)):
				t.Errorf("%s %s: %v (%+v); want %s, remedy %q", c.name, c.policy, err, failed, c.fault, c.remedy)
			}
			if got := s.pulls.Load() - before; got != c.pulls && c.fault == "" {
				t.Errorf("%s %s: %d pulls, want %d", c.name, c.policy, got, c.pulls)
			}
		}
		described, err := d.engine.DescribeImage(t.Context(), at+"/tiny:1")
		if err != nil || len(described.Exposed) != 1 || described.Exposed[0] != "7777/tcp" || described.Healthcheck == nil || described.Healthcheck.Retries != 4 || described.Architecture != runtime.GOARCH {
			t.Errorf("%+v, %v", described, err)
		}

		// With the login of docker login.
		login := base64.StdEncoding.EncodeToString([]byte("ada:lovelace"))
		write(t, m.dir+"/config/config.json", fmt.Sprintf(`{"auths": {%q: {"auth": %q}}}`, safe, login))
		place := Here(m.environ("DOCKER_CONFIG="+m.dir+"/config"), nil)
		if err := d.provider(t, func(s *Supply) { s.Place = place }).Prepare(t.Context(), image(safe+"/tiny:1", "", ""), d.tell); err != nil {
			t.Errorf("with a login: %v", err)
		}
		// The same kept by a program.
		write(t, m.dir+"/bin/docker-credential-safe", "#!/bin/sh\nread at && test \"$1 $at\" = \"get "+safe+"\" && echo '{\"ServerURL\":\"x\",\"Username\":\"ada\",\"Secret\":\"lovelace\"}'\n")
		run(t, "chmod", "755", m.dir+"/bin/docker-credential-safe")
		write(t, m.dir+"/config/config.json", `{"credsStore": "safe"}`)
		place = Here(append(m.environ("DOCKER_CONFIG="+m.dir+"/config"), "PATH="+m.dir+"/bin:/usr/bin:/bin"), nil)
		always := image(safe+"/tiny:1", "always", "")
		if err := d.provider(t, func(s *Supply) { s.Place = place }).Prepare(t.Context(), always, d.tell); err != nil {
			t.Errorf("with a program that keeps logins: %v", err)
		}

		// Its own clock, and the caller's.
		slow := d.provider(t, func(s *Supply) { s.PullWithin = 300 * time.Millisecond })
		var failed *ServiceError
		if err := slow.Prepare(t.Context(), image(at+"/slow:1", "always", ""), d.tell); !errors.As(err, &failed) || failed.Fault.Name != PullSlow {
			t.Errorf("slow: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := p.Prepare(ctx, image(at+"/slow:1", "always", ""), d.tell); !errors.Is(err, context.DeadlineExceeded) || errors.As(err, &failed) && failed.Fault.Name != PullSlow {
			t.Errorf("cancelled: %v", err)
		}
		close(s.held)
		// The remedy of an image that is not here is typed, and it is.
		d.cli(t, nil, "rmi", at+"/tiny:1", at+"/shared:1")
		never := image(at+"/tiny:1", "never", "")
		if err := d.provider(t, nil).Prepare(t.Context(), never, d.tell); !errors.As(err, &failed) || failed.Fault.Name != ImageNotHere {
			t.Fatalf("removed: %v", err)
		}
		d.cli(t, nil, strings.Fields(failed.Remedy())[1:]...)
		if err := d.provider(t, nil).Prepare(t.Context(), never, d.tell); err != nil {
			t.Errorf("after its remedy: %v", err)
		}
	})
}

// Where an image comes from, and that what is built is built by the builder.
func TestPrepare(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		d := newDock(t, m)
		built := func(c *service.Container) { c.Image, c.Build = "", &service.Build{Context: "/x"} }
		var failed *ServiceError
		if err := d.provider(t, nil).Prepare(t.Context(), spec("web", built), d.tell); !errors.As(err, &failed) || failed.Fault.Name != BuildRefused {
			t.Errorf("no builder: %v", err)
		}
		p := d.provider(t, func(s *Supply) {
			s.Build = func(_ context.Context, s service.Spec, tell service.Tell) (string, error) {
				tell("built " + s.Name)
				return "witness:1", nil
			}
		})
		waitServed(t, d.start(t, p, spec("web", built), nil))
		if text := d.heard(); text != "built web" {
			t.Errorf("told %q", text)
		}
		// A bind keeps its owner: who may read it here may there.
		write(t, m.dir+"/owned/file", "mine")
		run(t, "chown", "1234:1234", m.dir+"/owned/file")
		run(t, "chmod", "600", m.dir+"/owned/file")
		for user, want := range map[string]string{"1234": "mine", "4321": "error: open /owned/file: permission denied"} {
			in := d.start(t, p, spec("user"+user, func(c *service.Container) {
				c.User, c.Mounts = user, []service.Mount{{Kind: "bind", Source: m.dir + "/owned", Target: "/owned"}}
			}), nil)
			if got := strings.TrimSpace(inBox(t, in, "cat", "/owned/file")); got != want {
				t.Errorf("user %s reads %q", user, got)
			}
		}
		if err := p.Prepare(t.Context(), service.Spec{Service: env.Service{Name: "odd"}}, d.tell); err == nil {
			t.Error("a service without a container was prepared")
		}
	})
}
