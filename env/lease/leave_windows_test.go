package lease

import "os/exec"

// leave does nothing: a job object can't be left.
func leave(*exec.Cmd, bool) {}
