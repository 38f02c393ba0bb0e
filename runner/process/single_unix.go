//go:build unix

package process

import "golang.org/x/sys/unix"

// askSingle sends TERM; a stopped process is continued, or it would never take it.
func askSingle(p proc) error {
	if err := send(p, unix.SIGTERM); err != nil {
		return err
	}
	if p.stopped {
		return send(p, unix.SIGCONT)
	}
	return nil
}

func killSingle(p proc) error { return send(p, unix.SIGKILL) }
