package contract

import (
	"net/url"
	"strings"
)

const (
	masked    = "***"
	minSecret = 8 // bytes: what is shorter stands in too many texts by chance
)

// Mask replaces by "***" what the contract itself gives away: tokens, and what stands in headers and in the address under a name
// that sounds like a credential.
func (c Contract) Mask(text string) string { return mask(text, c.secrets()) }

func (c Contract) secrets() []string {
	out := append([]string(nil), c.Token.Values...)
	take := func(name, value string) {
		if credential(name) && !strings.Contains(value, "{token}") {
			scheme, rest, found := strings.Cut(value, " ")
			if !found {
				rest = scheme
			}
			out = append(out, rest)
		}
	}
	for name, value := range c.Headers {
		take(name, value)
	}
	for _, r := range c.Refuse {
		for name, value := range r.Header {
			take(name, value)
		}
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		return out
	}
	for name, values := range u.Query() {
		for _, value := range values {
			take(name, value)
		}
	}
	if password, set := u.User.Password(); set {
		out = append(out, password)
	}
	return out
}

// credential says whether a header or a parameter of this name holds a secret.
func credential(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"auth", "cookie", "token", "secret", "password", "key", "ticket", "jwt"} {
		if strings.Contains(name, part) && name != "sec-websocket-key" {
			return true
		}
	}
	return false
}

// mask replaces the secrets by "***", also as a URL writes them.
func mask(text string, secrets []string) string {
	for _, s := range secrets {
		if len(s) < minSecret {
			continue
		}
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s)} {
			text = strings.ReplaceAll(text, form, masked)
		}
	}
	return text
}
