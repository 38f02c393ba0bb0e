package local

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"testrunner/env/service"
	"testrunner/runner/process"
)

// scriptsFolder is where the image looks for what fills a new database.
const scriptsFolder = "/docker-entrypoint-initdb.d"

// script is a file that fills a new database.
type script struct {
	name string
	text []byte // SQL, uncompressed
}

// initScripts are the SQL files that the compose file mounts for a new database, in the image's order. What is no SQL is named: a shell
// script is written for the container.
func initScripts(s service.Spec, tell service.Tell) ([]script, error) {
	if s.Container == nil {
		return nil, nil
	}
	files := map[string]string{} // by name: mounts may overlay each other
	contents := map[string][]byte{}
	for _, m := range s.Container.Mounts {
		target := strings.TrimSuffix(m.Target, "/")
		switch {
		case target == scriptsFolder && m.Kind == "bind":
			entries, err := os.ReadDir(m.Source)
			if err != nil {
				return nil, fmt.Errorf("read the folder of scripts for a new database: %w", err)
			}
			for _, e := range entries {
				if !e.IsDir() {
					files[e.Name()] = filepath.Join(m.Source, e.Name())
				}
			}
		case strings.HasPrefix(target, scriptsFolder+"/") && !strings.Contains(strings.TrimPrefix(target, scriptsFolder+"/"), "/"):
			name := strings.TrimPrefix(target, scriptsFolder+"/")
			files[name], contents[name] = m.Source, m.Content
		}
	}
	var out []script
	for name, path := range files {
		text, err := contents[name], error(nil)
		if text == nil {
			text, err = os.ReadFile(path)
		}
		switch {
		case err != nil:
		case strings.HasSuffix(name, ".sql"):
			out = append(out, script{name, text})
		case strings.HasSuffix(name, ".sql.gz"):
			if text, err = unzip(text); err == nil {
				out = append(out, script{name, text})
			}
		default:
			tell(fmt.Sprintf("%s: %s is not run: it is written for the container; services, %s, before in runner.yaml fills a database in every mode", s.Name, path, s.Name))
		}
		if err != nil {
			return nil, fmt.Errorf("read the script for a new database: %w", err)
		}
	}
	slices.SortFunc(out, func(a, b script) int { return strings.Compare(a.name, b.name) })
	return out, nil
}

func unzip(b []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// initialise makes folder/data: a new cluster of databases as the image would, with the database and what the scripts put there.
func (p *Provider) initialise(ctx context.Context, name string, r recipe, folder string, tell service.Tell) error {
	if err := p.giveTo(folder, r.at.user); err != nil {
		return err
	}
	if err := p.initdb(ctx, name, r, folder, tell); err != nil {
		return err
	}
	if r.at.account.database == "postgres" && len(r.scripts) == 0 {
		return nil
	}
	return p.fill(ctx, name, r, folder)
}

// initdb makes the cluster. Debian's image sorts text by American English, as users of the container see it; where this machine does
// not have that, it is by bytes, and said.
func (p *Provider) initdb(ctx context.Context, name string, r recipe, folder string, tell service.Tell) error {
	account, data := r.at.account, filepath.Join(folder, "data")
	argv := []string{r.at.tool("initdb"), "-D", data, "-U", account.user, "--encoding=UTF8", "--auth-local=trust"}
	auth, fresh := "scram-sha-256", newer(r.at.version, "10.99")
	switch {
	case account.trust:
		auth = "trust"
	case major(r.at.version) != "10" && !fresh:
		auth = "md5" // all that the versions before 10 have
	}
	argv = append(argv, "--auth-host="+auth)
	if fresh {
		argv = append(argv, "--no-sync", "--wal-segsize=1") // in MB, as little as can be: every run unpacks it
	}
	if account.password != "" {
		file := filepath.Join(folder, "password")
		if err := os.WriteFile(file, []byte(account.password+"\n"), 0o600); err != nil {
			return err
		}
		if err := chown(file, r.at.user); err != nil {
			return err
		}
		argv = append(argv, "--pwfile="+file)
	}
	locales := [][]string{ // letters are known as such in the first two, as in all images
		{"--locale=C", "--lc-collate=en_US.UTF-8", "--lc-ctype=en_US.UTF-8"}, {"--locale=C", "--lc-ctype=C.UTF-8"}, {"--locale=C"},
	}
	if r.byBytes {
		locales = locales[1:]
	}
	for i, locale := range locales {
		spec := process.Spec{
			Argv: append(append(slices.Clone(argv), locale...), strings.Fields(account.arguments)...), Dir: folder,
			Env: p.plainEnviron(folder), User: r.at.user,
		}
		text, code, err := p.run(ctx, name+": initdb", spec)
		switch {
		case err != nil:
			return err
		case code == 0:
			return nil
		case i+1 < len(locales) && strings.Contains(text, "invalid locale"):
			tell(fmt.Sprintf("%s: this machine has no locale %s, so text is sorted by its bytes", name, locale[len(locale)-1][len("--lc-ctype="):]))
			if err := os.RemoveAll(data); err != nil {
				return err
			}
		default:
			return fmt.Errorf("initdb ended with status %d: %s", code, lastLines(text, 3))
		}
	}
	return errors.New("initdb: no locale will do")
}

// fill makes the database and runs the scripts, on a server of their own.
func (p *Provider) fill(ctx context.Context, name string, r recipe, folder string) error {
	sql := filepath.Join(folder, "sql")
	spec := service.Spec{}
	spec.Name = name + "-template"
	in, err := p.withPort(ctx, spec, 0, serverWord, func(string) {}, func(port portLease) (*instance, error) {
		l := p.postgresLaunch(r.at, filepath.Join(folder, "data"), port, nil)
		l.name = spec.Name
		return p.launch(ctx, l)
	})
	if err != nil {
		return err
	}
	ask := func(database string, arguments ...string) error {
		argv := append([]string{
			r.at.tool("psql"), "-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-h", host, "-p", fmt.Sprint(in.address.Port),
			"-U", r.at.account.user, "-d", database,
		}, arguments...)
		environ := append(p.plainEnviron(folder), "PGPASSWORD="+r.at.account.password)
		text, code, err := p.run(ctx, name+": psql", process.Spec{Argv: argv, Dir: folder, Env: environ})
		if err == nil && code != 0 {
			err = fmt.Errorf("psql ended with status %d: %s", code, lastLines(text, 3))
		}
		return err
	}
	err = in.answers(ctx, func() error { return ask("postgres", "-c", "SELECT 1") })
	database := r.at.account.database
	if err == nil && database != "postgres" {
		err = ask("postgres", "-c", `CREATE DATABASE "`+strings.ReplaceAll(database, `"`, `""`)+`"`)
	}
	for _, s := range r.scripts {
		if err != nil {
			break
		}
		if err = os.WriteFile(sql, s.text, 0o600); err == nil {
			err = ask(database, "-f", sql)
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return errors.Join(err, in.Stop(context.WithoutCancel(ctx)))
}
