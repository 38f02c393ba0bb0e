package categories

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"testrunner/report/event"
	"testrunner/runner/tool"
)

// What the configuration says of one service, as far as it can be judged without the compose file.

func (c *configuration) validateService(name string, s ServiceConfig, tree tool.Tree) {
	key := at("services", name)
	if !serviceName.MatchString(name) {
		c.fault(key, "a service's name holds letters, digits, dots, hyphens and underlines alone")
	}
	c.validateReady(key+"\x1fready", s.Ready)
	for _, variable := range sorted(s.Env) {
		c.validateVariable(at("services", name, "env", variable), variable)
		c.validatePlaceholders(at("services", name, "env", variable), string(s.Env[variable]), "{url}", "{host}", "{port}", "{database}")
	}
	c.validateLatency(key+"\x1flatency", name, s.Latency)
	c.validateCommand(key+"\x1flocal", s.Local, "{host}", "{port}")
	c.validateCommand(key+"\x1fbefore", s.Before, "{url}", "{host}", "{port}", "{database}")
	if s.Stub != nil {
		c.validateStub(key+"\x1fstub", name, *s.Stub, tree)
	}
}

// validateLatency checks the bounds of a service that an environment of staging has an address of: no other is measured.
func (c *configuration) validateLatency(key, name string, l LatencyConfig) {
	if _, given := c.places[key]; !given {
		return
	}
	c.validateTimeout(key+"\x1fwarn", l.Warn)
	c.validateTimeout(key+"\x1ffail", l.Fail)
	switch warn, fail := lasting(l.Warn), lasting(l.Fail); {
	case l == LatencyConfig{}:
		c.fault(key, "it says nothing: write warn, fail, or both")
	case warn > 0 && fail > 0 && fail <= warn:
		c.fault(key+"\x1ffail", "fail must be more than warn, else nothing would ever be warned of")
	}
	for environment, e := range c.Environments {
		if _, ok := e.Addresses[name]; ok && modeOf(environment, e) == event.Staging {
			return
		}
	}
	c.fault(key, "latency does nothing here: it is staging's that is measured, and no environment of that mode has an address of %s", name)
}

// validateCommand checks a command that need not be there.
func (c *configuration) validateCommand(key string, command Command, placeholders ...string) {
	if command != nil && len(command) == 0 {
		c.fault(key, "the command is empty: name a program, or leave it out")
	}
	for _, word := range command {
		c.validatePlaceholders(key, word, placeholders...)
	}
}

func (c *configuration) validateReady(key string, r ReadyConfig) {
	if _, given := c.places[key]; given && r.Path == "" && r.Log == "" && len(r.Command) == 0 && r.Within == "" {
		c.fault(key, "it says nothing: write a path such as /healthz, or path, log, command or within")
	}
	if rest, ok := strings.CutPrefix(r.Path, "grpc:"); ok {
		if strings.ContainsAny(rest, " \t\n/") {
			c.fault(key+"\x1fpath", "%q is no name of a gRPC service: write \"grpc:\", or \"grpc:the.Service\"", rest)
		}
	} else {
		c.validatePath(key+"\x1fpath", strings.TrimPrefix(r.Path, "ws:"))
	}
	if _, err := regexp.Compile(r.Log); err != nil {
		c.fault(key+"\x1flog", "%q is no regular expression: %v", r.Log, err)
	}
	c.validateCommand(key+"\x1fcommand", r.Command, "{url}", "{host}", "{port}", "{database}")
	c.validateTimeout(key+"\x1fwithin", r.Within)
}

// validatePath checks the path of a URL that need not be there.
func (c *configuration) validatePath(key, path string) {
	if path != "" && (!strings.HasPrefix(path, "/") || strings.ContainsAny(path, " \t\n")) {
		c.fault(key, "%q is no path of a URL: write it as /healthz", path)
	}
}

func (c *configuration) validateStub(key, service string, s StubConfig, tree tool.Tree) {
	if len(s.Routes) == 0 && s.OpenAPI == "" && s.JWT == nil && s.WebSocket == nil {
		c.fault(key, "it says nothing: give it routes, openapi, jwt or websocket")
	}
	if !c.stubbed(service) {
		c.fault(key, "\"stub\" does nothing: no category or suite lists %s under stubs", service)
	}
	if s.OpenAPI != "" {
		c.validateFiles(key+"\x1fopenapi", []string{s.OpenAPI}, tree)
	}
	for i, r := range s.Routes {
		c.validateRoute(key+"\x1froutes\x1f"+strconv.Itoa(i), r, s.Routes[:i])
	}
	if j := s.JWT; j != nil {
		if u, err := url.Parse(j.Issuer); j.Issuer != "" && (err != nil || u.Scheme == "" || u.Host == "") {
			c.fault(key+"\x1fjwt\x1fissuer", "%q is no URL, such as https://auth.example.com", j.Issuer)
		}
		c.validateTimeout(key+"\x1fjwt\x1flifetime", j.Lifetime)
	}
	if s.WebSocket != nil {
		c.validateScript(key+"\x1fwebsocket", *s.WebSocket)
	}
}

// stubbed says whether anybody takes a stub of the service.
func (c *configuration) stubbed(service string) bool {
	for _, each := range c.Categories {
		if slices.Contains(each.Stubs, service) {
			return true
		}
	}
	for _, each := range c.Suites {
		if slices.Contains(each.Stubs, service) {
			return true
		}
	}
	return false
}

// methods are those that a route may have.
func methods() []string {
	return []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}
}

// segment is what stands for one part of a route's path.
var segment = regexp.MustCompile(`\{[^/{}]*\}`)

func (c *configuration) validateRoute(key string, r RouteConfig, before []RouteConfig) {
	if r.Path == "" {
		c.fault(key, "the route has no path: write one, such as /users/{id}")
	}
	c.validatePath(key+"\x1fpath", r.Path)
	if r.Method != "" && !slices.Contains(methods(), strings.ToUpper(r.Method)) {
		c.fault(key+"\x1fmethod", "%q is none of %s%s", r.Method, strings.Join(methods(), ", "), orNearest(strings.ToUpper(r.Method), methods()))
	}
	if _, given := c.places[key+"\x1fstatus"]; given && (r.Status < 200 || r.Status > 599) {
		c.fault(key+"\x1fstatus", "%d is no status of an answer: 200 to 599", r.Status)
	}
	if slices.ContainsFunc(before, func(b RouteConfig) bool { return b.sign() == r.sign() }) {
		c.fault(key, "%s stands here twice", r.sign()[0]+" "+r.sign()[1])
	}
	for _, name := range sorted(r.Headers) {
		if name == "" || strings.ContainsAny(name, " \t\r\n:") || strings.ContainsAny(string(r.Headers[name]), "\r\n") {
			c.fault(key+"\x1fheaders\x1f"+name, "%q is no header: a name without blanks and colons, and a value of one line", name)
		}
	}
}

// sign is what a route is known by: its method, and its path without the names of its segments.
func (r RouteConfig) sign() [2]string {
	method := strings.ToUpper(r.Method)
	if method == "" {
		method = http.MethodGet
	}
	return [2]string{method, segment.ReplaceAllString(r.Path, "{}")}
}

func (c *configuration) validateScript(key string, s ScriptConfig) {
	if s.Path == "" {
		c.fault(key, "the script has no path: write the one at which it upgrades, such as /ws")
	}
	c.validatePath(key+"\x1fpath", s.Path)
	if len(s.Messages) == 0 {
		c.fault(key, "there are no messages: say what is expected and sent")
	}
	for i, m := range s.Messages {
		step := key + "\x1fmessages\x1f" + strconv.Itoa(i)
		switch {
		case m.Expect == "" && m.Send == "":
			c.fault(step, "the step does nothing: write expect or send")
		case m.After != "" && m.Send == "":
			c.fault(step+"\x1fafter", "\"after\" does nothing: the step sends nothing")
		}
		c.validateTimeout(step+"\x1fafter", m.After)
	}
}
