package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"testrunner/report/event"
)

// check finds node, and the tool's own script in the nearest node_modules that has the tool, from the target's folder up.
// packages are the npm packages that bring it, the usual one first.
func (h jsHook) check(ctx context.Context, t Target, host Host, packages ...string) Found {
	found := Node{}.Check(ctx, t, host)
	for _, f := range found.Findings {
		if f.Status == event.Fail {
			return found
		}
	}
	dirs := jsDirsUp(t)
	for _, dir := range dirs {
		for _, name := range packages {
			if script, version := jsScript(host, filepath.Join(dir, "node_modules", filepath.FromSlash(name)), h.tool); script != "" {
				found.Program = h.program(found.Program, script, version)
				return found
			}
		}
	}
	found.Findings = append(found.Findings, h.missing(t, host, packages[0]))
	return found
}

// jsDirsUp lists the target's folder and all above it, absolute: node looks for modules beyond the root, too.
func jsDirsUp(t Target) []string {
	out := nodeDirsUp(t)
	for dir := out[len(out)-1]; filepath.Dir(dir) != dir; {
		dir = filepath.Dir(dir)
		out = append(out, dir)
	}
	return out
}

// jsScript is the program of a package, by the "bin" of its package.json, and its version; "" where it has none of that name.
func jsScript(host Host, home, name string) (script, version string) {
	if !host.Exists(filepath.Join(home, "package.json")) {
		return "", ""
	}
	text, err := os.ReadFile(filepath.Join(home, "package.json"))
	if err != nil {
		return "", ""
	}
	var manifest struct {
		Version string          `json:"version"`
		Bin     json.RawMessage `json:"bin"`
	}
	if json.Unmarshal(text, &manifest) != nil {
		return "", ""
	}
	var one string
	many := map[string]string{}
	if json.Unmarshal(manifest.Bin, &one) != nil && json.Unmarshal(manifest.Bin, &many) == nil {
		one = many[name]
	}
	if one == "" {
		return "", ""
	}
	script = filepath.Join(home, filepath.FromSlash(path.Clean(one)))
	if !host.Exists(script) {
		return "", ""
	}
	// npx and npm start it by its link, and tests may see that in their arguments.
	link := filepath.Join(home, "..", ".bin", name)
	if strings.HasPrefix(filepath.Base(filepath.Dir(home)), "@") {
		link = filepath.Join(home, "..", "..", ".bin", name)
	}
	if to, err := filepath.EvalSymlinks(link); err == nil {
		if from, err := filepath.EvalSymlinks(script); err == nil && from == to {
			return link, manifest.Version
		}
	}
	return script, manifest.Version
}

// missing tells that a tool is not installed, with the one command that installs it: what the lock file says where the
// package names the tool, else the tool itself.
func (h jsHook) missing(t Target, host Host, name string) event.Finding {
	f := event.Finding{
		ID: "tool." + h.tool + ".missing", Status: event.Fail, Value: t.Dir,
		Detail: fmt.Sprintf("%s is in no node_modules of %s or above", name, path.Join(t.Dir, "package.json")),
	}
	dirs := nodeDirsUp(t)
	for at, dir := range dirs {
		text, err := os.ReadFile(filepath.Join(dir, "package.json"))
		if err != nil {
			continue
		}
		p := &jsPackage{Scripts: map[string]string{}}
		if p.read(text); p.Err != nil {
			break
		}
		if host.Exists(filepath.Join(dir, ".pnp.cjs")) {
			f.Detail += " (Yarn Plug'n'Play, which runner can't resolve: nodeLinker: node-modules in .yarnrc.yml)"
			return f
		}
		f.Remedy = nodeInstallCommand(t, host, dirs, at, p)
		for _, dep := range p.Deps {
			if dep == name {
				return f
			}
		}
	}
	f.Remedy = jsInPackage(t.Dir, "npm install --save-dev "+name)
	return f
}

// jsInPackage makes a command of npm's one for a folder.
func jsInPackage(dir, command string) string {
	if dir = path.Clean(dir); dir == "." {
		return command
	}
	return "npm --prefix " + event.ShellQuote(dir) + command[len("npm"):]
}
