//go:build unix

package local

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"testrunner/env/service"
)

func TestPostgres_is_what_the_compose_file_says(t *testing.T) {
	pl := newPlace(t)
	p, _ := pl.provider(t)
	scripts := filepath.Join(pl.dir, "init")
	if err := os.MkdirAll(scripts, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"1.sql": "CREATE TABLE threads (title text);", "2.sql": "INSERT INTO threads VALUES ('first');", "3.sh": "exit 1",
	} {
		if err := os.WriteFile(filepath.Join(scripts, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := postgresSpec("postgres:alpine", "POSTGRES_USER=chat user", "POSTGRES_PASSWORD=se'cr/et", "POSTGRES_DB=Chat")
	s.Container.Command = []string{"postgres", "-c", "max_connections=42", "-c", "config_file=/etc/own.conf", "-p", "1"}
	s.Container.Mounts = []service.Mount{{Kind: "bind", Source: scripts, Target: scriptsFolder}}
	var w told
	if err := p.Prepare(t.Context(), s, w.tell); err != nil {
		t.Fatal(err)
	}
	in, err := p.Start(t.Context(), s, nil, w.tell)
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, in)
	ask := func(question string) string {
		return answers(t, func(ctx context.Context) (string, error) { return askPostgres(ctx, in.Address(), "Chat", question) })
	}
	for question, want := range map[string]string{
		"SELECT title FROM threads": "first", "SELECT current_user": "chat user", "SHOW max_connections": "42", "SHOW fsync": "off",
		"SHOW TimeZone": "UTC", "SELECT 'B' < 'a' COLLATE \"default\"": "t", "SHOW listen_addresses": host,
	} {
		if got := ask(question); got != want {
			t.Errorf("%s: %q, want %q", question, got, want)
		}
	}
	if !w.has("3.sh is not run") || !w.has("config_file=/etc/own.conf of the compose file's command is not obeyed") {
		t.Errorf("not told what is not obeyed: %q", w.lines)
	}
	wrong := in.Address()
	wrong.URL = strings.Replace(wrong.URL, "cr%2Fet", "other", 1)
	if _, err := askPostgres(t.Context(), wrong, "Chat", "SELECT 1"); err == nil || !strings.Contains(err.Error(), "28P01") {
		t.Errorf("a wrong password is no error, but %v", err)
	}
	if a := in.Address(); a.Ports[5432] != a.Port {
		t.Errorf("%+v", a)
	}
	stop(t, in)
	closed(t, pl, p)
}

func TestPostgres_names_the_script_that_fails(t *testing.T) {
	pl := newPlace(t)
	p, _ := pl.provider(t)
	s := postgresSpec("postgres")
	s.Container.Mounts = []service.Mount{{Kind: "bind", Content: []byte("CREATE TABEL x;"), Target: scriptsFolder + "/schema.sql"}}
	err := p.Prepare(t.Context(), s, nil)
	if err == nil || !strings.Contains(err.Error(), "schema.sql") || !strings.Contains(err.Error(), "syntax error") {
		t.Errorf("%v", err)
	}
	closed(t, pl, p)
}
