package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Rule is what chose the engine: the first that matches wins, as in the docker CLI (resolveContextName of docker/cli).
type Rule string

// The rules, in their order.
const (
	ByHostVariable    Rule = "DOCKER_HOST"
	ByContextVariable Rule = "DOCKER_CONTEXT"
	ByConfig          Rule = "currentContext"
	ByDefault         Rule = "default"
)

// The engine that is asked when nothing says another: client.DefaultDockerHost of docker/docker.
const (
	defaultSocket = "unix:///var/run/docker.sock"
	defaultPipe   = "npipe:////./pipe/docker_engine"
)

// defaultContext is the built-in context: what the variables, or else the system's default, say.
const defaultContext = "default"

// Host is the engine that is asked, and why.
type Host struct {
	URL     string // "unix:///var/run/docker.sock", "tcp://10.0.0.7:2376", "npipe:////./pipe/docker_engine", "ssh://…"
	Rule    Rule
	Context string // the context's name; "default" is the built-in one
	From    string // for people: "DOCKER_HOST", "context colima, from currentContext in /home/ada/.docker/config.json"
	TLS     *TLS   // nil: none
	API     string // DOCKER_API_VERSION, which switches negotiation off; "" negotiates
}

// TLS is the material of a connection, in PEM. Empty parts are not given.
type TLS struct {
	CA, Cert, Key []byte
	SkipVerify    bool
	From          string // the folder that it was read from
}

// HostError says that no engine could be chosen: a context that is not there, an address that can't be understood.
type HostError struct {
	Host Host
	Name Name // ContextMissing, ContextBroken, HostInvalid, SSH or TLSMaterial
	Err  error
}

func (e *HostError) Error() string {
	return fmt.Sprintf("choose the Docker engine by %s: %v", e.Host.From, e.Err)
}

// Unwrap is the cause.
func (e *HostError) Unwrap() error { return e.Err }

// ChooseHost says which engine the docker CLI would ask here. It reads variables and files alone; the error is a *HostError,
// and the Host says even then which rule it was.
func ChooseHost(p Place) (Host, error) {
	h := Host{Context: defaultContext, API: strings.TrimPrefix(p.Getenv("DOCKER_API_VERSION"), "v")}
	config := configDir(p)
	if url := p.Getenv("DOCKER_HOST"); url != "" {
		h.URL, h.Rule, h.From = url, ByHostVariable, "DOCKER_HOST"
		return builtIn(p, h, config)
	}
	name, file := p.Getenv("DOCKER_CONTEXT"), path.Join(config, "config.json")
	switch {
	case name != "":
		h.Context, h.Rule, h.From = name, ByContextVariable, "context "+name+", from DOCKER_CONTEXT"
	default:
		h.Rule, h.From = ByDefault, "the system's default"
		current, err := currentContext(p, file)
		if err != nil {
			h.Rule, h.From = ByConfig, file
			return h, &HostError{h, ContextBroken, err}
		}
		if current != "" {
			h.Context, h.Rule, h.From = current, ByConfig, "context "+current+", from currentContext in "+file
		}
	}
	if h.Context == defaultContext {
		return builtIn(p, h, config)
	}
	return stored(p, h, config)
}

func configDir(p Place) string {
	if dir := p.Getenv("DOCKER_CONFIG"); dir != "" {
		return slashed(dir)
	}
	return path.Join(slashed(p.Home), ".docker")
}

// slashed makes a path that path.Join understands; Windows takes both slashes.
func slashed(name string) string { return strings.ReplaceAll(name, `\`, "/") }

func currentContext(p Place, file string) (string, error) {
	b, err := p.ReadFile(file)
	if err != nil {
		// The CLI warns and goes on with its defaults, whatever keeps it from reading.
		return "", nil
	}
	var c struct {
		CurrentContext string `json:"currentContext"`
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return "", fmt.Errorf("read %s: %w; mend or remove it", file, err)
	}
	return c.CurrentContext, nil
}

// builtIn completes the built-in context: address of the variable or of the system, TLS by DOCKER_TLS_VERIFY, DOCKER_TLS and
// DOCKER_CERT_PATH (the last alone switches nothing on, as in the CLI).
func builtIn(p Place, h Host, config string) (Host, error) {
	verify, plain := p.Getenv("DOCKER_TLS_VERIFY") != "", p.Getenv("DOCKER_TLS") != ""
	var err error
	if h.URL, err = completeURL(p.OS, h.URL, verify || plain); err != nil {
		return h, &HostError{h, HostInvalid, err}
	}
	if verify || plain {
		dir := slashed(p.Getenv("DOCKER_CERT_PATH"))
		if dir == "" {
			dir = config
		}
		h.TLS = readTLS(p, dir, !verify)
	}
	return checkScheme(p, h)
}

// stored reads a context of the CLI's store: meta/<sha256 of the name>/meta.json and tls/<the same>/docker.
func stored(p Place, h Host, config string) (Host, error) {
	sum := sha256.Sum256([]byte(h.Context))
	id := hex.EncodeToString(sum[:])
	file := path.Join(config, "contexts", "meta", id, "meta.json")
	b, err := p.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return h, &HostError{h, ContextMissing, fmt.Errorf("context %q is not there: no %s", h.Context, file)}
	}
	if err != nil {
		return h, &HostError{h, ContextBroken, fmt.Errorf("read context %q: %w", h.Context, err)}
	}
	var meta struct {
		Endpoints map[string]struct {
			Host          string
			SkipTLSVerify bool
		}
	}
	if err := json.Unmarshal(b, &meta); err != nil {
		return h, &HostError{h, ContextBroken, fmt.Errorf("read %s: %w", file, err)}
	}
	end, ok := meta.Endpoints["docker"]
	if !ok {
		return h, &HostError{h, ContextBroken, fmt.Errorf("%s names no docker endpoint", file)}
	}
	tls := readTLS(p, path.Join(config, "contexts", "tls", id, "docker"), end.SkipTLSVerify)
	if tls.CA != nil || tls.Cert != nil || tls.SkipVerify {
		h.TLS = tls
	}
	if h.URL, err = completeURL(p.OS, end.Host, h.TLS != nil); err != nil {
		return h, &HostError{h, ContextBroken, fmt.Errorf("%s: %w", file, err)}
	}
	return checkScheme(p, h)
}

// readTLS reads ca.pem, cert.pem and key.pem, as far as they are there.
func readTLS(p Place, dir string, skip bool) *TLS {
	read := func(name string) []byte {
		b, err := p.ReadFile(path.Join(dir, name))
		if err != nil {
			return nil
		}
		return b
	}
	return &TLS{CA: read("ca.pem"), Cert: read("cert.pem"), Key: read("key.pem"), SkipVerify: skip, From: dir}
}

// completeURL is the whole address, with the defaults of the CLI (opts.ParseHost of docker/cli): no scheme is tcp, no port is
// 2375, or 2376 with TLS, no socket is the system's.
func completeURL(goos, url string, tls bool) (string, error) {
	def := defaultSocket
	if goos == "windows" {
		def = defaultPipe
	}
	url = strings.TrimSpace(url)
	if url == "" {
		return def, nil
	}
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		if !strings.Contains(url, ":") || strings.ContainsAny(url, `/\ `) {
			return url, fmt.Errorf("%q is no address of an engine; write unix:///PATH, tcp://HOST:PORT or npipe:////./pipe/NAME", url)
		}
		scheme, rest = "tcp", url
	}
	switch scheme {
	case "unix":
		if rest == "" {
			rest = strings.TrimPrefix(defaultSocket, "unix://")
		}
	case "npipe":
		if rest == "" {
			rest = strings.TrimPrefix(defaultPipe, "npipe://")
		}
	case "tcp", "http", "https":
		return completeTCP(scheme, rest, tls || scheme == "https")
	case "ssh":
	default:
		return url, fmt.Errorf("%q is no address of an engine: %s:// is not spoken; write unix://, tcp:// or npipe://", url, scheme)
	}
	return scheme + "://" + rest, nil
}

func completeTCP(scheme, rest string, tls bool) (string, error) {
	address, base, _ := strings.Cut(rest, "/")
	port := "2375"
	if tls {
		port = "2376"
	}
	switch i := strings.LastIndexByte(address, ':'); {
	case address == "":
		address = "localhost:" + port
	case i == 0:
		address = "localhost" + address
	case i < 0 || strings.HasSuffix(address, "]"):
		address += ":" + port
	case !isPort(address[i+1:]):
		return scheme + "://" + rest, fmt.Errorf("%q is no port; write tcp://HOST:PORT", address[i+1:])
	}
	if base != "" {
		base = "/" + base
	}
	return "tcp://" + address + base, nil
}

func isPort(s string) bool {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' || n > 65535 {
			return false
		}
		n = n*10 + int(c-'0')
	}
	return n > 0 && n <= 65535
}

// checkScheme refuses what can't be dialled from here.
func checkScheme(p Place, h Host) (Host, error) {
	scheme, _, _ := strings.Cut(h.URL, "://")
	switch {
	case scheme == "ssh":
		return h, &HostError{h, SSH, fmt.Errorf("%s needs ssh, which runner does not speak; open a tunnel and name its socket in DOCKER_HOST", h.URL)}
	case scheme == "npipe" && p.OS != "windows":
		return h, &HostError{h, HostInvalid, fmt.Errorf("%s is a pipe of Windows, and this is %s", h.URL, p.OS)}
	case h.TLS != nil && (h.TLS.Cert == nil) != (h.TLS.Key == nil):
		return h, &HostError{h, TLSMaterial, fmt.Errorf("cert.pem and key.pem belong together, and only one can be read in %s", h.TLS.From)}
	}
	return h, nil
}

// Network and Address are what is dialled: "unix" and a path, "tcp" and host:port, "npipe" and a pipe.
func (h Host) Network() string {
	scheme, _, _ := strings.Cut(h.URL, "://")
	return scheme
}

// Address is the part behind the scheme, without an HTTP path.
func (h Host) Address() string {
	scheme, rest, _ := strings.Cut(h.URL, "://")
	if scheme == "tcp" {
		rest, _, _ = strings.Cut(rest, "/")
	}
	return rest
}

// Local tells whether the engine's socket is of this machine; its containers may still live in a virtual machine.
func (h Host) Local() bool { return h.Network() == "unix" || h.Network() == "npipe" }

// String is the address and the rule: "unix:///var/run/docker.sock (the system's default)".
func (h Host) String() string {
	if h.URL == "" {
		return h.From
	}
	return h.URL + " (" + h.From + ")"
}
