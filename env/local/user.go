package local

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"

	"testrunner/runner/process"
)

// serverUser is who a server runs as that refuses to be root: nil, for who we are, where we are not; else the user that packages make
// for it, or the one that owns nothing.
func serverUser() (*process.User, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
		if uidErr == nil && gidErr == nil && uid != 0 {
			return &process.User{UID: uint32(uid), GID: uint32(gid)}, nil
		}
	}
	return nil, fmt.Errorf("PostgreSQL refuses to run as root, and there is no user postgres or nobody for it: make one, or run as another user")
}

// giveTo gives a folder of the run to a user, and sees to it that he may go there.
func (p *Provider) giveTo(folder string, to *process.User) error {
	if to == nil {
		return nil
	}
	if err := chown(folder, to); err != nil {
		return fmt.Errorf("give its folder to the server's user: %w", err)
	}
	// The run's folder is ours: others may pass through it, and can't see what is in it.
	for _, ours := range []string{p.set.Scratch, p.dataFolder()} {
		if err := os.Chmod(ours, 0o711); err != nil {
			return fmt.Errorf("let the server's user into %s: %w", ours, err)
		}
	}
	for dir := filepath.Dir(p.set.Scratch); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return fmt.Errorf("let the server's user into %s: %w", dir, err)
		}
		if info.Mode().Perm()&0o001 == 0 && !owns(info, *to) {
			return fmt.Errorf("the data would lie in %s, and user %d, who PostgreSQL runs as, may not enter %s: name a temporary folder in TMPDIR that all may enter",
				folder, to.UID, dir)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}
