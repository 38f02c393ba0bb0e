// Server is the service of the trials (scripts/kill-trials, scripts/side-by-side), as a process of this machine and as a container's only
// program. It listens at its one argument. What it does wrong is asked for by variables and paths.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

func main() {
	// On a machine that has sleep it has a child that left its group, as daemons do.
	child := exec.Command("sleep", "601")
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	_ = child.Start()
	pause, _ := time.ParseDuration(os.Getenv("SLOW"))
	time.Sleep(pause)
	if life, err := time.ParseDuration(os.Getenv("SHORT")); err == nil {
		time.AfterFunc(life, die)
	}
	var mu sync.Mutex
	value := ""
	http.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) {
		if os.Getenv("NEVER") != "" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	http.HandleFunc("/die", func(http.ResponseWriter, *http.Request) { die() })
	http.HandleFunc("/value", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Method == http.MethodPost {
			text, _ := io.ReadAll(r.Body)
			value = string(text)
		}
		fmt.Fprint(w, value)
	})
	// What another service of the same run says: names resolve to this run's.
	http.HandleFunc("/peer", func(w http.ResponseWriter, r *http.Request) {
		answer, err := http.Get("http://" + os.Getenv("PEER") + "/value")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		_, _ = io.Copy(w, answer.Body)
	})
	fmt.Fprintln(os.Stderr, http.ListenAndServe(os.Args[1], nil))
	os.Exit(1)
}

func die() {
	fmt.Fprintln(os.Stderr, "says that it dies")
	os.Exit(3)
}
