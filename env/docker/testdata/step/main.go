// Step is a program for the steps of a build, in an image that holds nothing else.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	arg := func(n int) string {
		if n < len(os.Args) {
			return os.Args[n]
		}
		return ""
	}
	switch arg(1) {
	case "exit": // LINES CODE
		lines, _ := strconv.Atoi(arg(2))
		for n := range lines {
			fmt.Printf("line %d\n", n+1)
		}
		code, _ := strconv.Atoi(arg(3))
		os.Exit(code)
	case "sleep":
		fmt.Println("asleep")
		time.Sleep(time.Hour)
	case "env": // FILE
		check(os.WriteFile(arg(2), []byte(strings.Join(os.Environ(), "\n")), 0o644))
	case "world": // FILE: the hosts, the interfaces and the shared memory of this step
		hosts, err := os.ReadFile("/etc/hosts")
		check(err)
		all, err := filepath.Glob("/sys/class/net/*")
		check(err)
		var shm syscall.Statfs_t
		check(syscall.Statfs("/dev/shm", &shm))
		check(os.WriteFile(arg(2), fmt.Appendf(hosts, "interfaces %d\nshm %d\n", len(all), int64(shm.Blocks)*shm.Bsize), 0o644))
	case "list": // FOLDER: a line for each thing that is in it
		check(filepath.WalkDir(arg(2), func(path string, d fs.DirEntry, err error) error {
			if err != nil || path == arg(2) {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			line := fmt.Sprintf("%s %s", info.Mode(), strings.TrimPrefix(path, arg(2)+"/"))
			if d.Type() == fs.ModeSymlink {
				target, _ := os.Readlink(path)
				line += " -> " + target
			}
			if d.Type().IsRegular() {
				text, _ := os.ReadFile(path)
				line += fmt.Sprintf(" %q %d", text, info.ModTime().Unix())
			}
			fmt.Println(line)
			return nil
		}))
	default:
		fmt.Fprintln(os.Stderr, "no such step:", os.Args)
		os.Exit(99)
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(98)
	}
}
