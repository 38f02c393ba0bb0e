package lease

import (
	"os"
	"strings"

	"testrunner/runner/process"
)

// machine is which machine this is. A home folder may be shared by several.
type machine struct {
	Host    string // its name
	Machine string // its own id, where the system has one in a file
	Boot    string // which of its boots; "" where births are times of the calendar, which no boot repeats
}

func thisMachine() machine {
	m := machine{}
	m.Host, _ = os.Hostname() // unknown is "", which is nobody's
	if b, err := os.ReadFile("/etc/machine-id"); err == nil {
		m.Machine = strings.TrimSpace(string(b))
	}
	if self, err := process.Identify(os.Getpid()); err == nil {
		m.Boot = bootOf(self.Born)
	}
	return m
}

// bootOf takes the boot out of a birth: "boot/namespace/time" on Linux.
func bootOf(born string) string {
	boot, _, _ := strings.Cut(born, "/")
	if boot == born {
		return ""
	}
	return boot
}

// same tells whether both are one machine, perhaps in two of its boots. Two machines may have one name: then the id tells them
// apart, or without one, the boot.
func (m machine) same(other machine) bool {
	switch {
	case m.Host == "" || m.Host != other.Host:
		return false
	case m.Machine != "" || other.Machine != "":
		return m.Machine == other.Machine
	}
	return m.Boot == other.Boot
}
