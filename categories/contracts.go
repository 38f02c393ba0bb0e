package categories

import (
	"encoding/json"
	"maps"
	"strings"

	"testrunner/runner/contract"
)

// contractOf is what the configuration says of a WebSocket, in the words of the trial. It has been validated.
func contractOf(said WebSocketConfig) *contract.Contract {
	out := &contract.Contract{
		URL: said.URL, Headers: plainTexts(said.Headers), Protocols: texts(said.Protocols), Users: said.Users, Connections: said.Connections,
		Ramp: lasting(said.Ramp), Send: texts(said.Send), Name: said.Name, Loose: said.Order == "any", Never: texts(said.Never),
		Shared: said.Shared, Within: lasting(said.Within), Quiet: lasting(said.Quiet), Ping: said.Ping,
		Latency: contract.Latency{Warn: lasting(said.Latency.Warn), Fail: lasting(said.Latency.Fail)},
	}
	for _, e := range said.Expect {
		out.Expect = append(out.Expect, contract.Event{Name: e.Name, Count: e.Count})
	}
	if o := said.Owner; o != nil {
		out.Owner = contract.Owner{Path: o.Path, Is: o.Is}
	}
	if r := said.Reconnect; r != nil {
		out.Reconnect = &contract.Reconnect{After: r.After, Last: r.Last}
	}
	t := said.Token
	if t != nil {
		out.Token = contract.Token{Login: loginOf(*t, "")}
		for _, name := range t.Variables {
			out.Token.Values = append(out.Token.Values, "${"+name+"}")
		}
	}
	for _, r := range said.Refuse {
		refusal := contract.Refusal{Name: r.Name, Value: string(r.Token), Header: plainTexts(r.Headers), Status: r.Status, Close: r.Close}
		if r.Token == noToken {
			refusal.Bare, refusal.Value = true, ""
		}
		if r.Claims != "" {
			refusal.Login = loginOf(*t, r.Claims)
		}
		if r.Revoke != nil {
			request := requestOf(*r.Revoke)
			refusal.Revoke = &request
		}
		out.Refuse = append(out.Refuse, refusal)
	}
	return out
}

// noToken is the token of a refusal that has none.
const noToken = "none"

// ownClaims are the claims of an issuer's tokens where nobody says others.
const ownClaims = `{"sub": "{user}"}`

// loginOf is the request for a token, nil where there is none. claims are put over those of an issuer.
func loginOf(t TokenConfig, claims string) *contract.Login {
	switch {
	case t.Login != nil:
		return &contract.Login{Request: requestOf(*t.Login), Path: t.Path}
	case t.Issuer == "":
		return nil
	}
	own := t.Claims
	if own == "" {
		own = ownClaims
	}
	if claims != "" {
		own = overlaid(own, claims)
	}
	return &contract.Login{Request: contract.Request{URL: strings.TrimSuffix(t.Issuer, "/") + "/token", Body: own}}
}

// overlaid are the members of two JSON objects, those of the second before those of the first.
func overlaid(first, second string) string {
	all := map[string]json.RawMessage{}
	for _, text := range []string{first, second} {
		members := map[string]json.RawMessage{}
		if json.Unmarshal([]byte(text), &members) == nil {
			maps.Copy(all, members)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return first // both have been read, so this can't be
	}
	return string(text)
}

func requestOf(r RequestConfig) contract.Request {
	return contract.Request{URL: r.URL, Method: strings.ToUpper(r.Method), Headers: plainTexts(r.Headers), Body: string(r.Body)}
}

func plainTexts(in map[string]Text) map[string]string {
	if len(in) == 0 {
		return nil
	}
	out := map[string]string{}
	for name, text := range in {
		out[name] = string(text)
	}
	return out
}

// isObject says whether a text is a JSON object.
func isObject(text string) bool {
	var members map[string]json.RawMessage
	return json.Unmarshal([]byte(text), &members) == nil && members != nil
}
