//go:build unix

package process

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

func systemRoles() map[string]func(string) int {
	return map[string]func(string) int{
		"detaches": func(name string) int {
			self, _ := os.Executable()
			pid, err := Detach([]string{self}, roleEnv(name, ""), nil, "")
			fmt.Println("detached", pid, err)
			return 0
		},
		"closes": func(string) int {
			CloseInherited()
			time.Sleep(time.Minute)
			return 0
		},
		"touch": touch, "kills-itself": killsItself,
		"debugged": debugged, "debugging": debugging,
		"deaf": func(string) int { // to TERM
			signal.Ignore(syscall.SIGTERM)
			fmt.Println("ready", os.Getpid())
			time.Sleep(time.Minute)
			return 0
		},
		"polite": func(string) int { // ends on TERM; tells how many it got
			c := make(chan os.Signal, 8)
			signal.Notify(c, syscall.SIGTERM)
			fmt.Println("ready", os.Getpid())
			<-c
			again := 0
			for quiet := time.After(300 * time.Millisecond); ; {
				select {
				case <-c:
					again++
				case <-quiet:
					fmt.Println("again", again)
					return 7
				}
			}
		},
		"struck": func(string) int {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			time.Sleep(time.Minute)
			return 0
		},
		// leaves a child behind in the group, which holds stdout
		"leaver": func(arg string) int {
			spawn(arg, false, true)
			return 0
		},
		// waits for a child that holds stdout
		"parent": func(arg string) int {
			child := spawn(arg, false, true)
			fmt.Println("parent", os.Getpid())
			_ = child.Wait()
			return 0
		},
		"parent-of-session": func(arg string) int {
			_ = spawn(arg, true, true).Wait()
			return 0
		},
		// a daemon as the book has it: a child with a session of its own starts another and ends at once. It stays for as long
		// as is said before the end.
		"daemon": func(arg string) int {
			middle := spawn("middle", true, arg == "loud")
			_ = middle.Wait()
			return 0
		},
		"slow-daemon": func(string) int { // seen by a look at the tree before its parent ends
			middle := spawn("slow-middle", true, true)
			_ = middle.Wait()
			return 0
		},
		"middle": func(string) int {
			spawn("sleep", false, true)
			return 0
		},
		"slow-middle": func(string) int {
			spawn("quiet", false, false)
			time.Sleep(3 * trackEvery)
			return 0
		},
		"quiet": func(string) int { // holds nothing of ours
			time.Sleep(time.Minute)
			return 0
		},
		"ticks": func(string) int {
			for i := 0; ; i++ {
				fmt.Println("tick", i)
				time.Sleep(5 * time.Millisecond)
			}
		},
		"usr2": func(string) int {
			c := make(chan os.Signal, 8)
			signal.Notify(c, syscall.SIGUSR2)
			fmt.Println("ready", os.Getpid())
			for range c {
				fmt.Println("asked", os.Getpid())
			}
			return 0
		},
	}
}

// spawn starts this binary in a role, in our group or in a session of its own; its pid is told in the name of the role.
func spawn(role string, session, stdout bool) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(self)
	cmd.Env = roleEnv(role, "")
	if stdout {
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: session}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	fmt.Println("spawned", role, cmd.Process.Pid)
	return cmd
}
