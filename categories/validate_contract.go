package categories

import (
	"slices"
	"strconv"
	"strings"
)

// validateContract checks what a WebSocket is said to promise: that each key can do something.
func (c *configuration) validateContract(key string, w WebSocketConfig) {
	below := func(steps ...string) string { return key + "\x1f" + at(steps...) }
	if w.URL == "" {
		c.fault(key, "the contract has no url: say where the WebSocket is, such as url: ${WS_URL}")
	}
	for name, n := range map[string]int{"users": w.Users, "connections": w.Connections} {
		if _, said := c.places[below(name)]; said && n < 1 {
			c.fault(below(name), "%d is too few: write a number from 1", n)
		}
	}
	for name, d := range map[string]Duration{"ramp": w.Ramp, "within": w.Within, "quiet": w.Quiet} {
		c.validateTimeout(below(name), d)
	}
	c.validateTimeout(below("latency", "warn"), w.Latency.Warn)
	c.validateTimeout(below("latency", "fail"), w.Latency.Fail)
	if w.Order != "" && w.Order != "strict" && w.Order != "any" {
		c.fault(below("order"), "%q is no order: write strict or any", w.Order)
	}
	var names []string
	for i, e := range w.Expect {
		place := below("expect", strconv.Itoa(i))
		if e.Name == "" {
			c.fault(place, "the event has no name")
		}
		if _, said := c.places[place+"\x1fcount"]; said && e.Count < 1 {
			c.fault(place+"\x1fcount", "%d is too few: write a number from 1, and what must not come under never", e.Count)
		}
		names = append(names, e.Name)
	}
	for i, name := range w.Never {
		if slices.Contains(names, string(name)) {
			c.fault(below("never", strconv.Itoa(i)), "%q is expected, too: it can't be both", name)
		}
	}
	c.validateIdle(below, w, names)
	if w.Token != nil {
		c.validateToken(below("token"), *w.Token, w.Users)
	}
	c.validateRefusals(below("refuse"), w)
}

// validateIdle finds the keys that do nothing without another one.
func (c *configuration) validateIdle(below func(...string) string, w WebSocketConfig, names []string) {
	for name, given := range map[string]bool{
		"owner": w.Owner != nil, "order": w.Order != "", "shared": w.Shared, "latency": w.Latency != ContractLatencyConfig{}, "connections": w.Connections > 1 && !w.Ping,
	} {
		if given && len(names) == 0 {
			c.fault(below(name), "%q does nothing without expect", name)
		}
	}
	for name, given := range map[string]bool{"name": w.Name != "", "quiet": w.Quiet != ""} {
		if given && len(names)+len(w.Never) == 0 {
			c.fault(below(name), "%q does nothing without expect or never", name)
		}
	}
	if w.Ramp != "" && w.Users < 2 {
		c.fault(below("ramp"), "\"ramp\" does nothing for one user")
	}
	if r := w.Reconnect; r != nil && r.After != "" && !slices.Contains(names, r.After) {
		c.fault(below("reconnect", "after"), "%q is none of the expected events", r.After)
	} else if r != nil && r.Last != "" && (r.After == "" || !strings.Contains(w.URL, "{last}")) {
		c.fault(below("reconnect", "last"), "\"last\" does nothing without after, and {last} in the url")
	}
}

func (c *configuration) validateToken(key string, t TokenConfig, users int) {
	ways := 0
	for _, given := range []bool{t.Login != nil, t.Issuer != "", len(t.Variables) > 0} {
		if given {
			ways++
		}
	}
	switch {
	case ways != 1:
		c.fault(key, "a token comes from one of login, issuer and variables")
	case t.Path != "" && t.Login == nil:
		c.fault(key+"\x1fpath", "\"path\" does nothing without login")
	case t.Claims != "" && t.Issuer == "":
		c.fault(key+"\x1fclaims", "\"claims\" does nothing without issuer")
	case t.Claims != "" && !isObject(t.Claims):
		c.fault(key+"\x1fclaims", "%q is no JSON object, such as {\"sub\": \"{user}\"}", t.Claims)
	case len(t.Variables) > 1 && len(t.Variables) != max(1, users):
		c.fault(key+"\x1fvariables", "%d tokens for %s: name one for all, or one for each", len(t.Variables), counted(max(1, users), "user"))
	}
	if t.Login != nil {
		c.validateRequest(key+"\x1flogin", *t.Login)
	}
	for i, name := range t.Variables {
		if name == "" || strings.ContainsAny(name, "=${}\x00") {
			c.fault(key+"\x1fvariables\x1f"+strconv.Itoa(i), "%q can't be the name of a variable", name)
		}
	}
}

func (c *configuration) validateRequest(key string, r RequestConfig) {
	if r.URL == "" {
		c.fault(key, "the request has no url")
	}
	if strings.ContainsFunc(r.Method, func(x rune) bool { return (x|0x20) < 'a' || (x|0x20) > 'z' }) {
		c.fault(key+"\x1fmethod", "%q is no method, such as GET or POST", r.Method)
	}
}

func (c *configuration) validateRefusals(key string, w WebSocketConfig) {
	seen := map[string]bool{}
	for i, r := range w.Refuse {
		place := key + "\x1f" + strconv.Itoa(i)
		switch {
		case r.Name == "" || strings.Contains(r.Name, "::"):
			c.fault(place, "the connect needs a name that says what is wrong with it, without \"::\"")
		case seen[r.Name]:
			c.fault(place, "%q stands here twice", r.Name)
		}
		seen[r.Name] = true
		if r.Status == 0 && r.Close == 0 {
			c.fault(place, "say how it must be refused: status: 401, or close: 4401")
		}
		if r.Status != 0 && (r.Status < 300 || r.Status > 599) {
			c.fault(place+"\x1fstatus", "%d is no status of a refusal: write 300 to 599", r.Status)
		}
		if r.Close != 0 && (r.Close < 1000 || r.Close > 4999) {
			c.fault(place+"\x1fclose", "%d is no close code: write 1000 to 4999", r.Close)
		}
		issuer := w.Token != nil && w.Token.Issuer != ""
		switch {
		case r.Claims != "" && !issuer:
			c.fault(place+"\x1fclaims", "\"claims\" does nothing without token's issuer")
		case r.Claims != "" && !isObject(r.Claims):
			c.fault(place+"\x1fclaims", "%q is no JSON object, such as {\"exp\": 1}", r.Claims)
		case r.Claims != "" && r.Token != "":
			c.fault(place+"\x1ftoken", "token and claims are two tokens: leave one out")
		case r.Revoke != nil && (w.Token == nil || r.Token == noToken):
			c.fault(place+"\x1frevoke", "there is no token to revoke")
		}
		if r.Revoke != nil {
			c.validateRequest(place+"\x1frevoke", *r.Revoke)
		}
	}
}
