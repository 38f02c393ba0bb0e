package categories

import (
	"io/fs"
	"math/bits"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"testrunner/env"
	"testrunner/report/event"
	"testrunner/runner/tool"
)

// What the configuration says of services and environments, as far as it can be judged without the compose file.

func (c *configuration) validateEnvironment(tree tool.Tree) {
	c.validateNeeds()
	c.validateFiles("compose", c.Compose, tree)
	c.validateWord("ports", c.Ports, "as-written")
	for _, name := range sorted(c.Services) {
		c.validateService(name, c.Services[name], tree)
	}
	for _, name := range sorted(c.Environments) {
		c.validateNamedEnvironment(name, c.Environments[name], tree)
	}
	if name := c.Config.Environment; name != "" && !c.hasEnvironment(name) {
		c.fault("environment", "there is no environment %q%s", name, orNearest(name, c.environmentNames()))
	}
	for i, host := range c.AllowHosts {
		if host == "" || strings.ContainsAny(host, "/ @") || strings.Count(host, ":") == 1 {
			c.fault(at("allow_hosts", strconv.Itoa(i)), "%q is no host: write its name or address alone, without a scheme or port", host)
		}
	}
	c.validatePreflight()
}

// validateNeeds checks needs, stubs and modes of all categories and suites. Where nothing needs a service, stubs and modes do nothing.
func (c *configuration) validateNeeds() {
	needy := false
	for _, s := range c.Suites {
		needy = needy || len(s.Needs) > 0
	}
	for _, s := range c.Categories {
		needy = needy || len(s.Needs) > 0
	}
	for _, name := range sorted(c.Categories) {
		s := c.Categories[name]
		c.validateNeed(at("categories", name), s.Needs, s.Stubs, s.Modes, needy)
	}
	for _, name := range sorted(c.Suites) {
		s := c.Suites[name]
		c.validateNeed(at("suites", name), s.Needs, s.Stubs, s.Modes, needy)
	}
}

func (c *configuration) validateNeed(key string, needs, stubs, modes []string, needy bool) {
	c.validateOnce(key+"\x1fneeds", needs)
	c.validateOnce(key+"\x1fstubs", stubs)
	c.validateOnce(key+"\x1fmodes", modes)
	for i, m := range modes {
		c.validateWord(key+"\x1fmodes\x1f"+strconv.Itoa(i), m, modeNames()...)
	}
	if modes != nil && len(modes) == 0 {
		c.fault(key+"\x1fmodes", "the list is empty, so that the tests could never run: name docker, no-docker or staging, or leave it out")
	}
	if !needy && len(modes) > 0 {
		c.fault(key+"\x1fmodes", "\"modes\" does nothing: nothing in this file needs a service")
	}
	if !needy && len(stubs) > 0 {
		c.fault(key+"\x1fstubs", "\"stubs\" does nothing: nothing in this file needs a service")
	}
}

func modeNames() []string {
	var names []string
	for _, m := range env.Modes() {
		names = append(names, string(m))
	}
	return names
}

func (c *configuration) validateOnce(key string, names []string) {
	for i, name := range names {
		if place := key + "\x1f" + strconv.Itoa(i); name == "" {
			c.fault(place, "a name must not be empty")
		} else if slices.Contains(names[:i], name) {
			c.fault(place, "%q stands here twice", name)
		}
	}
}

func (c *configuration) validateWord(key, word string, known ...string) {
	if word != "" && !slices.Contains(known, word) {
		c.fault(key, "%q is none of %s%s", word, strings.Join(known, ", "), orNearest(word, known))
	}
}

func (c *configuration) validateFiles(key string, files []string, tree tool.Tree) {
	if _, given := c.places[key]; given && len(files) == 0 {
		c.fault(key, "the list is empty: name a compose file, or leave it out")
	}
	for i, f := range files {
		place := key + "\x1f" + strconv.Itoa(i)
		if fault := pathFault(f); fault != "" {
			c.fault(place, "%q %s", f, fault)
			continue
		}
		clean := path.Clean(f)
		if _, ok := slices.BinarySearch(tree.Files, clean); ok {
			continue
		}
		if tree.FS != nil { // git may ignore it, and it is a compose file nevertheless
			if info, err := fs.Stat(tree.FS, clean); err == nil && !info.IsDir() {
				continue
			}
		}
		c.fault(place, "there is no file %q%s", f, orNearest(clean, tree.Files))
	}
}

// serviceName is what docker compose takes for a service's name (compose-spec, schema: services, patternProperties).
var serviceName = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

func (c *configuration) validateVariable(key, name string) {
	if name == "" || strings.ContainsAny(name, "=\x00") {
		c.fault(key, "%q can't be the name of a variable", name)
	}
}

func (c *configuration) validatePlaceholders(key, text string, known ...string) {
	for _, p := range placeholder.FindAllString(text, -1) {
		if !slices.Contains(known, p) {
			c.fault(key, "%s stands for nothing here: there are %s", p, strings.Join(known, ", "))
		}
	}
}

func (c *configuration) environmentNames() []string {
	return append(builtInEnvironments(), sorted(c.Environments)...)
}

func (c *configuration) hasEnvironment(name string) bool {
	return slices.Contains(c.environmentNames(), name)
}

func (c *configuration) validateNamedEnvironment(name string, e EnvironmentConfig, tree tool.Tree) {
	key := at("environments", name)
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == ',' || r == 0x7f }) || strings.HasPrefix(name, "-") {
		c.fault(key, "an environment's name must not be empty, begin with \"-\", or hold blanks, commas or control characters")
	}
	c.validateWord(key+"\x1fmode", e.Mode, builtInEnvironments()...)
	if slices.Contains(builtInEnvironments(), name) && e.Mode != "" && e.Mode != name {
		c.fault(key+"\x1fmode", "the environment %s always has the mode %s: a mode that is named is never swapped", name, name)
	}
	mode := modeOf(name, e)
	c.validateFiles(key+"\x1fcompose", e.Compose, tree)
	if mode == event.Staging && len(e.Compose)+len(e.Profiles) > 0 {
		c.fault(key, "compose and profiles do nothing in staging: its services are not started")
	}
	c.validateOnce(key+"\x1fprofiles", e.Profiles)
	c.validateOnce(key+"\x1fsecrets", e.Secrets)
	for _, variable := range sorted(e.Variables) {
		c.validateVariable(at("environments", name, "variables", variable), variable)
	}
	for i, variable := range e.Secrets {
		c.validateVariable(key+"\x1fsecrets\x1f"+strconv.Itoa(i), variable)
	}
	for _, service := range sorted(e.Addresses) {
		if e.Addresses[service] == "" {
			c.fault(at("environments", name, "addresses", service), "the address is empty")
		}
	}
	c.validateCommand(key+"\x1fbefore", e.Before)
	if mode != event.Staging && len(e.Before) > 0 {
		c.fault(key+"\x1fbefore", "before does nothing in %s: only the services of staging are somebody else's to bring up; services, NAME, before runs in every mode", mode)
	}
	c.validateFallback(key+"\x1ffallback", e.Fallback, mode)
}

func (c *configuration) validateFallback(key, name string, mode event.Mode) {
	if name == "" {
		return
	}
	switch {
	case !c.hasEnvironment(name):
		c.fault(key, "there is no environment %q%s", name, orNearest(name, c.environmentNames()))
	case modeOf(name, c.Environments[name]) != event.Staging:
		c.fault(key, "the environment %s is not of mode staging: only that can be a fallback", name)
	case mode != env.Auto:
		c.fault(key, "a fallback does nothing in %s: a mode that is named is never swapped; write mode: auto", mode)
	}
}

func (c *configuration) validatePreflight() {
	p := c.Config.Preflight
	for _, s := range []struct {
		key  string
		size Size
	}{{"memory", p.Memory}, {"disk", p.Disk}} {
		if s.size != "" && bytesOf(s.size) == 0 {
			c.fault(at("preflight", s.key), "%q is no size above zero: write it as 512MB or 8GB", s.size)
		}
	}
	for _, d := range []struct {
		key  string
		time Duration
	}{{"answer", p.Answer}, {"info", p.Info}, {"clock_skew", p.ClockSkew}} {
		c.validateTimeout(at("preflight", d.key), d.time)
	}
	if _, given := c.places[at("preflight", "cpu")]; given && (p.CPU < 1 || p.CPU > 100) {
		c.fault(at("preflight", "cpu"), "%d is no share of the cores: write percent, 1 to 100", p.CPU)
	}
	if _, given := c.places[at("preflight", "tls_days")]; given && p.TLSDays < 1 {
		c.fault(at("preflight", "tls_days"), "%d is no number of days: at least 1", p.TLSDays)
	}
}

// sizePattern is a number with a unit; "k" and "KB" and "KiB" are the same, as they are for Docker (docker/go-units, RAMInBytes).
const sizePattern = `^[0-9]+ ?([kKmMgGtT]([iI]?[bB])?|[bB])$`

var sizeWord = regexp.MustCompile(`^([0-9]+) ?([kKmMgGtTbB])[iIbB]*$`)

// bytesOf reads a size; 0 is none.
func bytesOf(s Size) uint64 {
	m := sizeWord.FindStringSubmatch(string(s))
	if m == nil || !regexp.MustCompile(sizePattern).MatchString(string(s)) {
		return 0
	}
	n, err := strconv.ParseUint(m[1], 10, 64)
	if err != nil {
		return 0
	}
	shift := 10 * (1 + strings.Index("kmgt", strings.ToLower(m[2])))
	if bits.Len64(n)+shift > 63 {
		return 0
	}
	return n << shift
}
