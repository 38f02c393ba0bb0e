package stub

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// openAPI answers the operations of an OpenAPI 3 document with its examples. Requests are held against paths and methods only: what
// they carry is not checked against the schemas.
type openAPI struct {
	file       string
	document   map[string]any
	operations table[*operation]
	all        []*operation
}

// operation is one method of one path.
type operation struct {
	name      string // "GET /users/{id}"
	responses map[string]any
}

// example is an answer that is ready to be sent.
type example struct {
	status  int
	headers map[string]string
	body    []byte // nil: none
}

// notes names the operations that the document gives no answer for.
func (a *openAPI) notes() []string {
	var out []string
	for _, op := range a.all {
		if _, err := a.example(op, preference{}); err != nil {
			out = append(out, fmt.Sprintf("%s: the stub will not answer %s: %v", a.file, op.name, err))
		}
	}
	return out
}

// answer answers a request that the document knows, and says whether it did. Where the document does not say what to answer, why does.
func (a *openAPI) answer(w http.ResponseWriter, r *http.Request) (why string, done bool) {
	op, _, ok := a.operations.find(r.Method, r.URL.EscapedPath())
	if !ok {
		return "", false
	}
	e, err := a.example(op, preferred(r.Header.Values("Prefer")))
	if err != nil {
		return fmt.Sprintf(": %s has %s without an answer: %v", a.file, op.name, err), false
	}
	for name, value := range e.headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(e.status)
	_, _ = w.Write(e.body)
	return "", true
}

// preference is what a request says of the answer that it wants: "Prefer: code=404, example=missing" (RFC 7240).
type preference struct{ code, example string }

func preferred(headers []string) preference {
	var p preference
	for each := range strings.FieldsFuncSeq(strings.Join(headers, ","), func(r rune) bool { return r == ',' || r == ';' }) {
		key, value, _ := strings.Cut(strings.TrimSpace(each), "=")
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "code":
			p.code = value
		case "example":
			p.example = value
		}
	}
	return p
}

// example is the answer of an operation: the wanted response, else its first success, else its default one, else its first.
func (a *openAPI) example(op *operation, p preference) (example, error) {
	code, err := choose(op.responses, p.code)
	if err != nil {
		return example{}, err
	}
	response, err := a.object(op.responses[code])
	if err != nil {
		return example{}, fmt.Errorf("response %s: %w", code, err)
	}
	e := example{status: statusOf(code, p.code), headers: map[string]string{}}
	if err := a.headers(response, e.headers); err != nil {
		return example{}, fmt.Errorf("response %s: %w", code, err)
	}
	content, _ := response["content"].(map[string]any)
	if len(content) == 0 || e.status == http.StatusNoContent || e.status == http.StatusNotModified {
		if p.example != "" {
			return example{}, fmt.Errorf("response %s has no example %q", code, p.example)
		}
		return e, nil
	}
	kind := mediaType(content)
	media, err := a.object(content[kind])
	if err == nil {
		e.body, err = a.body(kind, media, p.example)
	}
	if err != nil {
		return example{}, fmt.Errorf("response %s, %s: %w", code, kind, err)
	}
	if !strings.Contains(kind, "*") {
		e.headers["Content-Type"] = kind
	}
	return e, nil
}

// choose chooses a response by its code.
func choose(responses map[string]any, wanted string) (string, error) {
	codes := slices.DeleteFunc(sortedKeys(responses), func(c string) bool { return strings.HasPrefix(c, "x-") })
	if wanted != "" {
		if n, err := strconv.Atoi(wanted); err != nil || n < 200 || n > 599 {
			return "", fmt.Errorf("the wanted code %q is none", wanted)
		}
		for _, c := range []string{wanted, wanted[:1] + "XX", "default"} {
			if slices.Contains(codes, c) {
				return c, nil
			}
		}
		return "", fmt.Errorf("it has no response %s", wanted)
	}
	for _, c := range codes {
		if strings.HasPrefix(c, "2") {
			return c, nil
		}
	}
	switch {
	case slices.Contains(codes, "default"):
		return "default", nil
	case len(codes) > 0:
		return codes[0], nil
	}
	return "", errors.New("it has no responses")
}

// statusOf is the status of a response's code: "201", "4XX", "default".
func statusOf(code, wanted string) int {
	if n, err := strconv.Atoi(wanted); err == nil {
		return n
	}
	n, err := strconv.Atoi(strings.ReplaceAll(strings.ToUpper(code), "X", "0"))
	if err != nil || n < 200 || n > 599 {
		return http.StatusOK
	}
	return n
}

// mediaType chooses JSON where there is some, else the first by name.
func mediaType(content map[string]any) string {
	kinds := sortedKeys(content)
	for _, k := range kinds {
		if isJSON(k) {
			return k
		}
	}
	return kinds[0]
}

func isJSON(kind string) bool {
	base, _, _ := strings.Cut(strings.ToLower(kind), ";")
	base = strings.TrimSpace(base)
	return base == "application/json" || strings.HasSuffix(base, "+json") || base == "*/*" || base == "application/*"
}

// headers puts those headers of a response in that have an example or a schema.
func (a *openAPI) headers(response map[string]any, into map[string]string) error {
	headers, _ := response["headers"].(map[string]any)
	for _, name := range sortedKeys(headers) {
		h, err := a.object(headers[name])
		if err != nil {
			return fmt.Errorf("header %s: %w", name, err)
		}
		v, err := a.value(h, "")
		if err != nil {
			continue // a header that nothing is said of is not sent
		}
		text, err := plainText(v)
		if err != nil || checkHeaders(map[string]string{name: text}) != nil {
			continue
		}
		into[name] = text
	}
	return nil
}

// body is the example of a media type, as it is sent.
func (a *openAPI) body(kind string, media map[string]any, named string) ([]byte, error) {
	v, err := a.value(media, named)
	if err != nil {
		return nil, err
	}
	if text, ok := v.(string); ok && !isJSON(kind) {
		return []byte(text), nil
	}
	if !isJSON(kind) && !strings.HasPrefix(kind, "text/plain") {
		return nil, errors.New("an example of anything but JSON must be a text")
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write its example: %w", err)
	}
	return append(text, '\n'), nil
}

// plainText is a value as a header holds it.
func plainText(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return headerText(v), nil
	case nil, map[string]any, []any:
		return "", errors.New("no plain value")
	}
	return fmt.Sprint(v), nil
}
