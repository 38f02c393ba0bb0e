package service

import (
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Rewrite gives a service that runs on this machine the environment that the compose file has for its container: what names a peer there
// names this run's address of it here. Peers are looked for as whole names where a host may stand:
//
//   - name:port, alone, in lists, in URLs and behind "(" or "@": "redis:6379", "tcp(mysql:3306)", "postgres://user:word@postgres:5432/app".
//     A port that is not one of the peer's is left, and so is a user's name ("postgres:5432@" in a URL) and an image's tag;
//   - the host of a URL that names no port: "http://auth/v1";
//   - host=name in a list of words, with the port beside it: "host=postgres port=5432", "Server=db;Port=5432";
//   - a name alone, where the variable says that it holds a host (PGHOST, DB_HOST, REDIS_ADDR, ..._SERVER, ..._ENDPOINT). The variable of
//     its port beside it (PGPORT, DB_PORT) changes too, and is added where there is none, since the port is another one here.
//
// Where a peer is another server than the one that the compose file makes, or has another password than it says, who enters it and what
// for changes as well: see rewriteLogins and loginBeside.
//
// Names alone in other variables (POSTGRES_USER=postgres) are no hosts. The order stays; what is added stands at the end.
func Rewrite(environ []string, peers map[string]Address) []string {
	out := slices.Clone(environ)
	for i, line := range environ {
		if name, value, found := strings.Cut(line, "="); found {
			out[i] = name + "=" + rewriteWords(rewriteHosts(rewriteLogins(value, peers), peers), peers)
		}
	}
	for i, line := range environ { // after the others, since a variable beside it changes too
		name, value, _ := strings.Cut(line, "=")
		if peer, ok := peers[value]; ok && peer.hostHere() != "" {
			out = loginBeside(alone(out, i, name, peer), name, peer)
		}
	}
	return out
}

// hostWord is a run of characters that a host's name may have.
var hostWord = regexp.MustCompile(`[A-Za-z0-9_][A-Za-z0-9_.-]*`)

// rewriteHosts replaces name:port and the hosts of URLs.
func rewriteHosts(value string, peers map[string]Address) string {
	var b strings.Builder
	done := 0
	for _, at := range hostWord.FindAllStringIndex(value, -1) {
		peer, ok := peers[value[at[0]:at[1]]]
		if !ok || at[0] < done {
			continue
		}
		here, end := peer.inPlace(value[:at[0]], value[at[1]:])
		if here == "" {
			continue
		}
		b.WriteString(value[done:at[0]])
		b.WriteString(here)
		done = at[1] + end
	}
	return b.String() + value[done:]
}

// portBehind is the port behind a host.
var portBehind = regexp.MustCompile(`^:([0-9]{1,5})`)

// inPlace is the address here for a peer's name between two texts, and how much of the second it takes along; "" where the name is none of
// a host.
func (a Address) inPlace(before, after string) (here string, taken int) {
	inURL := strings.HasSuffix(before, "//")
	scheme, user := urlBefore(before)
	switch {
	case strings.HasSuffix(before, "/") && !inURL, strings.HasSuffix(before, ":"), strings.HasSuffix(before, "."), strings.HasSuffix(before, "-"):
		return "", 0 // a folder, a password, the rest of another name
	case strings.HasPrefix(after, "://"):
		return "", 0 // a scheme
	}
	if m := portBehind.FindString(after); m != "" {
		rest := after[len(m):]
		if rest != "" && (hostWord.MatchString(rest[:1]) || strings.ContainsAny(rest[:1], "-.@")) {
			return "", 0 // a tag, a user and the password
		}
		own, _ := strconv.Atoi(m[1:])
		return a.forPort(own), len(m)
	}
	if scheme == "" || !inURL && !user || after != "" && !strings.ContainsAny(after[:1], "/?#,; \"'") {
		return "", 0
	}
	if own := schemePorts()[scheme]; own != 0 {
		return a.forPort(own), 0
	}
	return a.forPort(a.own()), 0
}

// urlBefore is the scheme of the URL that a text ends in, and whether what comes next stands behind its user.
var urlStart = regexp.MustCompile(`([A-Za-z][A-Za-z0-9]*)(?:\+[A-Za-z0-9]+)?://(?:[^\s/?#"']*(@))?(?:[^\s/?#"'@]*,)?$`)

func urlBefore(before string) (scheme string, user bool) {
	m := urlStart.FindStringSubmatch(before)
	if m == nil {
		return "", false
	}
	return strings.ToLower(m[1]), m[2] != ""
}

// hostHere is the host without a port, "" where nothing is published.
func (a Address) hostHere() string {
	if a.Port == 0 {
		return ""
	}
	return a.Host
}

// portHere is where a port of the service is reached here, 0 if it is not one of its ports. Where its own are not known, any is the first.
func (a Address) portHere(own int) int {
	if p, ok := a.Ports[own]; ok {
		return p
	}
	if len(a.Ports) > 0 {
		return 0
	}
	if _, inner, err := net.SplitHostPort(a.Inner); err == nil && own != 0 && inner != strconv.Itoa(own) {
		return 0
	}
	return a.Port
}

// forPort is "host:port" here for a port of the service, "" if it is not one of its ports.
func (a Address) forPort(own int) string {
	port := a.portHere(own)
	if port == 0 {
		return ""
	}
	return net.JoinHostPort(a.Host, strconv.Itoa(port))
}

// The words of a list that name a host and a port: "host=db port=5432", "Server=db;Port=5432".
var (
	hostWords = regexp.MustCompile(`(?i)(^|[\s;,])(host|hostaddr|server|data source)(\s*=\s*)([A-Za-z0-9_.-]+)($|[\s;,])`)
	portWords = regexp.MustCompile(`(?i)(^|[\s;,])(port\s*=\s*)([0-9]+)`)
)

func rewriteWords(value string, peers map[string]Address) string {
	m := hostWords.FindStringSubmatchIndex(value)
	if m == nil {
		return value
	}
	peer, ok := peers[value[m[8]:m[9]]]
	if !ok || peer.hostHere() == "" {
		return value
	}
	return rewriteLoginWords(peer.words(value, m), peer)
}

// words rewrites host and port of a list of words; m is where the host stands in it.
func (peer Address) words(value string, m []int) string {
	port := portWords.FindStringSubmatch(value)
	if port == nil {
		separator := " "
		if strings.Contains(value, ";") {
			separator = ";"
		}
		return value[:m[8]] + peer.Host + separator + "port=" + strconv.Itoa(peer.Port) + value[m[9]:]
	}
	own, _ := strconv.Atoi(port[3])
	here := peer.portHere(own)
	if here == 0 {
		return value
	}
	return portWords.ReplaceAllString(value[:m[8]]+peer.Host+value[m[9]:], "${1}${2}"+strconv.Itoa(here))
}

// Variables that hold a host by their names: with a port beside them, or inside.
var (
	hostNames    = regexp.MustCompile(`(?i)(HOST|HOSTNAME)$`)
	addressNames = regexp.MustCompile(`(?i)(ADDR|ADDRESS|SERVER|SERVERS|ENDPOINT|BROKER|BROKERS|HOSTS)$`)
)

// alone rewrites a variable whose whole value is a peer's name.
func alone(environ []string, i int, name string, peer Address) []string {
	switch {
	case addressNames.MatchString(name):
		environ[i] = name + "=" + peer.forFirst()
		return environ
	case !hostNames.MatchString(name):
		return environ
	}
	environ[i] = name + "=" + peer.Host
	word := "PORT"
	if strings.HasSuffix(name, "host") || strings.HasSuffix(name, "hostname") {
		word = "port"
	}
	beside := hostNames.ReplaceAllString(name, word)
	for j, line := range environ {
		if value, found := strings.CutPrefix(line, beside+"="); found {
			own, _ := strconv.Atoi(value)
			if here := peer.portHere(own); here != 0 {
				environ[j] = beside + "=" + strconv.Itoa(here)
			}
			return environ
		}
	}
	return append(environ, beside+"="+strconv.Itoa(peer.Port))
}

// own is the number that the service's first port has for itself, 0 if that is not known.
func (a Address) own() int {
	for own, here := range a.Ports {
		if here == a.Port {
			return own
		}
	}
	return 0
}

func (a Address) forFirst() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }
