package process

// The terminal's stories are told on Linux; macOS has no /dev/ptmx ioctls in x/sys.
func debugged(string) int  { return 98 }
func debugging(string) int { return 98 }
