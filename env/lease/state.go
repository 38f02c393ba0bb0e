package lease

import (
	"errors"
	"path/filepath"
)

// StateDir is the folder for what outlives a run and is no report: RUNNER_STATE_DIR, else "runner" in the place that the system has
// for state (XDG_STATE_HOME or ~/.local/state; ~/Library/Application Support; %LOCALAPPDATA%). It need not exist yet.
func StateDir(goos, home string, getenv func(string) string) (string, error) {
	if dir := getenv("RUNNER_STATE_DIR"); dir != "" {
		return filepath.Abs(dir)
	}
	base := ""
	switch goos {
	case "windows":
		base = getenv("LOCALAPPDATA")
	case "darwin":
		if home != "" {
			base = filepath.Join(home, "Library", "Application Support")
		}
	default:
		if base = getenv("XDG_STATE_HOME"); base == "" && home != "" {
			base = filepath.Join(home, ".local", "state")
		}
	}
	if base == "" {
		return "", errors.New("find the folder for runner's state: there is no home folder; name one in RUNNER_STATE_DIR")
	}
	return filepath.Join(base, "runner"), nil
}
