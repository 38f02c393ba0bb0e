package contract

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// variables puts the values of ${NAME} into a text. The error names the first that has none.
func variables(text string, getenv func(string) string) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, behind, closed := strings.Cut(rest, "}")
		if !closed {
			return "", fmt.Errorf("%q has a ${ without a }", text)
		}
		value := getenv(name)
		if value == "" {
			return "", fmt.Errorf("the variable %s is not set: name a service that maps it, or set it", name)
		}
		b.WriteString(value)
		text = behind
	}
}

// Expand puts the values of ${NAME} into every text of the contract.
func (c Contract) Expand(getenv func(string) string) (Contract, error) {
	var failed error
	put := func(text string) string {
		out, err := variables(text, getenv)
		if err != nil && failed == nil {
			failed = err
		}
		return out
	}
	list := func(in []string) []string {
		out := make([]string, len(in))
		for i, text := range in {
			out[i] = put(text)
		}
		return out
	}
	named := func(in map[string]string) map[string]string {
		out := map[string]string{}
		for name, text := range in {
			out[name] = put(text)
		}
		return out
	}
	request := func(r Request) Request {
		return Request{URL: put(r.URL), Method: r.Method, Headers: named(r.Headers), Body: put(r.Body)}
	}
	login := func(l *Login) *Login {
		if l == nil {
			return nil
		}
		return &Login{Request: request(l.Request), Path: l.Path}
	}
	c.URL, c.Headers, c.Protocols, c.Send = put(c.URL), named(c.Headers), list(c.Protocols), list(c.Send)
	c.Owner.Is = put(c.Owner.Is)
	c.Token = Token{Login: login(c.Token.Login), Values: list(c.Token.Values)}
	c.Refuse = slices.Clone(c.Refuse)
	for i := range c.Refuse {
		r := &c.Refuse[i]
		r.Value, r.Login, r.Header = put(r.Value), login(r.Login), named(r.Header)
		if r.Revoke != nil {
			revoke := request(*r.Revoke)
			r.Revoke = &revoke
		}
	}
	return c, failed
}

// User is one who connects.
type User struct {
	Number int    // {n}, from 1
	Run    string // {run}
	Sub    string // {sub}
	Silent bool   // sends nothing: the bystander

	token string
	last  string // {last}
}

// Name is {user}: no other user of any run has it.
func (u User) Name() string { return namePrefix(u.Run) + strconv.Itoa(u.Number) }

func namePrefix(run string) string { return "user-" + run + "-" }

// mentioned are the numbers of the users of a run whose names stand in a text.
func mentioned(text, run string) []int {
	prefix := namePrefix(run)
	var out []int
	for {
		_, rest, found := strings.Cut(text, prefix)
		if !found {
			return out
		}
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		if n, err := strconv.Atoi(rest[:digits]); err == nil {
			out = append(out, n)
		}
		text = rest
	}
}

// fill puts the user's own words into a text.
func (u User) fill(text string) string {
	return strings.NewReplacer("{user}", u.Name(), "{n}", strconv.Itoa(u.Number), "{run}", u.Run, "{sub}", u.Sub, "{token}", u.token, "{last}", u.last).Replace(text)
}

// String is how messages call the user.
func (u User) String() string {
	if u.Silent {
		return "the user who sends nothing"
	}
	return fmt.Sprintf("user %d", u.Number)
}

// subject is the claim sub of a token that is a JWT, "" of any other. Whether the token holds is the server's affair.
func subject(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return ""
	}
	sub, _ := find(text, "sub")
	return sub
}

// find is what stands at a JSON path, such as "type", "data.user.id" or "items.0", as a text.
func find(text []byte, path string) (string, bool) {
	var value any
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	if d.Decode(&value) != nil {
		return "", false
	}
	for step := range strings.SplitSeq(strings.TrimPrefix(strings.TrimPrefix(path, "$"), "."), ".") {
		switch v := value.(type) {
		case map[string]any:
			next, ok := v[step]
			if !ok {
				return "", false
			}
			value = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return "", false
			}
			value = v[i]
		default:
			return "", false
		}
	}
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// quoted is an event or an answer as a message may quote it: one line, and not much of it.
func quoted(text []byte) string {
	const most = 200
	if !utf8.Valid(text) {
		return fmt.Sprintf("%d bytes", len(text))
	}
	if len(text) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		return strconv.Quote(string(text[:cut])) + "…"
	}
	return strconv.Quote(string(text))
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
