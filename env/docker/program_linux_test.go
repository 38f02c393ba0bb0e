package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// exitOf runs a program of the probe on this very machine.
func exitOf(t *testing.T, s script) int {
	t.Helper()
	a, ok := architectureOf(runtime.GOARCH)
	if !ok {
		t.Fatalf("no program for %s", runtime.GOARCH)
	}
	file := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(file, program(a, s), 0o755); err != nil {
		t.Fatal(err)
	}
	err := exec.CommandContext(t.Context(), file).Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit == nil {
		return 0
	}
	return exit.ExitCode()
}

// The programs of the architecture that this machine is not were run under qemu 7.2 (qemu-aarch64-static): the same statuses as
// below, an answer to a client, and the steps of ask. Whoever changes a table or the translation does that again.
func TestProgramsOfTheOtherArchitecture(t *testing.T) {
	a, _ := architectureOf("aarch64")
	sum := sha256.New()
	for _, s := range []script{leave(), answer(peerPort), ask()} {
		sum.Write(program(a, s))
	}
	const seen = "a0a689f536534473b7d80790c1c457dbd967155466bbe9cc470e32c6c48d5781"
	if got := hex.EncodeToString(sum.Sum(nil)); got != seen {
		t.Errorf("the programs for aarch64 are others than those that were run: %s, not %s", got, seen)
	}
}

// The programs of the probe say by their status which step failed.
func TestPrograms(t *testing.T) {
	if got := exitOf(t, leave()); got != leaveCode {
		t.Errorf("leave ends with %d", got)
	}
	exit := call{name: "exit", args: []operand{num(7)}}
	for name, c := range map[string]struct {
		s    script
		want int
	}{
		"a step fails":             {script{calls: []call{{name: "close", args: []operand{num(77)}}, exit}}, 1},
		"a failure that is none":   {script{calls: []call{{name: "close", args: []operand{num(77)}, any: true}, exit}}, 7},
		"a call that is not there": {script{calls: []call{{name: "fly"}, exit}}, 1},
		"what is expected":         {script{data: [][]byte{{0, 1, 2, 3}}, calls: []call{{name: expect, args: []operand{at(0, 1), num(0x0201)}}, exit}}, 7},
		"what is not expected":     {script{data: [][]byte{{0, 1, 2, 3}}, calls: []call{{name: expect, args: []operand{at(0, 1), num(0x0202)}}, exit}}, 1},
		"what was stored": {script{data: [][]byte{make([]byte, 8)}, calls: []call{
			{name: store, args: []operand{at(0, 2), num(0x04030201)}}, {name: expect, args: []operand{at(0, 4), num(0x0403)}}, exit,
		}}, 7},
	} {
		if got := exitOf(t, c.s); got != c.want {
			t.Errorf("%s: ends with %d, want %d", name, got, c.want)
		}
	}
}

// answer serves a client of another make.
func TestAnswerProgram(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().(*net.TCPAddr)
	free.Close()
	a, _ := architectureOf(runtime.GOARCH)
	file := filepath.Join(t.TempDir(), "answer")
	if err := os.WriteFile(file, program(a, answer(uint16(address.Port))), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	for n := 0; n < 3; {
		conn, err := net.Dial("tcp", address.String())
		if err != nil {
			time.Sleep(time.Millisecond)
			if t.Context().Err() != nil {
				t.Fatal(err)
			}
			continue
		}
		b := make([]byte, 2)
		got, _ := conn.Read(b)
		if conn.Close(); string(b[:got]) != "r" {
			t.Fatalf("it answers %q", b[:got])
		}
		n++
	}
}
