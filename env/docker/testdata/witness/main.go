// Command witness is the program of the containers in tests: it says what it sees, serves, and ends as it is told. It is linked
// statically, so that an image needs nothing else.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) < 2 {
		os.Args = append(os.Args, "serve")
	}
	if d, err := time.ParseDuration(os.Getenv("START_DELAY")); err == nil {
		time.Sleep(d)
	}
	args := os.Args[2:]
	switch os.Args[1] {
	case "serve":
		serve(args)
	case "self":
		self()
	case "cat":
		for _, name := range args {
			text, err := os.ReadFile(name)
			if err != nil {
				text = []byte("error: " + err.Error())
			}
			fmt.Printf("%s\n", text)
		}
	case "write":
		exit(os.WriteFile(args[0], []byte(args[1]), 0o644))
	case "lookup":
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		found, err := net.DefaultResolver.LookupHost(ctx, args[0])
		fmt.Println(found)
		exit(err)
	case "probe":
		client := http.Client{Timeout: 2 * time.Second}
		answer, err := client.Get(args[0])
		if err == nil && answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("status %s", answer.Status)
		}
		exit(err)
	case "exit":
		fmt.Println("last words")
		code, _ := strconv.Atoi(args[0])
		os.Exit(code)
	case "eat":
		var all [][]byte
		for {
			b := make([]byte, 1<<20)
			for i := range b {
				b[i] = byte(i)
			}
			all = append(all, b)
			fmt.Fprint(io.Discard, len(all))
		}
	case "flood":
		n, _ := strconv.Atoi(args[0])
		for i := range n {
			fmt.Println("line", i)
		}
		serve(nil)
	}
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// seen is what it sees of itself.
type seen struct {
	Env      []string
	Uid, Gid int
	Groups   []int
	Dir      string
	Args     []string
	Hostname string
	Nofile   uint64
}

func self() {
	dir, _ := os.Getwd()
	groups, _ := os.Getgroups()
	hostname, _ := os.Hostname()
	var limit syscall.Rlimit
	_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	exit(json.NewEncoder(os.Stdout).Encode(seen{os.Environ(), os.Getuid(), os.Getgid(), groups, dir, os.Args, hostname, limit.Max}))
}

// serve answers HTTP at the ports, 8080 if none is given. SIGUSR1 ends it with 7, SIGTERM with 0, unless it is to heed neither.
func serve(ports []string) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGUSR1)
	if len(ports) == 0 {
		ports = []string{"8080"}
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "served by ", os.Getenv("WHO")) })
	for _, p := range ports {
		listener, err := net.Listen("tcp", ":"+p)
		exit(err)
		go func() { exit(http.Serve(listener, nil)) }()
	}
	fmt.Println("serving")
	for s := range signals {
		fmt.Println("got", s)
		if os.Getenv("DEAF") != "" {
			continue
		}
		if s == syscall.SIGUSR1 {
			os.Exit(7)
		}
		os.Exit(0)
	}
}
