package docker

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"path"
	"strings"
	"time"

	"github.com/docker/docker/api/types/registry"

	"testrunner/runner/process"
)

// dockerHub is the registry of names that name none, and hubKey how the CLI's configuration calls it.
const (
	dockerHub = "docker.io"
	hubKey    = "https://index.docker.io/v1/"
)

// helperClock is how long a program that keeps credentials may take.
const helperClock = 5 * time.Second

// registryOf is the registry of an image's name: a first part with a dot, a colon, or the name localhost.
func registryOf(reference string) string {
	first, _, ok := strings.Cut(reference, "/")
	if ok && (strings.ContainsAny(first, ".:") || first == "localhost") && first != "index.docker.io" {
		return first
	}
	return dockerHub
}

// registryAuth is the login that docker login left for an image's registry, as the engine wants it; "" is none. What can't be read
// counts as none: the registry says what is missing.
func registryAuth(ctx context.Context, p Place, reference string) string {
	text, err := p.ReadFile(path.Join(configDir(p), "config.json"))
	if err != nil {
		return ""
	}
	var config struct {
		Auths map[string]struct {
			Auth          string `json:"auth"`
			IdentityToken string `json:"identitytoken"`
		} `json:"auths"`
		Store   string            `json:"credsStore"`
		Helpers map[string]string `json:"credHelpers"`
	}
	if json.Unmarshal(text, &config) != nil {
		return ""
	}
	key := registryOf(reference)
	if key == dockerHub {
		key = hubKey
	}
	login := registry.AuthConfig{ServerAddress: key}
	entry, ok := config.Auths[key]
	if !ok {
		entry = config.Auths["https://"+key]
	}
	if plain, err := base64.StdEncoding.DecodeString(entry.Auth); err == nil && entry.Auth != "" {
		login.Username, login.Password, _ = strings.Cut(strings.TrimRight(string(plain), "\x00"), ":")
		login.IdentityToken = entry.IdentityToken
	}
	helper := config.Helpers[registryOf(reference)]
	if helper == "" {
		helper = config.Store
	}
	if helper != "" && login.Username == "" {
		login = fromHelper(ctx, p, helper, login)
	}
	if login.Username == "" && login.IdentityToken == "" {
		return ""
	}
	encoded, err := registry.EncodeAuthConfig(login)
	if err != nil {
		return ""
	}
	return encoded
}

// fromHelper asks a program that keeps credentials: it gets the registry's address on its standard input.
func fromHelper(ctx context.Context, p Place, helper string, login registry.AuthConfig) registry.AuthConfig {
	program := p.Program("docker-credential-" + helper)
	if program == "" {
		return login
	}
	ctx, cancel := context.WithTimeout(ctx, helperClock)
	defer cancel()
	read, write, err := os.Pipe()
	if err != nil {
		return login
	}
	defer read.Close()
	_, err = write.WriteString(login.ServerAddress + "\n") // less than a pipe holds
	if closeErr := write.Close(); err != nil || closeErr != nil {
		return login
	}
	said := process.NewTail(64 << 10)
	running, err := process.Start(ctx, process.Spec{Argv: []string{program, "get"}, Env: p.Environ, Stdin: read, Stdout: said, Grace: time.Second})
	if err != nil || running.Wait().Code != 0 {
		return login // it keeps none for that registry
	}
	var kept struct{ Username, Secret string }
	if json.Unmarshal([]byte(said.String()), &kept) != nil {
		return login
	}
	if kept.Username == "<token>" { // docker login's word for a token in the secret's place
		login.IdentityToken = kept.Secret
		return login
	}
	login.Username, login.Password = kept.Username, kept.Secret
	return login
}
