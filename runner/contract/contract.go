// Package contract holds what a WebSocket promises its users, and finds out whether it keeps it: who may connect and who is
// refused, which events come, in which order, how fast, and to whom alone.
//
// Contract says what is promised. Run talks to the server, Judge decides from what came, and nothing else does both. The package
// knows no suites, modes or reports.
package contract

import (
	"slices"
	"strings"
	"time"
)

// The defaults of a contract.
const (
	DefaultName   = "type"
	DefaultWithin = 10 * time.Second
	DefaultQuiet  = 250 * time.Millisecond
)

// Contract is what is promised. In its texts stand ${VARIABLE} for a variable's value, and of each user {user} for a name that no
// other has, {n} for its number from 1, {run} for a word of this run alone, {sub} for the subject of its token, {token}, and {last} for the last
// event that it has got before its connection broke off ("" before).
type Contract struct {
	URL       string            `json:"url"` // ws, wss, http or https
	Headers   map[string]string `json:"headers,omitempty"`
	Protocols []string          `json:"protocols,omitempty"` // subprotocols to offer
	Token     Token             `json:"token"`

	Users       int           `json:"users"`       // at once; 0 is 1
	Connections int           `json:"connections"` // of each user; 0 is 1. All get the user's events; messages go over the first
	Ramp        time.Duration `json:"ramp"`        // over which the users come; 0 is all at once

	Send    []string      `json:"send,omitempty"`   // messages of each user, in this order
	Expect  []Event       `json:"expect,omitempty"` // what comes then
	Name    string        `json:"name"`             // JSON path of an event's name; "" is DefaultName
	Owner   Owner         `json:"owner"`            // whose an event is
	Loose   bool          `json:"loose"`            // events may come in any order
	Never   []string      `json:"never,omitempty"`  // names of events that must not come
	Shared  bool          `json:"shared"`           // what is sent to one user, others may get: a room
	Within  time.Duration `json:"within"`           // for each answer, and from the last message to the last event; 0 is DefaultWithin
	Quiet   time.Duration `json:"quiet"`            // to listen on for what must not come; 0 is DefaultQuiet
	Ping    bool          `json:"ping"`
	Latency Latency       `json:"latency"`

	Reconnect *Reconnect `json:"reconnect,omitempty"`
	Refuse    []Refusal  `json:"refuse,omitempty"`
}

// Token says how each user gets a token. Nothing of it set is none.
type Token struct {
	Login  *Login   `json:"login,omitempty"`
	Values []string `json:"values,omitempty"` // as texts: one for all users, or one a user
}

// Login is a request whose answer holds a token.
type Login struct {
	Request
	Path string `json:"path"` // JSON path of the token in the answer; "" is access_token
}

// Request is an HTTP request.
type Request struct {
	URL     string            `json:"url"`
	Method  string            `json:"method"` // "" is POST
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body"` // what is JSON is sent as application/json
}

// Event is one that is expected.
type Event struct {
	Name  string `json:"name"`
	Count int    `json:"count"` // how often in a row; 0 is once
}

// Owner says whose an event is.
type Owner struct {
	Path string `json:"path"` // JSON path; "" looks for another user's {user} in every text of the event
	Is   string `json:"is"`   // what stands there in a user's own events; "" is {user}
}

// Latency are thresholds of the 99th percentile of the time from the first message to the last event. 0 is none.
type Latency struct {
	Warn time.Duration `json:"warn"`
	Fail time.Duration `json:"fail"`
}

// Reconnect is a connection that breaks off, and another one that takes its place.
type Reconnect struct {
	After string `json:"after"` // the event after which it breaks off, and the rest comes to the new one; "" is before the first message
	Last  string `json:"last"`  // JSON path of what {last} is; "" is id
}

// Refusal is a connect that must be refused.
type Refusal struct {
	Name   string            `json:"name"`
	Bare   bool              `json:"bare"`  // with no token
	Value  string            `json:"value"` // with this token; "" is a good one
	Login  *Login            `json:"login,omitempty"`
	Revoke *Request          `json:"revoke,omitempty"` // sent before, with {token}
	Header map[string]string `json:"headers,omitempty"`
	Status int               `json:"status"` // the HTTP status that must come; 0 is none
	Close  int               `json:"close"`  // the close code that must come; 0 is none
}

// The cases of a contract, beside one for each refusal: Refused and its name.
const (
	CaseConnect   = "connect"
	CasePing      = "ping"
	CaseOrder     = "order"
	CaseDelivery  = "delivery"
	CaseLatency   = "latency"
	CaseIsolation = "isolation"
	CaseNever     = "never"
	CaseReconnect = "reconnect"
	Refused       = "refused: "
)

// Cases are the names of what is judged, in their order.
func (c Contract) Cases() []string {
	out := []string{CaseConnect}
	add := func(when bool, names ...string) {
		if when {
			out = append(out, names...)
		}
	}
	add(c.Ping, CasePing)
	add(len(c.Expect) > 0, CaseDelivery)
	add(len(c.Expect) > 0 && !c.Loose, CaseOrder)
	add(len(c.Expect) > 0, CaseLatency)
	add(c.isolates(), CaseIsolation)
	add(len(c.Never) > 0, CaseNever)
	add(c.Reconnect != nil, CaseReconnect)
	for _, r := range c.Refuse {
		out = append(out, Refused+r.Name)
	}
	return out
}

// isolates says whether users can be told apart: each is somebody else to the server, or none needs a token and there are several.
func (c Contract) isolates() bool {
	return len(c.Expect) > 0 && !c.shared() && (c.Token.Login.apart() || c.users() > 1)
}

// shared says whether the events of one user may come to others: they are in a room, or all one and the same to the server.
func (c Contract) shared() bool {
	one := len(c.Token.Values) == 1 || c.Token.Login != nil && !c.Token.Login.apart()
	return c.Shared || one && c.users() > 1
}

// bystander says whether one more user connects, who sends nothing and must get nothing. There is none without a token for it.
func (c Contract) bystander() bool {
	return c.isolates() && c.Token.Login.apart() && len(c.Send) > 0
}

// apart says whether the login gives each user a token of its own.
func (l *Login) apart() bool {
	if l == nil {
		return false
	}
	texts := []string{l.URL, l.Body}
	for _, text := range l.Headers {
		texts = append(texts, text)
	}
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, "{user}") || strings.Contains(text, "{n}") })
}

func (c Contract) users() int       { return max(1, c.Users) }
func (c Contract) connections() int { return max(1, c.Connections) }

func (c Contract) within() time.Duration {
	if c.Within > 0 {
		return c.Within
	}
	return DefaultWithin
}

func (c Contract) quiet() time.Duration {
	if c.Quiet > 0 {
		return c.Quiet
	}
	return DefaultQuiet
}

func (c Contract) name() string {
	if c.Name == "" {
		return DefaultName
	}
	return c.Name
}

// expected is the sequence of names, each as often as it must come.
func (c Contract) expected() []string {
	var out []string
	for _, e := range c.Expect {
		out = append(out, slices.Repeat([]string{e.Name}, max(1, e.Count))...)
	}
	return out
}
