package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

var errStopped = errors.New("it was stopped before it ended")

// ExitError says that a probe ended with another status than 0.
type ExitError struct {
	Argv   []string
	Exit   Exit
	Stderr string // head and tail
}

// Error names the program, its end, and the last line that it wrote.
func (e *ExitError) Error() string {
	how := fmt.Sprintf("exit status %d", e.Exit.Code)
	if e.Exit.Signal != "" {
		how = "ended by " + e.Exit.Signal
	}
	last := strings.TrimSpace(e.Stderr)
	if i := strings.LastIndexByte(last, '\n'); i >= 0 {
		last = last[i+1:]
	}
	if last != "" {
		how += ": " + last
	}
	return fmt.Sprintf("%s: %s", strings.Join(e.Argv, " "), how)
}

func startError(s Spec, err error) error {
	name := "an empty command"
	if len(s.Argv) > 0 {
		name = s.Argv[0]
	}
	where := ""
	if s.Dir != "" {
		where = " in " + s.Dir
	}
	return fmt.Errorf("start %s%s: %w", name, where, err)
}

// find returns the program's path as the started program's own environment would find it: os/exec looks at ours.
func find(s Spec) (string, error) {
	if len(s.Argv) == 0 || s.Argv[0] == "" {
		return "", errors.New("no program is named; give its name or path first")
	}
	if s.Dir != "" {
		// The kernel's answer for a missing folder would name the program, so look first. It must not be taken for a missing
		// program either, hence %v.
		if info, err := os.Stat(s.Dir); err != nil {
			return "", fmt.Errorf("the working folder is not there: %v", err)
		} else if !info.IsDir() {
			return "", fmt.Errorf("the working folder %s is a file; name a folder", s.Dir)
		}
	}
	name := s.Argv[0]
	if strings.ContainsRune(name, '/') || strings.ContainsRune(name, filepath.Separator) {
		return name, nil
	}
	var denied error
	for _, dir := range filepath.SplitList(getenv(s.Env, "PATH")) {
		if !filepath.IsAbs(dir) {
			continue // a program of the working folder must be asked for as ./name (go.dev/blog/path-security)
		}
		path, err := exec.LookPath(filepath.Join(dir, name))
		if err == nil {
			return path, nil
		}
		if errors.Is(err, fs.ErrPermission) && denied == nil {
			denied = fmt.Errorf("%w; make it executable", err)
		}
	}
	if denied != nil {
		return "", denied
	}
	return "", fmt.Errorf("not found on PATH; install it, or give its full path: %w", fs.ErrNotExist)
}

// getenv reads NAME from an environment; the last entry counts, as it does for os/exec.
func getenv(env []string, name string) string {
	for i := len(env) - 1; i >= 0; i-- {
		k, v, ok := strings.Cut(env[i], "=")
		if ok && (k == name || runtime.GOOS == "windows" && strings.EqualFold(k, name)) {
			return v
		}
	}
	return ""
}

// diagnose says what the kernel's short answers mean.
func diagnose(path string, err error) error {
	_, statErr := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && statErr == nil:
		return fmt.Errorf("the file is there, but not the interpreter of its first line or its loader; install that: %v", err)
	case errors.Is(err, exec.ErrNotFound): // Windows looks for the extensions itself, and has words of its own
		return fmt.Errorf("no such program, with any of PATHEXT's extensions (%v): %w", err, fs.ErrNotExist)
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Errorf("not a program of this machine, nor a script with a #! line: %w", err)
	}
	return err
}
