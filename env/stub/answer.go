package stub

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"testrunner/env"
)

// readRoutes reads the routes of a configuration. The error names the first that can't be answered as it is written.
func readRoutes(routes []env.StubRoute) (*table[env.StubRoute], error) {
	t := &table[env.StubRoute]{}
	for i, r := range routes {
		p, err := readPattern(r.Path)
		if err == nil {
			r.Method, err = readMethod(r.Method)
		}
		if err == nil {
			r.Status, err = readStatus(r.Status, r.Body)
		}
		if err == nil {
			err = checkHeaders(r.Headers)
		}
		if err == nil {
			err = t.add(r.Method, p, r)
		}
		if err != nil {
			return nil, fmt.Errorf("routes, number %d: %w", i+1, err)
		}
	}
	return t, nil
}

// httpToken is what a method and a header's name look like.
var httpToken = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

// readMethod is the method in capitals; none is GET.
func readMethod(m string) (string, error) {
	switch {
	case m == "":
		return http.MethodGet, nil
	case !httpToken.MatchString(m):
		return "", fmt.Errorf("%q is no method; write GET, POST or the like", m)
	}
	return strings.ToUpper(m), nil
}

// readStatus is the status of an answer; 0 is 200.
func readStatus(status int, body string) (int, error) {
	switch {
	case status == 0:
		return http.StatusOK, nil
	case status < 200 || status > 599:
		return 0, fmt.Errorf("the status %d is none of an answer: write 200 to 599", status)
	case body != "" && (status == http.StatusNoContent || status == http.StatusNotModified):
		return 0, fmt.Errorf("an answer with the status %d has no body: leave one of them out", status)
	}
	return status, nil
}

func checkHeaders(headers map[string]string) error {
	for name, value := range headers {
		switch {
		case !httpToken.MatchString(name):
			return fmt.Errorf("%q is no name of a header", name)
		case slices.Contains([]string{"Content-Length", "Transfer-Encoding", "Connection"}, http.CanonicalHeaderKey(name)):
			return fmt.Errorf("the header %s follows from the answer: leave it out", name)
		case strings.ContainsAny(value, "\r\n\x00"):
			return fmt.Errorf("the header %s holds more than one line", name)
		}
	}
	return nil
}

// writeRoute sends a route's answer. The names of its path stand for what the request had in their places.
func writeRoute(w http.ResponseWriter, r env.StubRoute, values map[string]string) {
	body, isJSON := fill(r.Body, values)
	for name, value := range r.Headers {
		w.Header().Set(name, fillPlain(value, values, headerText))
	}
	if w.Header().Get("Content-Type") == "" && body != "" {
		w.Header().Set("Content-Type", contentType(isJSON))
	}
	w.WriteHeader(r.Status)
	_, _ = w.Write([]byte(body))
}

func contentType(isJSON bool) string {
	if isJSON {
		return "application/json"
	}
	return "text/plain; charset=utf-8"
}

// fill puts the values in, and says whether the result is JSON. A value can't break out of a text of JSON.
func fill(body string, values map[string]string) (string, bool) {
	if len(values) == 0 {
		return body, json.Valid([]byte(body))
	}
	if filled := fillPlain(body, values, jsonText); json.Valid([]byte(filled)) {
		return filled, true
	}
	return fillPlain(body, values, func(s string) string { return s }), false
}

func fillPlain(text string, values map[string]string, write func(string) string) string {
	var pairs []string
	for name, v := range values {
		pairs = append(pairs, "{"+name+"}", write(v))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// jsonText is a text as it stands between the quotes of JSON.
func jsonText(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	return string(b[1 : len(b)-1])
}

// headerText is a text without what would end a header.
func headerText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
