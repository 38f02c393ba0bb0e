package runner

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"testrunner/runner/process"
)

// The test binary is every program that the tests start: this variable holds what it does, one step a line.
const playVar = "RUNNER_TEST_PLAY"

func TestMain(m *testing.M) {
	if play := os.Getenv(playVar); play != "" {
		for step := range strings.Lines(play) {
			perform(strings.Fields(step))
		}
		os.Exit(0)
	}
	if err := process.BecomeSubreaper(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// perform does one step of a play. What a step prints is a line of the fake tool's channel, see spoken.
func perform(step []string) {
	switch step[0] {
	case "say": // say WORD...: on stdout
		fmt.Println(strings.Join(step[1:], " "))
	case "complain":
		fmt.Fprintln(os.Stderr, strings.Join(step[1:], " "))
	case "hang":
		time.Sleep(time.Hour)
	case "deaf": // TERM does nothing, and says so
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, syscall.SIGTERM)
		go func() {
			for range asked {
				fmt.Println("asked to end")
			}
		}()
	case "await": // await FILE
		for _, err := os.Stat(step[1]); err != nil; _, err = os.Stat(step[1]) {
			time.Sleep(time.Millisecond)
		}
	case "touch":
		if err := os.WriteFile(step[1], nil, 0o600); err != nil {
			panic(err)
		}
	case "long": // long N: one line of N bytes, without its end
		w := bufio.NewWriter(os.Stdout)
		n, _ := strconv.Atoi(step[1])
		for range n / 8 {
			io.WriteString(w, "longline")
		}
		w.Flush()
	case "leave": // a child that holds stdout stays behind
		self, _ := os.Executable()
		child := exec.Command(self)
		child.Env = append(os.Environ(), playVar+"=hang\n")
		child.Stdout = os.Stdout
		if err := child.Start(); err != nil {
			panic(err)
		}
	case "exit":
		code, _ := strconv.Atoi(step[1])
		os.Exit(code)
	default:
		panic("no such step: " + step[0])
	}
}
