package report

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"testrunner/report/event"
)

const (
	masked    = "***"
	minSecret = 8 // characters: a shorter value is no secret that could be masked without masking half the report
)

// Secrets makes the mask of a run (law 11). It replaces by "***", wherever they stand in a text: the values of the variables
// in environ ("NAME=VALUE") whose name is in declared or is like TOKEN, PASSWORD, SECRET or KEY; the passwords of URLs in
// any variable; each line of such a value that has several; the same percent-encoded or escaped as in a test's ID; and
// passwords in any URL of the text itself. Values under 8 characters stay.
//
// The mask is never nil, since a URL may stand in any text. It is pure and safe for use by many goroutines.
func Secrets(environ []string, declared []string) func(string) string {
	values := secretValues(environ, declared)
	pairs := make([]string, 0, 2*len(values))
	for _, v := range values {
		pairs = append(pairs, v, masked)
	}
	replacer := strings.NewReplacer(pairs...)
	return func(text string) string {
		// The replacer copies its text even where it finds nothing.
		if slices.ContainsFunc(values, func(v string) bool { return strings.Contains(text, v) }) {
			text = replacer.Replace(text)
		}
		return maskURLs(text)
	}
}

// secretValues are all the strings to mask, longest first: a secret that holds another must go as a whole.
func secretValues(environ, declared []string) []string {
	var values []string
	add := func(v string) {
		for _, form := range []string{v, url.QueryEscape(v), url.PathEscape(v), event.EscapeName(v)} {
			if utf8.RuneCountInString(form) >= minSecret && utf8.RuneCountInString(v) >= minSecret {
				values = append(values, form)
			}
		}
	}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if slices.Contains(declared, name) || secretName(name) && !pathOf(name, value) {
			add(value)
			for line := range strings.Lines(value) {
				add(strings.TrimSpace(line))
			}
		}
		for _, u := range urlPasswords(value) {
			password := value[u.from:u.to]
			add(password)
			if plain, err := url.PathUnescape(password); err == nil {
				add(plain)
			}
		}
	}
	slices.SortFunc(values, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(values)
}

// secretName says whether a variable's name is like TOKEN, PASSWORD, SECRET or KEY.
func secretName(name string) bool {
	words := strings.FieldsFunc(strings.ToUpper(name), func(r rune) bool { return r == '_' || r == '-' || r == '.' })
	for i, w := range words {
		for _, part := range []string{"TOKEN", "PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "CREDENTIAL"} {
			if strings.Contains(w, part) {
				return true
			}
		}
		if w == "PASS" || strings.HasSuffix(w, "KEY") || strings.HasSuffix(w, "KEYS") {
			return true
		}
		if w == "PWD" && i > 0 { // MYSQL_PWD, not PWD itself
			return true
		}
	}
	return false
}

// pathOf says whether a variable holds the path of a secret, such as TLS_KEY_FILE: masking a path would hide the names of
// files in every report, and what stands in the file is not in the environment.
func pathOf(name, value string) bool {
	upper := strings.ToUpper(name)
	for _, end := range []string{"FILE", "PATH", "DIR", "SOCK", "HOME"} {
		if strings.HasSuffix(upper, end) {
			return strings.ContainsAny(value, `/\`) && !strings.ContainsAny(value, "\n")
		}
	}
	return false
}

type span struct{ from, to int }

// maskURLs masks the password of each scheme://user:password@host in the text.
func maskURLs(text string) string {
	if !strings.Contains(text, "://") {
		return text
	}
	spans := urlPasswords(text)
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, s := range spans {
		if utf8.RuneCountInString(text[s.from:s.to]) < minSecret {
			continue
		}
		b.WriteString(text[at:s.from])
		b.WriteString(masked)
		at = s.to
	}
	b.WriteString(text[at:])
	return b.String()
}

// urlPasswords finds the passwords of URLs in the text, in order. The password runs to the last "@" of the authority,
// because people write unescaped ones.
func urlPasswords(text string) []span {
	var found []span
	for at := 0; ; {
		i := strings.Index(text[at:], "://")
		if i < 0 {
			return found
		}
		from := at + i + len("://")
		end := len(text)
		if n := strings.IndexFunc(text[from:], endsAuthority); n >= 0 {
			end = from + n
		}
		at = from
		user := strings.LastIndexByte(text[from:end], '@')
		if user < 0 {
			continue
		}
		if colon := strings.IndexByte(text[from:from+user], ':'); colon >= 0 && colon+1 < user {
			found = append(found, span{from + colon + 1, from + user})
			at = from + user
		}
	}
}

func endsAuthority(r rune) bool {
	return r <= ' ' || strings.ContainsRune("/?#\"'<>`\\|", r) || r == utf8.RuneError
}
