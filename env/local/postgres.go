package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"

	"testrunner/env/service"
	"testrunner/runner/process"
)

// postgresPort is PostgreSQL's own port.
const postgresPort = 5432

// postgresAt is an installed PostgreSQL with the template of one service's data.
type postgresAt struct {
	program  string        // postgres itself; the others lie beside it
	version  string        // "15.14"
	user     *process.User // who it runs as; nil is who we are
	account  account
	template string // an archive of the data
}

// tool is another program of the same PostgreSQL.
func (at postgresAt) tool(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(filepath.Dir(at.program), name)
}

// account is what the image would make of its environment.
type account struct {
	user, password, database string
	trust                    bool // no password is asked for
	arguments                string
}

func accountOf(s service.Spec) account {
	c := s.Container
	a := account{
		user:      cmp.Or(c.Secret("POSTGRES_USER"), c.Secret("POSTGRESQL_USERNAME"), "postgres"),
		password:  cmp.Or(c.Secret("POSTGRES_PASSWORD"), c.Secret("POSTGRESQL_PASSWORD")),
		arguments: c.Secret("POSTGRES_INITDB_ARGS"),
	}
	a.database = cmp.Or(c.Secret("POSTGRES_DB"), c.Secret("POSTGRESQL_DATABASE"), a.user)
	a.trust = a.password == "" || c.Secret("POSTGRES_HOST_AUTH_METHOD") == "trust"
	return a
}

// preparePostgres chooses the program and sees to the template.
func (p *Provider) preparePostgres(ctx context.Context, s service.Spec, tell service.Tell) (*postgresAt, error) {
	at, err := p.choosePostgres(ctx, s, tell)
	if err != nil {
		return nil, err
	}
	at.account = accountOf(s)
	if at.user, err = serverUser(); err != nil {
		return nil, err
	}
	scripts, err := initScripts(s, tell)
	if err != nil {
		return nil, err
	}
	recipe := recipe{at: *at, scripts: scripts, byBytes: strings.Contains(s.Image, "alpine")}
	if at.template, err = p.template(ctx, s.Name, recipe, tell); err != nil {
		return nil, err
	}
	return at, nil
}

// choosePostgres takes the installed version that the image has, else the newest.
func (p *Provider) choosePostgres(ctx context.Context, s service.Spec, tell service.Tell) (*postgresAt, error) {
	wanted := imageMajor(s.Image)
	var best *postgresAt
	var broken []error
	for _, program := range p.set.Machine.LookPath("postgres", service.PostgresFolders()...) {
		at := &postgresAt{program: program}
		if resolved, err := filepath.EvalSymlinks(program); err == nil {
			at.program = resolved // initdb lies beside the program, and not always beside the link
		}
		text, err := p.version(ctx, at.program)
		if err != nil {
			broken = append(broken, err)
			continue
		}
		at.version = number(text)
		if major(at.version) == wanted {
			return at, nil
		}
		if best == nil || newer(at.version, best.version) {
			best = at
		}
	}
	switch {
	case best == nil && len(broken) > 0:
		return nil, errors.Join(broken...)
	case best == nil:
		return nil, errors.New("this machine has no program postgres: install PostgreSQL's server, or use Docker")
	case wanted != "":
		if err := p.other(s, "PostgreSQL "+wanted, "PostgreSQL "+best.version, tell); err != nil {
			return nil, err
		}
	}
	return best, nil
}

// newer compares versions number by number.
func newer(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return len(as[i]) > len(bs[i]) || len(as[i]) == len(bs[i]) && as[i] > bs[i]
		}
	}
	return len(as) > len(bs)
}

// startPostgres unpacks the template and starts a server on it.
func (p *Provider) startPostgres(ctx context.Context, s service.Spec, tell service.Tell) (*instance, error) {
	p.mu.Lock()
	at := p.found[s.Name]
	p.mu.Unlock()
	if at == nil {
		return nil, errors.New("it was not prepared")
	}
	folder, err := p.ownFolder(s.Name)
	if err != nil {
		return nil, err
	}
	in, err := p.servePostgres(ctx, s, *at, folder, tell)
	if err != nil {
		return nil, errors.Join(err, p.removeFolder(folder)) // gone already where the process had started
	}
	return in, nil
}

func (p *Provider) servePostgres(ctx context.Context, s service.Spec, at postgresAt, folder string, tell service.Tell) (*instance, error) {
	if err := p.giveTo(folder, at.user); err != nil {
		return nil, err
	}
	data := filepath.Join(folder, "data")
	if err := unpack(ctx, at.template, data, at.user); err != nil {
		return nil, fmt.Errorf("unpack the template of its data: %w", err)
	}
	options := postgresOptions(s, tell)
	return p.withPort(ctx, s, postgresPort, serverWord, tell, func(port portLease) (*instance, error) {
		l := p.postgresLaunch(at, data, port, options)
		l.name, l.folder = s.Name, folder
		return p.launch(ctx, l)
	})
}

// postgresLaunch is a server on a folder of data. What it listens to, and that nothing is waited for to reach the disk, is ours; signals
// and shared memory are such that nothing but the folder is left whatever happens.
func (p *Provider) postgresLaunch(at postgresAt, data string, port portLease, options []string) launch {
	argv := append([]string{at.program, "-D", data}, options...)
	argv = append(argv, "-p", fmt.Sprint(port.number))
	for _, setting := range []string{
		"listen_addresses=" + host, "unix_socket_directories=", "fsync=off", "synchronous_commit=off", "full_page_writes=off",
		"dynamic_shared_memory_type=" + sharedMemory(), "logging_collector=off", "log_destination=stderr", "lc_messages=C", "external_pid_file=",
	} {
		argv = append(argv, "-c", setting)
	}
	u := url.URL{Scheme: "postgres", User: url.User(at.account.user), Host: fmt.Sprintf("%s:%d", host, port.number)}
	if at.account.password != "" {
		u.User = url.UserPassword(at.account.user, at.account.password)
	}
	return launch{
		argv: argv, dir: data, environ: p.plainEnviron(data), user: at.user, port: port,
		address: service.Address{Host: host, Port: port.number, Ports: map[int]int{postgresPort: port.number}, URL: u.String()},
		signals: []string{"INT", "QUIT"}, // fast, then at once
		after:   func() { freeShared(data) },
		binds: func(line string) bool { // versions before 10 don't say the first
			return strings.Contains(line, "listening on IPv4 address") || strings.Contains(line, "ready to accept connections")
		},
	}
}

// sharedMemory is the kind that lies in the folder of the data, and nowhere else.
func sharedMemory() string {
	if runtime.GOOS == "windows" {
		return "windows"
	}
	return "mmap"
}

// postgresOptions are those of the compose file's command that say how the server behaves.
func postgresOptions(s service.Spec, tell service.Tell) []string {
	var out []string
	words := afterProgram(s.Container, "postgres")
	for i := 0; i < len(words); i++ {
		setting := ""
		switch word := words[i]; {
		case word == "-c" && i+1 < len(words):
			i++
			setting = words[i]
		case strings.HasPrefix(word, "-c"):
			setting = strings.TrimPrefix(word, "-c")
		case strings.HasPrefix(word, "--"):
			setting = strings.TrimPrefix(word, "--")
		case (word == "-N" || word == "-B") && i+1 < len(words):
			out = append(out, word, words[i+1])
			i++
			continue
		}
		name, value, set := strings.Cut(setting, "=")
		switch {
		case !set:
			tell(fmt.Sprintf("%s: %s of the compose file's command is not obeyed by a server on this machine", s.Name, words[i]))
		case strings.HasPrefix(value, "/") || strings.HasSuffix(name, "_file") || strings.HasSuffix(name, "_directory") || strings.HasPrefix(name, "ssl"):
			tell(fmt.Sprintf("%s: %s of the compose file's command is not obeyed: it names a place in the container", s.Name, setting))
		default:
			out = append(out, "-c", setting)
		}
	}
	return out
}
