package lease

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"testrunner/runner/process"
)

func inventory(t *testing.T, state, run string) *Inventory {
	t.Helper()
	v, err := OpenInventory(state, run, "/tree/runner-results")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// tell fails with the first error.
func tell(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestInventory_says_what_is_there_before_it_is_made(t *testing.T) {
	state := t.TempDir()
	v := inventory(t, state, testRun)
	db := Thing{Kind: Container, Name: "runner-" + testRun + "-db", Engine: "unix:///e.sock"}
	tell(t, v.Own(db))
	all, err := Inventories(state)
	if err != nil || len(all) != 1 || len(all[0].Things) != 1 || all[0].Things[0] != db {
		t.Fatalf("%+v, %v", all, err)
	}
	if r := all[0]; r.Run != testRun || r.Fate != Alive || r.Owner.Pid != os.Getpid() || r.About != "/tree/runner-results" || r.Path != v.Path() {
		t.Errorf("%+v", r)
	}
	db.ID = "0123456789abcdef"
	redis := Thing{Kind: Process, Name: "redis", Process: process.ID{Pid: 7, Born: "x"}}
	tell(t, v.Owned(db), v.Own(Thing{Kind: Process, Name: "redis"}), v.Owned(redis), v.Own(Thing{Kind: Folder, Name: "/f"}), v.Forget(Folder, "/f"))
	all, err = Inventories(state)
	if err != nil || len(all[0].Things) != 2 || all[0].Things[0] != db || all[0].Things[1] != redis {
		t.Fatalf("%+v, %v", all, err)
	}
	if living, err := Living(state); err != nil || !living[testRun] || len(living) != 1 {
		t.Errorf("%v, %v", living, err)
	}
	left, err := v.Close()
	if err != nil || len(left) != 2 {
		t.Errorf("left %v, %v", left, err)
	}
	if all, _ = Inventories(state); len(all) != 1 || all[0].Fate != Dead {
		t.Errorf("what is open must stay for a sweep: %+v", all)
	}
}

func TestInventory_is_gone_when_all_is(t *testing.T) {
	state := t.TempDir()
	v := inventory(t, state, testRun)
	tell(t, v.Own(Thing{Kind: Network, Name: "n"}), v.Forget(Network, "n"))
	if left, err := v.Close(); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
	if all, err := Inventories(state); err != nil || len(all) > 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestInventory_of_two_runs_of_one_id_is_refused(t *testing.T) {
	state := t.TempDir()
	v := inventory(t, state, testRun)
	defer v.Close()
	if _, err := OpenInventory(state, testRun, ""); err == nil {
		t.Error("two runs share one inventory")
	}
	for _, id := range []string{"", "../x", "a/b", ".", ".hidden"} {
		if _, err := OpenInventory(state, id, ""); err == nil {
			t.Errorf("%q is a run's id", id)
		}
	}
}

func TestInventory_where_nothing_can_be_written_refuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	tell(t, os.WriteFile(file, nil, 0o644))
	_, err := OpenInventory(filepath.Join(file, "state"), testRun, "")
	var refused *UnwritableError
	if !errors.As(err, &refused) || refused.ExitCode() != 5 || !strings.Contains(err.Error(), "RUNNER_STATE_DIR") {
		t.Errorf("%v", err)
	}
	v := inventory(t, t.TempDir(), testRun)
	tell(t, v.file.Close())
	if err := v.Own(Thing{Kind: Container, Name: "c"}); !errors.As(err, &refused) {
		t.Errorf("%v", err)
	}
	if len(v.Open()) > 0 {
		t.Error("what was refused is on the list")
	}
}

// A line that a full disk or a kill has cut costs itself, and neither the one before nor the one behind.
func TestInventory_outlives_torn_lines(t *testing.T) {
	state := t.TempDir()
	v := inventory(t, state, testRun)
	tell(t, v.Own(Thing{Kind: Container, Name: "one"}))
	if _, err := v.file.WriteString(`{"op":"own","kind":"contai`); err != nil {
		t.Fatal(err)
	}
	v.torn = true // as the write that was cut short left it
	tell(t, v.Own(Thing{Kind: Container, Name: "two"}))
	if _, err := v.file.WriteString(`{"op":"owned","kind":"container","what":"two","id":"ab`); err != nil {
		t.Fatal(err)
	}
	tell(t, v.file.Close())
	all, err := Inventories(state)
	if err != nil || len(all) != 1 || all[0].Fate != Dead || len(all[0].Things) != 2 || all[0].Things[1].Name != "two" {
		t.Errorf("%+v, %v", all, err)
	}
}

func FuzzParseInventory(f *testing.F) {
	f.Add([]byte(`{"op":"run","pid":3,"born":"a/b/c","what":"x","host":"h"}` + "\n" + `{"op":"own","kind":"container","what":"c"}` + "\n" + `{"op":"owned","kind":"container","what":"c","id":"1"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, _ := parseInventory(b)
		for _, thing := range r.Things {
			_, _ = thing.String(), thing.ByHand("linux")
		}
	})
}
