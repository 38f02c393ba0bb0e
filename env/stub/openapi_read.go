package stub

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxOpenAPI bounds a file, in bytes.
const maxOpenAPI = 32 << 20

// documents reads OpenAPI 3 files, JSON or YAML, each once as long as it does not change: a long one in YAML takes seconds.
type documents struct {
	root string
	mu   sync.Mutex
	kept map[string]document
}

// document is a file that was read, and what told it from its next version.
type document struct {
	api      *openAPI
	size     int64
	modified time.Time
}

// read reads a file that lies below the root.
func (d *documents) read(file string) (*openAPI, error) {
	if !filepath.IsLocal(filepath.FromSlash(file)) {
		return nil, fmt.Errorf("the file %q lies outside the project: give its path relative to the root", file)
	}
	full := filepath.Join(d.root, filepath.FromSlash(file))
	info, err := os.Stat(full)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, errors.Unwrap(err))
	}
	if info.Size() > maxOpenAPI {
		return nil, fmt.Errorf("%s has %d bytes, more than the %d that a stub reads", file, info.Size(), maxOpenAPI)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if k := d.kept[file]; k.api != nil && k.size == info.Size() && k.modified.Equal(info.ModTime()) {
		return k.api, nil
	}
	text, err := os.ReadFile(full)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	api, err := parseOpenAPI(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	api.file = file
	if d.kept == nil {
		d.kept = map[string]document{}
	}
	d.kept[file] = document{api, info.Size(), info.ModTime()}
	return api, nil
}

// parseOpenAPI reads the text of an OpenAPI 3 document.
func parseOpenAPI(text []byte) (*openAPI, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	root, err := parseDocument(text)
	if err != nil {
		return nil, err
	}
	top, ok := root.(map[string]any)
	if !ok {
		return nil, errors.New("it is no OpenAPI document: expected an object with openapi and paths")
	}
	switch version := fmt.Sprint(top["openapi"]); {
	case top["swagger"] != nil:
		return nil, fmt.Errorf("it is written in Swagger %v, and a stub reads OpenAPI 3: convert it", top["swagger"])
	case version != "3" && !strings.HasPrefix(version, "3."):
		return nil, errors.New("it is no OpenAPI 3 document: \"openapi\" must begin with 3")
	}
	api := &openAPI{document: top}
	return api, api.read()
}

// parseDocument reads JSON where the text begins as JSON does, else YAML.
func parseDocument(text []byte) (any, error) {
	if trimmed := bytes.TrimSpace(text); len(trimmed) > 0 && trimmed[0] == '{' {
		d := json.NewDecoder(bytes.NewReader(trimmed))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err == nil && !d.More() {
			return v, nil
		}
		// It may still be YAML, in braces. If it is neither, YAML's message has a line.
	}
	return parseYAML(text)
}

// methodsOf are the operations of a path, as OpenAPI names them.
func methodsOf() []string {
	return []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}
}

// read makes the table of operations: each at its path, with and without what the servers' addresses put before it.
func (a *openAPI) read() error {
	paths, _ := a.document["paths"].(map[string]any)
	if len(paths) == 0 {
		return errors.New("it has no paths, so there is nothing to answer")
	}
	prefixes := a.prefixes()
	for _, path := range sortedKeys(paths) {
		if strings.HasPrefix(path, "x-") {
			continue
		}
		item, err := a.object(paths[path])
		if err != nil {
			return fmt.Errorf("paths, %s: %w", path, err)
		}
		for _, method := range methodsOf() {
			if item[method] == nil {
				continue
			}
			op := &operation{name: strings.ToUpper(method) + " " + path}
			if op.responses, err = a.responses(item[method]); err != nil {
				return fmt.Errorf("paths, %s, %s: %w", path, method, err)
			}
			for _, prefix := range prefixes {
				p, err := readPattern(prefix + path)
				if err != nil {
					return fmt.Errorf("paths: %w", err)
				}
				if err := a.operations.add(strings.ToUpper(method), p, op); err != nil {
					return fmt.Errorf("paths: %w", err)
				}
			}
			a.all = append(a.all, op)
		}
	}
	if len(a.all) == 0 {
		return errors.New("its paths have no operations, so there is nothing to answer")
	}
	return nil
}

func (a *openAPI) responses(op any) (map[string]any, error) {
	o, err := a.object(op)
	if err != nil {
		return nil, err
	}
	responses, ok := o["responses"].(map[string]any)
	if !ok {
		return nil, errors.New("it has no responses")
	}
	return responses, nil
}

// prefixes are the paths of the servers' addresses, "" first.
func (a *openAPI) prefixes() []string {
	out := []string{""}
	servers, _ := a.document["servers"].([]any)
	for _, s := range servers {
		server, _ := s.(map[string]any)
		address, _ := server["url"].(string)
		variables, _ := server["variables"].(map[string]any)
		for _, name := range sortedKeys(variables) {
			v, _ := variables[name].(map[string]any)
			address = strings.ReplaceAll(address, "{"+name+"}", fmt.Sprint(v["default"]))
		}
		u, err := url.Parse(address)
		if err != nil {
			continue
		}
		prefix := strings.TrimSuffix(u.EscapedPath(), "/")
		if prefix != "" && prefix[0] == '/' && !strings.ContainsAny(prefix, "{}") && !slices.Contains(out, prefix) {
			out = append(out, prefix)
		}
	}
	return out
}

func sortedKeys(m map[string]any) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// object is a value that must be an object, behind its $ref.
func (a *openAPI) object(v any) (map[string]any, error) {
	for range 32 {
		o, ok := v.(map[string]any)
		if !ok {
			return nil, errors.New("expected an object")
		}
		ref, ok := o["$ref"].(string)
		if !ok {
			return o, nil
		}
		var err error
		if v, err = a.resolve(ref); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("its $ref leads in a circle")
}

// resolve finds what a $ref points to, in the same document.
func (a *openAPI) resolve(ref string) (any, error) {
	pointer, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil, fmt.Errorf("$ref %s leads out of the file: put all into one file (redocly bundle, swagger-cli bundle)", ref)
	}
	if plain, err := url.PathUnescape(pointer); err == nil {
		pointer = plain
	}
	var v any = a.document
	for each := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		o, _ := v.(map[string]any)
		next, ok := o[strings.NewReplacer("~1", "/", "~0", "~").Replace(each)]
		if !ok {
			return nil, fmt.Errorf("$ref %s points to nothing", ref)
		}
		v = next
	}
	return v, nil
}
