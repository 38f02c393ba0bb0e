package stub

import (
	"fmt"
	"strings"
	"sync"
)

// maxUnknown is how many different things are kept by name. More of them say no more.
const maxUnknown = 100

// unknown is what a stub was asked and did not know, in the order of the first time.
type unknown struct {
	mu     sync.Mutex
	names  []string
	counts map[string]int
	others int // askings of what is not kept by name
}

// add counts one asking, and says whether it is the first of its name.
func (u *unknown) add(name string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.counts == nil {
		u.counts = map[string]int{}
	}
	switch {
	case u.counts[name] > 0:
		u.counts[name]++
		return false
	case len(u.names) == maxUnknown:
		u.others++
		return false
	}
	u.names = append(u.names, name)
	u.counts[name] = 1
	return true
}

// list is a line for each name, with the number of askings where there were several.
func (u *unknown) list() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	var out []string
	for _, n := range u.names {
		if c := u.counts[n]; c > 1 {
			n = fmt.Sprintf("%s (%d times)", n, c)
		}
		out = append(out, n)
	}
	if u.others > 0 {
		out = append(out, fmt.Sprintf("and others (%d times)", u.others))
	}
	return out
}

// complaint is all of it in one line, "" where there is nothing.
func (u *unknown) complaint(service, of string) string {
	names := u.list()
	if len(names) == 0 {
		return ""
	}
	const shown = 10
	more := ""
	if len(names) > shown {
		names, more = names[:shown], fmt.Sprintf(", and %d more", len(names)-shown)
	}
	return fmt.Sprintf("the stub of %s was asked for %s that it does not know: %s%s", service, of, strings.Join(names, ", "), more)
}
