package tool

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"testrunner/report/event"
)

// nodeOldest is the oldest major version whose stream of events the hook reads.
const nodeOldest = 20

// Check finds node (of the nearest node_modules, else the first on PATH), its version, and whether the package's
// dependencies are installed.
func (Node) Check(ctx context.Context, t Target, h Host) Found {
	var found Found
	dirs := nodeDirsUp(t)
	for _, dir := range dirs {
		for _, name := range []string{"node_modules/.bin/node", "node_modules/node/bin/node.exe"} {
			if file := filepath.Join(dir, filepath.FromSlash(name)); found.Program == "" && h.Exists(file) {
				found.Program = file
			}
		}
	}
	if found.Program == "" {
		if all := h.LookPath("node"); len(all) > 0 {
			found.Program = all[0]
		}
	}
	if found.Program == "" {
		found.Findings = append(found.Findings, event.Finding{
			ID: "tool.node.missing", Status: event.Fail, Detail: "node is not on PATH, and no node_modules has one", Remedy: "apt-get install nodejs",
		})
		return found
	}
	found.Findings = append(found.Findings, nodeVersion(ctx, t, h, found.Program)...)
	found.Findings = append(found.Findings, nodeInstalled(t, h, dirs)...)
	return found
}

// nodeDirsUp lists the target's folder and those above it up to the root, absolute.
func nodeDirsUp(t Target) []string {
	var out []string
	for dir := path.Clean(t.Dir); ; dir = path.Dir(dir) {
		out = append(out, filepath.Join(t.Root, filepath.FromSlash(dir)))
		if dir == "." || dir == "/" || strings.HasPrefix(dir, "..") {
			return out
		}
	}
}

func nodeVersion(ctx context.Context, t Target, h Host, program string) []event.Finding {
	said, err := h.Output(ctx, filepath.Join(t.Root, filepath.FromSlash(t.Dir)), program, "--version")
	f := event.Finding{ID: "tool.node.version", Status: event.Fail, Value: said, Threshold: fmt.Sprintf("v%d", nodeOldest)}
	if err != nil {
		f.Detail = fmt.Sprintf("%s does not start: %v", program, err)
		return []event.Finding{f}
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(said), "v"), ".")
	if n := nodeNumber(major); n >= nodeOldest {
		return nil
	}
	f.Detail = fmt.Sprintf("%s is %s: runner reads the tests of node %d and later", program, said, nodeOldest)
	f.Remedy = "npm install --save-dev node@22"
	return []event.Finding{f}
}

// nodeInstalled tells that a package has dependencies and that no installation is there: one finding with the command,
// instead of one collection error a file.
func nodeInstalled(t Target, h Host, dirs []string) []event.Finding {
	var p *jsPackage
	at := 0
	for i, dir := range dirs {
		text, err := os.ReadFile(filepath.Join(dir, "package.json"))
		if err != nil {
			continue
		}
		p, at = &jsPackage{Scripts: map[string]string{}}, i
		p.read(text)
		break
	}
	if p == nil || p.Err != nil || !p.Install {
		return nil
	}
	for _, dir := range dirs {
		for _, name := range []string{"node_modules", ".pnp.cjs", ".pnp.js"} {
			if h.Exists(filepath.Join(dir, name)) {
				return nil
			}
		}
	}
	label := path.Join(path.Clean(t.Dir), strings.Repeat("../", at), "package.json")
	return []event.Finding{{
		ID: "tool.node.not-installed", Status: event.Fail, Value: label,
		Detail: label + " has dependencies, and no node_modules lies beside or above it", Remedy: nodeInstallCommand(t, h, dirs, at, p),
	}}
}

// nodeInstallCommand is the command that installs: by the nearest lock file, else by packageManager, else npm.
func nodeInstallCommand(t Target, h Host, dirs []string, at int, p *jsPackage) string {
	locks := []struct{ file, manager string }{
		{"package-lock.json", "npm ci"}, {"npm-shrinkwrap.json", "npm ci"}, {"pnpm-lock.yaml", "pnpm install"},
		{"yarn.lock", "yarn install"}, {"bun.lock", "bun install"}, {"bun.lockb", "bun install"},
	}
	command, where := "", at
	for i := at; i < len(dirs) && command == ""; i++ {
		for _, lock := range locks {
			if h.Exists(filepath.Join(dirs[i], lock.file)) {
				command, where = lock.manager, i
				break
			}
		}
	}
	if command == "" {
		command = "npm install"
		switch name, _, _ := strings.Cut(p.Manager, "@"); name {
		case "pnpm", "yarn", "bun":
			command = name + " install"
		}
	}
	dir, err := filepath.Rel(t.Root, dirs[where])
	if err != nil || dir == "." {
		return command
	}
	dir = filepath.ToSlash(dir)
	program, verb, _ := strings.Cut(command, " ")
	flag := map[string]string{"npm": "--prefix", "pnpm": "--dir", "yarn": "--cwd", "bun": "--cwd"}[program]
	if strings.ContainsAny(dir, " '\"$") {
		dir = "'" + strings.ReplaceAll(dir, "'", `'\''`) + "'"
	}
	return fmt.Sprintf("%s %s %s %s", program, flag, dir, verb)
}
