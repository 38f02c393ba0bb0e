package service

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// entry is how a peer is entered here, as far as that differs from what the compose file says.
type entry struct {
	url      *url.URL
	user     *url.Userinfo // nil: without credentials
	given    bool          // user counts, also where it is nil
	database string        // "" is the one that is asked for
}

// entryOf reads a peer's own URL. A server that was made here from the compose file takes what the compose file's URLs say, with two
// exceptions: Redis has one password, or none, whatever a file in the container would have made it; and PostgreSQL's first user has the
// password that the URL tells. Other users of PostgreSQL are made by scripts and stay as they are. What nobody here started knows nothing
// of the compose file.
func entryOf(a Address, asked *url.Userinfo) (entry, bool) {
	u, err := url.Parse(a.URL)
	if a.URL == "" || err != nil {
		return entry{}, false
	}
	e := entry{url: u, user: u.User}
	isRedis, isPostgres := strings.HasPrefix(u.Scheme, "redis"), strings.HasPrefix(u.Scheme, "postgres")
	switch {
	case a.Foreign:
		e.given = u.User != nil || isRedis
		if isRedis || isPostgres {
			e.database = strings.Trim(u.Path, "/")
		}
	case isRedis:
		e.given = true
	case isPostgres:
		e.given = asked != nil && u.User != nil && asked.Username() == u.User.Username()
	}
	return e, a.Foreign || e.given
}

// loginURL is a URL with one host: scheme, credentials, host, port, path and query.
var loginURL = regexp.MustCompile(`([A-Za-z][A-Za-z0-9]*)((?:\+[A-Za-z0-9]+)?://)(?:([^\s/?#"'@]*)@)?([A-Za-z0-9_][A-Za-z0-9_.-]*)(:[0-9]{1,5})?(/[^\s?#"',;]*)?(\?[^\s#"',;]*)?`)

// rewriteLogins gives the URLs of peers the credentials, the database, the settings (sslmode=require) and the safe scheme (https, rediss)
// with which these are entered here. The hosts stay: they are rewritten after it.
func rewriteLogins(value string, peers map[string]Address) string {
	if !strings.Contains(value, "://") {
		return value
	}
	return loginURL.ReplaceAllStringFunc(value, func(text string) string {
		m := loginURL.FindStringSubmatch(text)
		scheme, link, login, name, port, path, query := m[1], m[2], m[3], m[4], m[5], m[6], m[7]
		peer, ok := peers[name]
		if !ok {
			return text
		}
		asked := userOf(login)
		e, differs := entryOf(peer, asked)
		if !differs {
			return text
		}
		if e.given && !sameUser(asked, e.user) {
			login = ""
			if e.user != nil {
				login = e.user.String()
			}
		}
		if peer.Foreign {
			scheme, path, query = e.foreign(scheme, path, query)
		}
		if login != "" {
			login += "@"
		}
		return scheme + link + login + name + port + path + query
	})
}

// foreign is what of a URL follows the peer's own: the safe scheme, the path, and each of its settings.
func (e entry) foreign(scheme, path, query string) (string, string, string) {
	safe := []string{"https", "wss", "rediss", "grpcs"}
	if slices.Contains(safe, e.url.Scheme) && slices.Contains(safe, scheme+"s") {
		scheme += "s"
	}
	switch {
	case e.database != "":
		path = "/" + e.database
	case strings.HasPrefix(e.url.Scheme, "http"):
		path = strings.TrimSuffix(e.url.EscapedPath(), "/") + path
	}
	own := e.url.Query()
	if len(own) == 0 {
		return scheme, path, query
	}
	all, err := url.ParseQuery(strings.TrimPrefix(query, "?"))
	if err != nil {
		return scheme, path, query
	}
	for key, values := range own {
		all[key] = values
	}
	return scheme, path, "?" + all.Encode()
}

func userOf(login string) *url.Userinfo {
	if login == "" {
		return nil
	}
	u, err := url.Parse("x://" + login + "@h")
	if err != nil {
		name, password, _ := strings.Cut(login, ":")
		return url.UserPassword(name, password)
	}
	return u.User
}

// sameUser compares what is meant, not how it is written: "p%40" and "p@" are the same, and so are redis://:p@ and redis://default:p@.
func sameUser(a, b *url.Userinfo) bool {
	if a == nil || b == nil {
		return a == b
	}
	pa, _ := a.Password()
	pb, _ := b.Password()
	return a.Username() == b.Username() && pa == pb
}

// loginWords are those of a list: "host=db user=app password=x dbname=app", "Server=db;User Id=app;Password=x".
var loginWords = regexp.MustCompile(`(?i)(^|[\s;,])(user|username|user id|uid|password|pwd|dbname|database|sslmode)(\s*=\s*)('[^']*'|[^\s;,]*)`)

// rewriteLoginWords gives a list of words that names a foreign peer that one's credentials, database and sslmode. None is added.
func rewriteLoginWords(value string, peer Address) string {
	e, differs := entryOf(peer, nil)
	if !peer.Foreign || !differs {
		return value
	}
	words := map[string]string{"sslmode": e.url.Query().Get("sslmode")}
	for _, word := range []string{"dbname", "database"} {
		words[word] = e.database
	}
	if e.user != nil {
		for _, word := range []string{"user", "username", "user id", "uid"} {
			words[word] = e.user.Username()
		}
		words["password"], _ = e.user.Password()
		words["pwd"] = words["password"]
	}
	return loginWords.ReplaceAllStringFunc(value, func(text string) string {
		m := loginWords.FindStringSubmatch(text)
		word := words[strings.ToLower(m[2])]
		switch {
		case word == "":
			return text
		case strings.ContainsAny(word, " ;,'"):
			word = "'" + strings.ReplaceAll(word, "'", `\'`) + "'"
		}
		return m[1] + m[2] + m[3] + word
	})
}

// Variables beside one that holds a host: who enters it, and what for.
var (
	userNames     = regexp.MustCompile(`(?i)^(USER|USERNAME)$`)
	passwordNames = regexp.MustCompile(`(?i)^(PASSWORD|PASSWD|PASS)$`)
	databaseNames = regexp.MustCompile(`(?i)^(DATABASE|DBNAME|DB|NAME)$`)
)

// loginBeside changes the variables beside one that names a peer alone: of PGHOST these are PGUSER, PGPASSWORD and PGDATABASE, of
// REDIS_ADDR it is REDIS_PASSWORD. None is added.
func loginBeside(environ []string, name string, peer Address) []string {
	stem := addressNames.ReplaceAllString(hostNames.ReplaceAllString(name, ""), "")
	if stem == name {
		return environ
	}
	beside := func(names *regexp.Regexp) int {
		return slices.IndexFunc(environ, func(line string) bool {
			other, _, _ := strings.Cut(line, "=")
			rest, ok := strings.CutPrefix(other, stem)
			return ok && names.MatchString(rest)
		})
	}
	var asked *url.Userinfo
	user, password := beside(userNames), beside(passwordNames)
	if user >= 0 {
		_, value, _ := strings.Cut(environ[user], "=")
		asked = url.User(value)
	}
	e, differs := entryOf(peer, asked)
	if !differs {
		return environ
	}
	set := func(i int, value string) {
		if i >= 0 {
			other, _, _ := strings.Cut(environ[i], "=")
			environ[i] = other + "=" + value
		}
	}
	if e.given {
		word := ""
		if e.user != nil {
			word, _ = e.user.Password()
			set(user, e.user.Username())
		}
		set(password, word)
	}
	if e.database != "" {
		set(beside(databaseNames), e.database)
	}
	return environ
}
