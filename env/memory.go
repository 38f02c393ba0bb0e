package env

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"testrunner/report/event"
)

// What fits into memory is admitted by arithmetic: the limits of the compose file against what is there, the engine's own in docker mode,
// this machine's free memory in no-docker mode. Services stay up until the run ends, so limits add up. The suites that ask for least come
// first, so that as many as possible run; the sums count what is needed and not what else is amiss, so that a further fault never
// makes room for anybody.

// memory is the finding that says how much there is; false where nobody knows, and then nothing is blocked by it.
func (s situation) memory(mode event.Mode) (event.Finding, bool) {
	id := map[event.Mode]string{event.Docker: event.DockerMemory, event.NoDocker: event.HostMemory}[mode]
	var least event.Finding
	known := false
	for _, f := range s.findings {
		if f.ID == id && f.Unit == event.Bytes && (!known || f.Number < least.Number) {
			least, known = f, true
		}
	}
	return least, known
}

// share is what one suite asks for.
type share struct {
	index    int // in the needs
	services []string
	bytes    uint64
}

// shares are those of the suites that the mode could serve, the smallest first.
func (s situation) shares(mode event.Mode) []share {
	var out []share
	for i, n := range s.needs.Suites {
		if len(n.Needs) == 0 || !n.allows(mode) {
			continue
		}
		own := share{index: i}
		for _, name := range s.needs.Closure(n.Needs, s.elsewhere) {
			if service := s.needs.Service(name); !s.elsewhere(service) && service.Memory > 0 {
				own.services = append(own.services, name)
				own.bytes += service.Memory
			}
		}
		out = append(out, own)
	}
	slices.SortStableFunc(out, func(a, b share) int { return cmp.Compare(a.bytes, b.bytes) })
	return out
}

// elsewhere says whether the service has an address of its own, so that nothing is started for it.
func (s situation) elsewhere(service Service) bool {
	_, ok := s.asked.Environment.address(service.Name)
	return ok
}

// fitting says for each suite why there is no memory for it; nil where there is, or where nobody knows.
func (s situation) fitting(mode event.Mode) []*event.Reason {
	out := make([]*event.Reason, len(s.needs.Suites))
	there, known := s.memory(mode)
	if !known {
		return out
	}
	var taken []string
	var sum uint64
	for _, own := range s.shares(mode) {
		before := sum
		for _, name := range own.services {
			if !slices.Contains(taken, name) {
				taken = append(taken, name)
				sum += s.needs.Service(name).Memory
			}
		}
		if own.bytes == 0 || float64(sum) <= there.Number {
			continue
		}
		text := fmt.Sprintf("its services may take %s (%s)", event.Size(own.bytes), s.limits(own.services))
		if before > 0 {
			text += fmt.Sprintf(", with those of the others %s", event.Size(sum))
		}
		category := s.needs.Suites[own.index].Category
		reason := blocked(fmt.Sprintf("%s, and there are %s", text, event.Size(uint64(there.Number))), event.Finding{ID: there.ID})
		if float64(s.alone(category, mode)) <= there.Number {
			reason.Remedy = "runner -c " + event.ShellQuote(category)
		}
		out[own.index] = reason
	}
	return out
}

// alone is what a category would ask for by itself.
func (s situation) alone(category string, mode event.Mode) uint64 {
	_, total := s.total(mode, func(i int) bool { return s.needs.Suites[i].Category == category })
	return total
}

// total are the services of some suites, each once, with the sum of their limits.
func (s situation) total(mode event.Mode, of func(index int) bool) (names []string, total uint64) {
	for _, own := range s.shares(mode) {
		if !of(own.index) {
			continue
		}
		for _, name := range own.services {
			if !slices.Contains(names, name) {
				names = append(names, name)
				total += s.needs.Service(name).Memory
			}
		}
	}
	slices.Sort(names)
	return names, total
}

// sum is the arithmetic in one line, "" where nothing would be started.
func (s situation) sum(d Decision) string {
	there, known := s.memory(d.Mode)
	starts := slices.ContainsFunc(d.Admissions, func(a event.Admission) bool {
		return slices.ContainsFunc(a.Services, func(s event.Served) bool { return s.By == event.ByDocker || s.By == event.ByLocal })
	})
	if !known || !starts {
		return ""
	}
	names, total := s.total(d.Mode, func(int) bool { return true })
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("memory: the limits of what is needed are %s (%s) of %s (%s)", event.Size(total), s.limits(names), event.Size(uint64(there.Number)), there.ID)
}

// limits are services with their limits: "backend 512 MiB, postgres 1 GiB".
func (s situation) limits(names []string) string {
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = name + " " + event.Size(s.needs.Service(name).Memory)
	}
	return strings.Join(words, ", ")
}
