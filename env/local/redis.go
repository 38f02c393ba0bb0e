package local

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"

	"testrunner/env/service"
)

// redisPort is Redis's own port.
const redisPort = 6379

// redisProgram finds the server and compares its version with the image's.
func (p *Provider) redisProgram(ctx context.Context, s service.Spec, tell service.Tell) (string, error) {
	names := []string{"redis-server"}
	if strings.Contains(s.Image, "valkey") {
		names = []string{"valkey-server", "redis-server"}
	}
	for i, name := range names {
		found := p.set.Machine.LookPath(name)
		if len(found) == 0 {
			continue
		}
		text, err := p.version(ctx, found[0])
		if err != nil {
			return "", err
		}
		if i > 0 {
			return found[0], p.other(s, names[0], name+" "+number(text), tell)
		}
		wanted, have := imageMajor(s.Image), major(number(text))
		if wanted != "" && wanted != have {
			return found[0], p.other(s, name+" "+wanted, name+" "+number(text), tell)
		}
		return found[0], nil
	}
	return "", fmt.Errorf("this machine has no program %s: install it, or use Docker", names[0])
}

// startRedis starts a Redis without persistence in a folder of its own.
func (p *Provider) startRedis(ctx context.Context, s service.Spec, tell service.Tell) (*instance, error) {
	program, err := p.redisProgram(ctx, s, func(string) {}) // Prepare has told
	if err != nil {
		return nil, err
	}
	options := redisOptions(s, tell)
	folder, err := p.ownFolder(s.Name)
	if err != nil {
		return nil, err
	}
	in, err := p.withPort(ctx, s, redisPort, serverWord, tell, func(port portLease) (*instance, error) {
		argv := append([]string{program}, options...)
		argv = append(argv, "--port", fmt.Sprint(port.number), "--bind", host, "--dir", folder, "--save", "", "--appendonly", "no",
			"--daemonize", "no", "--logfile", "", "--protected-mode", "yes", "--unixsocket", "")
		return p.launch(ctx, launch{
			name: s.Name, argv: argv, dir: folder, environ: p.plainEnviron(folder), folder: folder, port: port,
			address: service.Address{
				Host: host, Port: port.number, Ports: map[int]int{redisPort: port.number}, URL: redisURL(options, s, port.number),
			},
			binds: func(line string) bool { return strings.Contains(strings.ToLower(line), "ready to accept connections") },
		})
	})
	if err != nil {
		_ = p.removeFolder(folder) // gone already where the process had started
		return nil, err
	}
	return in, nil
}

// redisURL is the address with the password, where there is one.
func redisURL(options []string, s service.Spec, port int) string {
	u := url.URL{Scheme: "redis", Host: fmt.Sprintf("%s:%d", host, port)}
	for i, o := range options {
		if o == "--requirepass" && i+1 < len(options) && options[i+1] != "" {
			u.User = url.UserPassword("", options[i+1])
		}
	}
	return u.String()
}

// redisOptions are those of the compose file's command that say how it behaves. Where it listens and what it stores is ours.
func redisOptions(s service.Spec, tell service.Tell) []string {
	var out []string
	words := afterProgram(s.Container, "redis-server", "valkey-server")
	for i := 0; i < len(words); {
		word := words[i]
		end := i + 1
		for end < len(words) && !strings.HasPrefix(words[end], "--") {
			end++
		}
		switch option := strings.TrimPrefix(word, "--"); {
		case option == word:
			tell(fmt.Sprintf("%s: %s of the compose file's command is not obeyed: it is of the container", s.Name, word))
			end = i + 1
		case oursOfRedis(option):
		default:
			out = append(out, words[i:end]...)
		}
		i = end
	}
	if password := s.Container.Secret("REDIS_PASSWORD"); password != "" && strings.Contains(s.Image, "bitnami") {
		out = append(out, "--requirepass", password)
	}
	return out
}

// oursOfRedis tells whether an option is one that a private, throw-away server has its own of.
func oursOfRedis(option string) bool {
	switch option {
	case "port", "bind", "dir", "save", "appendonly", "daemonize", "logfile", "protected-mode", "unixsocket", "unixsocketperm",
		"dbfilename", "appendfilename", "appenddirname", "appendfsync", "pidfile", "supervised", "loglevel", "tls-port", "cluster-enabled",
		"replicaof", "slaveof", "include", "loadmodule":
		return true
	}
	return false
}

// afterProgram are the arguments behind a server's name in a container's command: a list of words, one shell line, or options alone.
func afterProgram(c *service.Container, names ...string) []string {
	if c == nil {
		return nil
	}
	words := c.Command
	if len(words) == 3 && strings.HasSuffix(words[0], "sh") && strings.HasPrefix(words[1], "-") && strings.HasSuffix(words[1], "c") {
		words = shellWords(os.Expand(words[2], c.Secret))
	}
	for i, w := range words {
		for _, name := range names {
			if w[strings.LastIndexByte(w, '/')+1:] == name {
				return words[i+1:]
			}
		}
	}
	if len(words) > 0 && strings.HasPrefix(words[0], "-") {
		return words
	}
	return nil
}

// shellWords takes a shell line apart at blanks, as far as quotes go.
func shellWords(line string) []string {
	var out []string
	var word strings.Builder
	inWord, quote := false, rune(0)
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case r == ' ' || r == '\t' || r == '\n':
			if inWord {
				out, inWord = append(out, word.String()), false
				word.Reset()
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if inWord {
		out = append(out, word.String())
	}
	return out
}
