package local

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"testrunner/env/service"
	"testrunner/runner/process"
)

// version is what a program says for --version.
func (p *Provider) version(ctx context.Context, program string) (string, error) {
	p.mu.Lock()
	text, known := p.versions[program]
	p.mu.Unlock()
	if known {
		return text, nil
	}
	// Not written down as what serves is: it says a line and ends.
	text, err := process.Output(ctx, "", p.plainEnviron(""), []string{program, "--version"})
	if err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", program, err)
	}
	text = strings.TrimSpace(text)
	p.mu.Lock()
	p.versions[program] = text
	p.mu.Unlock()
	return text, nil
}

// number is the first version number of a text: "15.14" of "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)".
func number(text string) string { return regexp.MustCompile(`\d+(\.\d+)*`).FindString(text) }

// major is the part of a version that says whether two are the same for those who use it: "15", and "9.6" of PostgreSQL's old count.
func major(version string) string {
	parts := strings.SplitN(version, ".", 3)
	if parts[0] == "9" && len(parts) > 1 {
		return "9." + parts[1]
	}
	return parts[0]
}

// imageMajor is the major version of what an image's tag names, "" where it names none: "16" of postgres:16.2-alpine, of pgvector:pg16,
// and of timescaledb:2.14-pg16, where the other number is the extension's.
func imageMajor(image string) string {
	image, _, _ = strings.Cut(image, "@")
	tag := image[strings.LastIndexByte(image, '/')+1:]
	_, tag, tagged := strings.Cut(tag, ":")
	if !tagged {
		return ""
	}
	if m := regexp.MustCompile(`pg(\d+(?:\.\d+)*)`).FindStringSubmatch(tag); m != nil {
		return major(m[1])
	}
	if m := regexp.MustCompile(`^v?(\d+(?:\.\d+)*)`).FindStringSubmatch(tag); m != nil {
		return major(m[1])
	}
	return ""
}

// other names another program or version than the compose file's, and refuses it where real services were asked for.
func (p *Provider) other(s service.Spec, wanted, have string, tell service.Tell) error {
	if p.set.Real && !s.AnyVersion {
		return fmt.Errorf("the compose file's %s is %s, and this machine has %s: install that version, use Docker, or accept any: services, %s, any_version: true in runner.yaml",
			s.Image, wanted, have, s.Name)
	}
	tell(fmt.Sprintf("%s: served by %s, and the compose file's %s is %s", s.Name, have, s.Image, wanted))
	return nil
}

// plainEnviron is the environment of a server: nothing of the developer's own sways it but where programs are.
func (p *Provider) plainEnviron(home string) []string {
	out := []string{"LC_ALL=C", "TZ=UTC"}
	if home != "" {
		out = append(out, "HOME="+home)
	}
	for _, e := range p.set.Environ {
		switch name, _, _ := strings.Cut(e, "="); strings.ToUpper(name) {
		case "PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP":
			out = append(out, e)
		}
	}
	return out
}
