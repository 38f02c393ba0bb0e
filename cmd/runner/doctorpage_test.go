package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"testrunner/report/event"
)

// docs/doctor.md names every field of the document, in its order, and the fields of what is nested; none is named that is not there.
func TestDoctorPageNamesEachField(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(repositoryRoot(t), "docs", "doctor.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "## As JSON")
	rows := map[string]string{}
	var named []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (.*) \\|$").FindAllStringSubmatch(table, -1) {
		named = append(named, m[1])
		rows[m[1]] = m[2]
	}
	var fields []string
	for f := range reflect.TypeFor[doctorDocument]().Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields = append(fields, name)
		if optional := strings.Contains(options, "omitempty"); optional != strings.Contains(rows[name], "optional") {
			t.Errorf("%s is optional: %v, and its row says %q", name, optional, rows[name])
		}
	}
	if !slices.Equal(named, fields) {
		t.Errorf("the page names %v\nthe document has %v", named, fields)
	}
	for row, nested := range map[string]reflect.Type{
		"not_run": reflect.TypeFor[doctorNotRun](), "mended": reflect.TypeFor[doctorMended](), "probe": reflect.TypeFor[doctorProbe](),
	} {
		for f := range nested.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !strings.Contains(rows[row], "`"+name+"`") {
				t.Errorf("the row of %s does not name %s: %q", row, name, rows[row])
			}
		}
	}
}

// Every row that doctor can show stands in the page's table.
func TestDoctorPageNamesEachRow(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(repositoryRoot(t), "docs", "doctor.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{
		event.DockerHost, event.DockerEngine, event.DockerMemory, event.DockerCores, event.DockerDisk, event.DockerContainers, event.DockerNetworks,
		event.DockerProjects, event.DockerLeftovers, event.DockerProbe, event.HostMemory, event.HostDisk, event.HostLoad, event.HostEngines,
		event.HostPort + ".N", "tool.NAME", event.Local + ".NAME", event.Address + ".NAME", event.StagingSecrets, event.StagingAddress + ".NAME.name",
	} {
		if !strings.Contains(string(text), "`"+id+"`") {
			t.Errorf("docs/doctor.md has no row %s", id)
		}
	}
}
