//go:build unix

package docker

import (
	"errors"
	"maps"
	"testing"
)

// Which engine is asked, and by which rule: each rule alone, and each pair, as resolveContextName of the docker CLI has it.
func TestChooseHost(t *testing.T) {
	files := contextFiles("colima", map[string]string{"colima": "unix:///colima.sock", "far": "tcp://far:2376", "empty": "", "odd": "gopher://x", "secure": "ssh://ada@far"})
	none := map[string]string{}
	noCurrent := maps.Clone(files)
	delete(noCurrent, "/home/ada/.docker/config.json")
	system := "the system's default"
	for name, c := range map[string]struct {
		goos    string
		environ []string
		files   map[string]string
		url     string
		rule    Rule
		from    string
		fault   Name
	}{
		"nothing":                           {"linux", nil, none, defaultSocket, ByDefault, system, ""},
		"nothing, macOS":                    {"darwin", nil, none, defaultSocket, ByDefault, system, ""},
		"nothing, Windows":                  {"windows", nil, none, defaultPipe, ByDefault, system, ""},
		"variable":                          {"linux", []string{"DOCKER_HOST=unix:///x.sock"}, none, "unix:///x.sock", ByHostVariable, "DOCKER_HOST", ""},
		"variable over context variable":    {"linux", []string{"DOCKER_HOST=unix:///x.sock", "DOCKER_CONTEXT=far"}, files, "unix:///x.sock", ByHostVariable, "DOCKER_HOST", ""},
		"variable over config":              {"linux", []string{"DOCKER_HOST=unix:///x.sock"}, files, "unix:///x.sock", ByHostVariable, "DOCKER_HOST", ""},
		"context variable":                  {"linux", []string{"DOCKER_CONTEXT=far"}, noCurrent, "tcp://far:2376", ByContextVariable, "context far, from DOCKER_CONTEXT", ""},
		"context variable over config":      {"linux", []string{"DOCKER_CONTEXT=far"}, files, "tcp://far:2376", ByContextVariable, "context far, from DOCKER_CONTEXT", ""},
		"config":                            {"linux", nil, files, "unix:///colima.sock", ByConfig, "context colima, from currentContext in /home/ada/.docker/config.json", ""},
		"an empty variable is none":         {"linux", []string{"DOCKER_HOST=", "DOCKER_CONTEXT="}, files, "unix:///colima.sock", ByConfig, "context colima, from currentContext in /home/ada/.docker/config.json", ""},
		"context default over config":       {"linux", []string{"DOCKER_CONTEXT=default"}, files, defaultSocket, ByContextVariable, "context default, from DOCKER_CONTEXT", ""},
		"config names the default":          {"linux", nil, contextFiles("default", nil), defaultSocket, ByConfig, "context default, from currentContext in /home/ada/.docker/config.json", ""},
		"another folder":                    {"linux", []string{"DOCKER_CONFIG=/nowhere"}, files, defaultSocket, ByDefault, system, ""},
		"a context that is not there":       {"linux", []string{"DOCKER_CONTEXT=gone"}, files, "", ByContextVariable, "context gone, from DOCKER_CONTEXT", ContextMissing},
		"a context without an address":      {"linux", []string{"DOCKER_CONTEXT=empty"}, files, defaultSocket, ByContextVariable, "context empty, from DOCKER_CONTEXT", ""},
		"a context with an odd address":     {"linux", []string{"DOCKER_CONTEXT=odd"}, files, "gopher://x", ByContextVariable, "context odd, from DOCKER_CONTEXT", ContextBroken},
		"a context over ssh":                {"linux", []string{"DOCKER_CONTEXT=secure"}, files, "ssh://ada@far", ByContextVariable, "context secure, from DOCKER_CONTEXT", SSH},
		"a config that is no JSON":          {"linux", nil, map[string]string{"/home/ada/.docker/config.json": "{"}, "", ByConfig, "/home/ada/.docker/config.json", ContextBroken},
		"no scheme is tcp":                  {"linux", []string{"DOCKER_HOST=far:2375"}, none, "tcp://far:2375", ByHostVariable, "DOCKER_HOST", ""},
		"no port":                           {"linux", []string{"DOCKER_HOST=tcp://far"}, none, "tcp://far:2375", ByHostVariable, "DOCKER_HOST", ""},
		"no port, with TLS":                 {"linux", []string{"DOCKER_HOST=tcp://far", "DOCKER_TLS_VERIFY=1"}, none, "tcp://far:2376", ByHostVariable, "DOCKER_HOST", ""},
		"no host":                           {"linux", []string{"DOCKER_HOST=tcp://:4000"}, none, "tcp://localhost:4000", ByHostVariable, "DOCKER_HOST", ""},
		"neither":                           {"linux", []string{"DOCKER_HOST=tcp://"}, none, "tcp://localhost:2375", ByHostVariable, "DOCKER_HOST", ""},
		"six bytes of it":                   {"linux", []string{"DOCKER_HOST=tcp://[::1]"}, none, "tcp://[::1]:2375", ByHostVariable, "DOCKER_HOST", ""},
		"a path behind a proxy":             {"linux", []string{"DOCKER_HOST=http://far:80/engine"}, none, "tcp://far:80/engine", ByHostVariable, "DOCKER_HOST", ""},
		"no socket":                         {"linux", []string{"DOCKER_HOST=unix://"}, none, defaultSocket, ByHostVariable, "DOCKER_HOST", ""},
		"no pipe":                           {"windows", []string{"DOCKER_HOST=npipe://"}, none, defaultPipe, ByHostVariable, "DOCKER_HOST", ""},
		"variables of Windows have no case": {"windows", []string{"Docker_Host=npipe:////./pipe/x"}, none, "npipe:////./pipe/x", ByHostVariable, "DOCKER_HOST", ""},
		"a pipe on Linux":                   {"linux", []string{"DOCKER_HOST=npipe:////./pipe/x"}, none, "npipe:////./pipe/x", ByHostVariable, "DOCKER_HOST", HostInvalid},
		"a port that is none":               {"linux", []string{"DOCKER_HOST=tcp://far:http"}, none, "tcp://far:http", ByHostVariable, "DOCKER_HOST", HostInvalid},
		"a port that is too high":           {"linux", []string{"DOCKER_HOST=tcp://far:65536"}, none, "tcp://far:65536", ByHostVariable, "DOCKER_HOST", HostInvalid},
		"rubbish":                           {"linux", []string{"DOCKER_HOST=rubbish"}, none, "rubbish", ByHostVariable, "DOCKER_HOST", HostInvalid},
		"a scheme that nobody speaks":       {"linux", []string{"DOCKER_HOST=fd://3"}, none, "fd://3", ByHostVariable, "DOCKER_HOST", HostInvalid},
	} {
		h, err := ChooseHost(other{os: c.goos, environ: c.environ, files: c.files}.place(t, nil))
		var fault *HostError
		if errors.As(err, &fault); (fault == nil) != (c.fault == "") || fault != nil && fault.Name != c.fault {
			t.Errorf("%s: the error %v, want %q", name, err, c.fault)
		}
		if h.URL != c.url || h.Rule != c.rule || h.From != c.from {
			t.Errorf("%s: got %q by %q from %q, want %q by %q from %q", name, h.URL, h.Rule, h.From, c.url, c.rule, c.from)
		}
	}
}

// TLS is switched on as the CLI does: by DOCKER_TLS_VERIFY or DOCKER_TLS, never by DOCKER_CERT_PATH alone.
func TestChooseTLS(t *testing.T) {
	files := map[string]string{"/certs/ca.pem": "a", "/certs/cert.pem": "b", "/certs/key.pem": "c", "/home/ada/.docker/ca.pem": "d"}
	for name, c := range map[string]struct {
		environ []string
		on      bool
		skip    bool
		ca      string
		from    string
	}{
		"nothing":       {nil, false, false, "", ""},
		"a folder":      {[]string{"DOCKER_CERT_PATH=/certs"}, false, false, "", ""},
		"verified":      {[]string{"DOCKER_CERT_PATH=/certs", "DOCKER_TLS_VERIFY=1"}, true, false, "a", "/certs"},
		"not verified":  {[]string{"DOCKER_CERT_PATH=/certs", "DOCKER_TLS=1"}, true, true, "a", "/certs"},
		"the CLI's own": {[]string{"DOCKER_TLS_VERIFY=1"}, true, false, "d", "/home/ada/.docker"},
	} {
		h, err := ChooseHost(other{os: "linux", environ: append(c.environ, "DOCKER_HOST=tcp://far", "DOCKER_API_VERSION=v1.41"), files: files}.place(t, nil))
		if err != nil || (h.TLS != nil) != c.on || h.API != "1.41" {
			t.Errorf("%s: %v, %+v", name, err, h)
			continue
		}
		if c.on && (h.TLS.SkipVerify != c.skip || string(h.TLS.CA) != c.ca || h.TLS.From != c.from) {
			t.Errorf("%s: %+v", name, h.TLS)
		}
	}
}
