package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var recordEngine = flag.Bool("record-engine", false, "rewrite "+answersFile+" from a real engine")

// What is asked, and what is kept of an object: what runner reads (env/docker), and nothing that tells of the machine. No entry keeps
// the body as it is.
func questions() []struct {
	path string
	keep []string
} {
	return []struct {
		path string
		keep []string
	}{
		{"/_ping", nil},
		{"/info", []string{
			"Architecture", "ContainersPaused", "ContainersRunning", "ContainersStopped", "DockerRootDir", "Images", "MemTotal", "NCPU", "Name",
			"OSType", "OperatingSystem", "SecurityOptions", "ServerVersion", "Warnings",
		}},
		{"/version", []string{"ApiVersion", "MinAPIVersion", "Version"}},
		{"/containers/json", nil},
		{"/images/json", nil},
		{"/networks", nil},
	}
}

// The recorded answers are a real engine's: each field that they have, an engine of today has too, of the same type.
func TestEngineAnswers(t *testing.T) {
	socket := strings.TrimPrefix(ownEngine(t), "unix://")
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	var live []answer
	for _, q := range questions() {
		live = append(live, ask(t, client, q.path, q.keep, filepath.Dir(socket)))
	}
	if *recordEngine {
		text, err := json.MarshalIndent(live, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(answersFile, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	recorded, err := readAnswers()
	if err != nil {
		t.Fatal(err)
	}
	if len(recorded) != len(live) {
		t.Fatalf("%d answers are recorded, and %d are asked for", len(recorded), len(live))
	}
	for i, want := range recorded {
		for name := range want.Header {
			if live[i].Header[name] == "" {
				t.Errorf("%s: an engine of today gives no header %s", want.Path, name)
			}
		}
		if had, has := shape(want.Body), shape(live[i].Body); want.Path != live[i].Path || had != has {
			t.Errorf("%s has changed:\nrecorded %s\nnow      %s", want.Path, had, has)
		}
	}
}

func ask(t *testing.T, client *http.Client, path string, keep []string, dir string) answer {
	t.Helper()
	r, err := client.Get("http://engine" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", path, r.Status, err)
	}
	a := answer{Path: path, Header: map[string]string{}, Body: bytes.TrimSpace(body)}
	for _, name := range []string{"Api-Version", "Content-Type", "Ostype"} {
		a.Header[name] = r.Header.Get(name)
	}
	if !json.Valid(body) {
		a.Body, _ = json.Marshal(string(body)) // a string can always be written
	}
	if keep == nil {
		return a
	}
	var all, kept map[string]any
	if err := json.Unmarshal(body, &all); err != nil {
		t.Fatal(err)
	}
	kept = map[string]any{}
	for _, name := range keep {
		kept[name] = all[name]
	}
	if kept["Name"] != nil {
		kept["Name"], kept["DockerRootDir"] = "engine", strings.Replace(fmt.Sprint(all["DockerRootDir"]), dir+"/data", "/var/lib/docker", 1)
	}
	if a.Body, err = json.Marshal(kept); err != nil {
		t.Fatal(err)
	}
	return a
}

// shape is the names and types of an answer's fields.
func shape(body []byte) string {
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err.Error()
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return fmt.Sprintf("%T", value)
	}
	types := map[string]string{}
	for name, v := range fields {
		if v == nil {
			v = []any{} // an empty list, as the engine writes it
		}
		types[name] = fmt.Sprintf("%T", v)
	}
	return fmt.Sprint(types) // which sorts
}
