package junit

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A report that somebody reads is replaced as soon as he has done; one that he never gives back is an error.
func TestReplace_waits_for_a_reader(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "new"), filepath.Join(dir, "old")
	for _, name := range []string{from, to} {
		if err := os.WriteFile(name, []byte(filepath.Base(name)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	reader, err := os.Open(to)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(from, to); err == nil {
		t.Fatal("an open file can be replaced here, so there is nothing to wait for")
	}
	closed := make(chan error, 1)
	time.AfterFunc(100*time.Millisecond, func() { closed <- reader.Close() })
	if err := replace(from, to); err != nil {
		t.Error(err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(to); string(text) != "new" {
		t.Errorf("%q, %v", text, err)
	}
}
