package process

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Detach starts a program that outlives this one: in a session (on Windows: without a console) of its own, in the root folder,
// with stdin as given and its output appended to logfile ("" discards it). Its status is taken when it ends, so it is never a zombie.
func Detach(argv, env []string, stdin *os.File, logfile string) (pid int, err error) {
	spec := Spec{Argv: argv, Env: env}
	path, err := find(spec)
	if err != nil {
		return 0, startError(spec, err)
	}
	cmd := &exec.Cmd{Path: path, Args: argv, Env: append([]string{}, env...), Dir: rootFolder(path)}
	if stdin != nil {
		cmd.Stdin = stdin
	}
	if logfile != "" {
		log, err := os.OpenFile(logfile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return 0, startError(spec, fmt.Errorf("open its log: %w", err))
		}
		defer log.Close()
		cmd.Stdout, cmd.Stderr = log, log
	}
	if err := startDetached(cmd); err != nil {
		return 0, startError(spec, diagnose(path, err))
	}
	// The handle stays open until then, which is how SweepOrphans knows that the program is no orphan.
	go func() { _ = cmd.Wait() }()
	return cmd.Process.Pid, nil
}

// CloseInherited is for a program that was detached, as its first act: it closes what came from whoever started runner, and was meant for
// runner at most. A lock that a shell holds would be held for as long as the program lives, and a pipe would never end.
func CloseInherited() { closeInherited() }

// rootFolder is where a program hinders nobody: a working folder can't be removed on Windows, nor its disk be unmounted.
func rootFolder(path string) string {
	return filepath.VolumeName(path) + string(filepath.Separator)
}

// TerminateTrees ends the processes of owners that were written down by a run that died, and all that descends from them: TERM,
// and KILL after the grace. An owner whose start time is another is a stranger and is not touched. With groups, the process groups
// that the owners led count as well although the owners are gone: only right after the run's death, since a group's id may be
// given away later. It returns what was running, "pid name command line".
func TerminateTrees(owners []ID, groups bool, grace time.Duration) []string {
	return terminateTrees(owners, groups, grace)
}
