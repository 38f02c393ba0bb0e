package tool

import (
	"path"
	"slices"
	"strings"
)

// jsWord is one word of a script.
type jsWord struct {
	Text   string
	Quoted bool // the shell leaves its wildcards alone
}

// jsCommand is one simple command of a script, with wrappers taken off.
type jsCommand struct {
	Script string   // the innermost script that it stands in: "test:unit"
	Dir    string   // its working directory, relative to the package's ("cd web && …")
	Env    []string // NAME=VALUE
	Words  []jsWord
}

// head is the command's name without folders and endings: "node", "jest".
func (c jsCommand) head() string {
	if len(c.Words) == 0 {
		return ""
	}
	return jsBase(c.Words[0].Text)
}

func jsBase(word string) string {
	base := path.Base(strings.ReplaceAll(word, `\`, "/"))
	for _, end := range []string{".exe", ".cmd"} {
		base = strings.TrimSuffix(base, end)
	}
	return base
}

// jsDepth bounds how far scripts are followed into each other.
const jsDepth = 6

// jsCommands lists the simple commands of a script of the package, those of the scripts that it starts included.
// Scripts of other packages (workspaces) are not followed: each package is read for itself.
func jsCommands(p *jsPackage, script string) []jsCommand {
	return jsFollow(p, script, nil, nil)
}

func jsFollow(p *jsPackage, script string, env []string, chain []string) []jsCommand {
	if len(chain) >= jsDepth || slices.Contains(chain, script) {
		return nil
	}
	chain = append(slices.Clone(chain), script)
	var out []jsCommand
	dir := "."
	for _, words := range jsSplit(p.Scripts[script]) {
		c := jsUnwrap(words)
		c.Script, c.Dir = script, dir
		c.Env = append(slices.Clone(env), c.Env...)
		if len(c.Words) == 0 {
			continue
		}
		if c.head() == "cd" && len(c.Words) == 2 {
			dir = path.Join(dir, c.Words[1].Text)
			continue
		}
		c = jsManaged(p, c)
		names, extra, follows := jsStarts(p, c)
		if !follows {
			out = append(out, c)
			continue
		}
		if dir != "." { // another folder's package
			continue
		}
		for _, name := range names {
			inner := jsFollow(p, name, c.Env, chain)
			if n := len(inner); n > 0 && len(extra) > 0 { // npm puts what stands behind "--" at the script's end
				inner[n-1].Words = append(inner[n-1].Words, extra...)
			}
			out = append(out, inner...)
		}
	}
	return out
}

// jsStarts says which scripts of the package a command starts, and what it puts behind them. follows is true also where
// they are another package's: then there are none.
func jsStarts(p *jsPackage, c jsCommand) (names []string, extra []jsWord, follows bool) {
	words := c.Words[1:]
	dash := slices.IndexFunc(words, func(w jsWord) bool { return w.Text == "--" })
	if dash >= 0 {
		words, extra = words[:dash], words[dash+1:]
	}
	var plain []string
	elsewhere := false
	for i := 0; i < len(words); i++ {
		switch word := words[i].Text; {
		case slices.Contains([]string{"-w", "--workspace", "--prefix", "-C", "--dir", "--filter", "-F", "--cwd"}, word):
			elsewhere = true
			i++
		case slices.Contains([]string{"-ws", "--workspaces", "-r", "--recursive", "workspaces", "workspace"}, word),
			strings.HasPrefix(word, "--workspace="), strings.HasPrefix(word, "--prefix="), strings.HasPrefix(word, "--filter="):
			elsewhere = true
		case !strings.HasPrefix(word, "-"):
			plain = append(plain, word)
		}
	}
	switch head := c.head(); head {
	case "npm", "pnpm", "yarn", "bun":
		if len(plain) > 0 && (plain[0] == "run" || plain[0] == "run-script") {
			plain = plain[1:]
		} else if len(plain) > 0 && head == "npm" && (plain[0] == "t" || plain[0] == "tst") {
			plain[0] = "test"
		} else if head == "bun" && len(plain) > 0 && plain[0] == "test" {
			return nil, nil, false // bun's own test runner
		}
		if elsewhere {
			return nil, nil, true
		}
		if len(plain) > 0 && p.Scripts[plain[0]] != "" {
			return plain[:1], extra, true
		}
		return nil, nil, false
	case "npm-run-all", "npm-run-all2", "run-s", "run-p":
		for _, pattern := range plain {
			for _, name := range sortedKeys(p.Scripts) {
				if jsMatch(strings.ReplaceAll(pattern, ":", "/"), strings.ReplaceAll(name, ":", "/")) {
					names = append(names, name)
				}
			}
		}
		return names, nil, true
	case "node":
		if len(words) > 1 && words[0].Text == "--run" && p.Scripts[words[1].Text] != "" {
			return []string{words[1].Text}, extra, true
		}
	}
	return nil, nil, false
}

// jsSplit splits a script into simple commands: at && || ; | & and newlines, outside quotes. Redirections are left out.
func jsSplit(script string) [][]jsWord {
	var commands [][]jsWord
	var words []jsWord
	var word strings.Builder
	started, quoted, skip := false, false, false
	endWord := func() {
		if started && !skip {
			words = append(words, jsWord{word.String(), quoted})
		}
		if started {
			skip = false
		}
		word.Reset()
		started, quoted = false, false
	}
	endCommand := func() {
		endWord()
		if len(words) > 0 {
			commands = append(commands, words)
		}
		words, skip = nil, false
	}
	for i := 0; i < len(script); i++ {
		switch c := script[i]; c {
		case ' ', '\t', '\r':
			endWord()
		case '\n', ';', '|', '(', ')':
			endCommand()
		case '&':
			if started && strings.HasSuffix(word.String(), ">") { // 2>&1
				word.WriteByte(c)
				continue
			}
			endCommand()
		case '\'', '"':
			started, quoted = true, true
			for i++; i < len(script) && script[i] != c; i++ {
				if script[i] == '\\' && c == '"' && i+1 < len(script) && strings.IndexByte("\"\\$`", script[i+1]) >= 0 {
					i++
				}
				word.WriteByte(script[i])
			}
		case '\\':
			if i++; i < len(script) {
				started, quoted = true, true
				word.WriteByte(script[i])
			}
		case '>', '<':
			if strings.Trim(word.String(), "0123456789") != "" {
				endWord()
			}
			word.Reset()
			for i+1 < len(script) && strings.IndexByte("><&", script[i+1]) >= 0 {
				i++
			}
			started, skip = false, true
			if i+1 < len(script) && script[i] == '&' { // >&1: its target has no space before it
				for i+1 < len(script) && script[i+1] >= '0' && script[i+1] <= '9' {
					i++
				}
				skip = false
			}
		default:
			started = true
			word.WriteByte(c)
		}
	}
	endCommand()
	return commands
}

// jsUnwrap takes off what only surrounds a command: assignments, cross-env, npx, coverage tools, timers.
func jsUnwrap(words []jsWord) jsCommand {
	var c jsCommand
	for len(words) > 0 {
		text := words[0].Text
		if name, _, ok := strings.Cut(text, "="); ok && jsVariable(name) {
			c.Env = append(c.Env, text)
			words = words[1:]
			continue
		}
		n := jsWrapper(words)
		if n == 0 {
			break
		}
		words = words[n:]
	}
	c.Words = words
	return c
}

func jsVariable(name string) bool {
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	for _, r := range name {
		if r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return true
}

// jsWrapper is how many words at the front belong to a wrapper; 0 is none.
func jsWrapper(words []jsWord) int {
	second := ""
	if len(words) > 1 {
		second = words[1].Text
	}
	switch head := jsBase(words[0].Text); head {
	case "cross-env", "cross-env-shell", "env", "exec", "time", "command", "nice":
		return 1
	case "npx", "bunx", "pnpx":
		return jsOptions(words, 1, "-p", "--package")
	case "npm", "pnpm", "yarn":
		if second == "exec" || second == "dlx" {
			return jsOptions(words, 2, "-p", "--package", "-c")
		}
	case "c8", "nyc", "dotenv", "dotenvx", "env-cmd", "timeout", "xvfb-run", "wait-on", "start-server-and-test":
		// Their options take values in too many ways to be told apart: the command is the first word that is a program
		// known to run tests or to start one that does.
		for i, w := range words[1:] {
			if jsStarter(jsBase(w.Text)) {
				return i + 1
			}
		}
	}
	return 0
}

// jsOptions counts the words from a wrapper's name to the command: its options, with the value of those named.
func jsOptions(words []jsWord, from int, withValue ...string) int {
	for i := from; i < len(words); i++ {
		switch text := words[i].Text; {
		case text == "--":
			return i + 1
		case slices.Contains(withValue, text):
			i++
		case !strings.HasPrefix(text, "-"):
			return i
		}
	}
	return len(words)
}

func jsStarter(head string) bool {
	return head == "node" || head == "tsx" || head == "npm" || head == "npx" || head == "pnpm" || head == "yarn" || head == "cross-env" || head == "env" || jsTestTool(head) != ""
}
