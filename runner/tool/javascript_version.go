package tool

import (
	"fmt"
	"strconv"
	"strings"
)

// named is the tool with its version, as far as the hook told it.
func (d *jsDecoder) named() string {
	if d.hooked == nil || d.hooked.Version == "" {
		return d.h.tool
	}
	return d.h.tool + " " + d.hooked.Version
}

// knows says whether the hook is written for a version. One that can't be read is taken for one of them.
func (h jsHook) knows(version string) bool {
	major, ok := jsMajor(version)
	return !ok || h.newest == 0 || major >= h.oldest && major <= h.newest
}

// before says whether a version is older than those.
func (h jsHook) before(version string) bool {
	major, ok := jsMajor(version)
	return ok && major < h.oldest
}

func jsMajor(version string) (major int, ok bool) {
	head, _, _ := strings.Cut(version, ".")
	major, err := strconv.Atoi(head)
	return major, err == nil
}

// known says in brackets for which versions the hook is written.
func (h jsHook) known() string {
	switch {
	case h.newest == 0:
		return ""
	case h.newest == h.oldest+1:
		return fmt.Sprintf(" (it knows %s %d and %d)", h.tool, h.oldest, h.newest)
	default:
		return fmt.Sprintf(" (it knows %s %d to %d)", h.tool, h.oldest, h.newest)
	}
}
