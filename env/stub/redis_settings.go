package stub

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"testrunner/env/service"
)

// redisPort and redisDatabases are what a Redis has that is told nothing.
const (
	redisPort      = 6379
	redisDatabases = 16
)

// redisSettings are what clients notice of a server's configuration.
type redisSettings struct {
	password  string // "" is none
	databases int
	port      int // its own, inside the network
}

// readRedisSettings reads the compose service's command, its variables and the configuration file that is mounted for it. What the
// image itself would hide from us (an entrypoint of the user's own, a file in the image) can't be seen.
func readRedisSettings(s service.Spec) (redisSettings, error) {
	set := redisSettings{databases: redisDatabases, port: redisPort}
	c := s.Container
	if c == nil {
		return set, nil
	}
	vars := map[string]string{}
	for _, line := range c.Env {
		name, value, _ := strings.Cut(line, "=")
		vars[name] = value
	}
	for _, name := range passwordVariables(s.Image) {
		if vars[name] != "" {
			set.password = vars[name]
		}
	}
	for _, name := range []string{"REDIS_ARGS", "VALKEY_EXTRA_FLAGS"} { // of redis-stack-server and of valkey
		if err := set.read(words(vars[name], nil)); err != nil {
			return set, fmt.Errorf("the variable %s of %s: %w", name, s.Name, err)
		}
	}
	for _, part := range [][]string{c.Entrypoint, c.Command} {
		argv := part
		if shell := shellScript(part); shell != "" {
			argv = words(shell, vars)
		}
		for _, arg := range argv {
			if !strings.HasSuffix(arg, ".conf") {
				continue
			}
			if err := set.readFile(arg, c.Mounts); err != nil {
				return set, fmt.Errorf("the command of %s: %w", s.Name, err)
			}
		}
		if err := set.read(argv); err != nil {
			return set, fmt.Errorf("the command of %s: %w", s.Name, err)
		}
	}
	return set, nil
}

// passwordVariables are the variables that set a password. The official images read none.
func passwordVariables(image string) []string {
	if strings.Contains(image, "bitnami") {
		return []string{"VALKEY_PASSWORD", "REDIS_PASSWORD"}
	}
	return nil
}

// shellScript is the script of "sh -c SCRIPT", "" of anything else.
func shellScript(argv []string) string {
	if len(argv) >= 3 && strings.HasSuffix(path.Base(argv[0]), "sh") && strings.HasPrefix(argv[1], "-") && strings.HasSuffix(argv[1], "c") {
		return argv[2]
	}
	return ""
}

// words splits a line as a shell would, as far as commands of Redis go: quotes, and variables by their plain name or in braces. Without
// vars a dollar sign is one, as it is in Redis' own files.
func words(line string, vars map[string]string) []string {
	var out []string
	var word strings.Builder
	open, quote := false, rune(0)
	expand := func(part string) string {
		if vars == nil {
			return part
		}
		return os.Expand(part, func(name string) string { return value(name, vars) })
	}
	var raw strings.Builder // of the word, before its variables are put in
	flush := func() {
		word.WriteString(expand(raw.String()))
		raw.Reset()
	}
	for _, r := range line {
		switch {
		case quote == '\'' && r != '\'':
			word.WriteRune(r)
		case quote != 0 && r == quote:
			flush()
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			flush()
			quote, open = r, true
		case quote == 0 && (r == ' ' || r == '\t' || r == '\n' || r == '\r'):
			flush()
			if open || word.Len() > 0 {
				out = append(out, word.String())
			}
			word.Reset()
			open = false
		default:
			raw.WriteRune(r)
		}
	}
	flush()
	if open || word.Len() > 0 {
		out = append(out, word.String())
	}
	return out
}

// value is a variable's, with the default that ${NAME:-default} gives.
func value(name string, vars map[string]string) string {
	name, other, _ := strings.Cut(name, ":-")
	if v := vars[name]; v != "" {
		return v
	}
	return other
}

// read takes what a command line sets: "--requirepass secret".
func (set *redisSettings) read(argv []string) error {
	for i := 0; i+1 < len(argv); i++ {
		if key, ok := strings.CutPrefix(argv[i], "--"); ok {
			if err := set.take(key, argv[i+1]); err != nil {
				return err
			}
		}
	}
	return nil
}

// readFile takes what a mounted configuration file sets: "requirepass secret".
func (set *redisSettings) readFile(inside string, mounts []service.Mount) error {
	var text []byte
	for _, m := range mounts {
		rest, below := strings.CutPrefix(inside, strings.TrimSuffix(m.Target, "/"))
		if m.Kind != "bind" || !below || (rest != "" && rest[0] != '/') {
			continue
		}
		text = m.Content
		if text == nil {
			b, err := os.ReadFile(filepath.Join(m.Source, filepath.FromSlash(rest)))
			if err != nil {
				return fmt.Errorf("read the configuration of Redis: %w", err)
			}
			text = b
		}
	}
	for line := range strings.Lines(string(text)) {
		if f := words(line, nil); len(f) >= 2 && !strings.HasPrefix(f[0], "#") {
			if err := set.take(f[0], f[1]); err != nil {
				return fmt.Errorf("%s: %w", inside, err)
			}
		}
	}
	return nil
}

// take takes one setting. Most change nothing that a client sees; those that do and that the stub can't have are refused.
func (set *redisSettings) take(key, value string) error {
	switch strings.ToLower(key) {
	case "requirepass":
		if strings.Contains(value, "$(") || strings.Contains(value, "`") {
			return fmt.Errorf("requirepass %s: what that command prints is not known here; give the password as a variable", value)
		}
		set.password = value
	case "databases", "port":
		n, err := strconv.Atoi(value)
		if err != nil || n <= 0 {
			return fmt.Errorf("%s %s: the stub of Redis needs a number above 0", key, value)
		}
		if strings.EqualFold(key, "port") {
			set.port = n
		} else {
			set.databases = n
		}
	case "cluster-enabled":
		if strings.EqualFold(value, "yes") {
			return fmt.Errorf("%s %s: the stub of Redis is no cluster; install redis-server, or run with Docker", key, value)
		}
	case "loadmodule", "aclfile", "user", "replicaof", "slaveof":
		return fmt.Errorf("%s: the stub of Redis has none; install redis-server, or run with Docker", key)
	}
	return nil
}
