// Package dockerfile reads Dockerfiles as far as a build can be judged before it begins: which instructions stand on which lines, which
// stages there are, what images they start from, which arguments they use, and what COPY and ADD take out of the context.
//
// It judges no syntax: the engine does that. What it can't know (a variable of an image that is not here) it says so. It touches no
// file and no engine.
package dockerfile

import (
	"encoding/json"
	"regexp"
	"strings"
)

// File is a Dockerfile.
type File struct {
	Escape       byte // what joins lines and takes a character's meaning: '\\', or '`' by the directive
	Instructions []Instruction
}

// Instruction is one instruction, its lines joined.
type Instruction struct {
	Line  int      // its first, from 1
	Name  string   // in upper case: "COPY"
	Flags []Flag   // in their order
	Text  string   // what follows the flags
	JSON  []string // the elements of Text, where that is a list of JSON; nil otherwise
	Here  bool     // it has a here-document, whose lines are in no field
}

// Flag is --name=value in front of an instruction's words; without "=" the value is empty.
type Flag struct{ Name, Value string }

// Flag is the value of the last flag of that name.
func (i Instruction) Flag(name string) (value string, ok bool) {
	for _, f := range i.Flags {
		if f.Name == name {
			value, ok = f.Value, true
		}
	}
	return value, ok
}

// Words are what follows the flags: the elements of a list of JSON, else what blanks divide.
func (i Instruction) Words() []string {
	if i.JSON != nil {
		return i.JSON
	}
	return strings.Fields(i.Text)
}

// String is the instruction on one line, with its flags, as a message quotes it. A long one is cut.
func (i Instruction) String() string {
	var b strings.Builder
	b.WriteString(i.Name)
	for _, f := range i.Flags {
		b.WriteString(" --" + f.Name)
		if f.Value != "" {
			b.WriteString("=" + f.Value)
		}
	}
	b.WriteString(" " + strings.Join(strings.Fields(i.Text), " "))
	text := b.String()
	if r := []rune(text); len(r) > 100 {
		return string(r[:99]) + "…"
	}
	return text
}

// Read reads a Dockerfile. Whatever it is given, it returns what it could make of it.
func Read(text string) File {
	lines := strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n")
	for n, line := range lines {
		lines[n] = strings.TrimSuffix(line, "\r")
	}
	f := File{Escape: escapeOf(lines)}
	for n := 0; n < len(lines); {
		text, next := f.logical(lines, n)
		if text != "" {
			i := f.instruction(text)
			i.Line = n + 1
			next = i.skipHere(lines, next)
			f.Instructions = append(f.Instructions, i)
		}
		n = next
	}
	return f
}

// directive is a line such as "# escape=`". They count only at the top, before anything else.
var directive = regexp.MustCompile(`^#\s*(syntax|escape|check)\s*=\s*(\S.*?)\s*$`)

func escapeOf(lines []string) byte {
	for _, line := range lines {
		m := directive.FindStringSubmatch(strings.ToLower(strings.TrimSpace(line)))
		if m == nil {
			break
		}
		if m[1] == "escape" && m[2] == "`" {
			return '`'
		}
	}
	return '\\'
}

// logical joins the lines of one instruction, which begins at line n, counted from 0; it returns the line after it. Comments and empty
// lines between joined ones fall away. The text is empty for a line that holds no instruction.
func (f File) logical(lines []string, n int) (text string, next int) {
	first := strings.TrimLeft(lines[n], " \t")
	n++
	if first == "" || first[0] == '#' {
		return "", n
	}
	text, goesOn := f.continued(first)
	for goesOn && n < len(lines) {
		line := lines[n]
		n++
		if bare := strings.TrimLeft(line, " \t"); bare == "" || bare[0] == '#' {
			continue
		}
		line, goesOn = f.continued(line)
		text += line
	}
	return strings.TrimSpace(text), n
}

// continued cuts the escape character at a line's end; blanks behind it don't matter, a second one before it takes its meaning.
func (f File) continued(line string) (string, bool) {
	bare := strings.TrimRight(line, " \t")
	escape := string(f.Escape)
	if !strings.HasSuffix(bare, escape) || strings.HasSuffix(bare, escape+escape) {
		return line, false
	}
	return bare[:len(bare)-1], true
}

// instruction takes a joined line apart.
func (f File) instruction(text string) Instruction {
	name, rest := cutWord(text)
	i := Instruction{Name: strings.ToUpper(name)}
	for {
		word, after := f.quotedWord(rest)
		if !strings.HasPrefix(word, "--") || word == "--" {
			break
		}
		name, value, _ := strings.Cut(word[2:], "=")
		i.Flags = append(i.Flags, Flag{name, strings.Trim(value, `"'`)})
		rest = after
	}
	i.Text = rest
	if strings.HasPrefix(rest, "[") {
		var list []string
		if json.Unmarshal([]byte(rest), &list) == nil && list != nil {
			i.JSON = list
		}
	}
	return i
}

// cutWord cuts at the first blank.
func cutWord(text string) (word, rest string) {
	at := strings.IndexAny(text, " \t")
	if at < 0 {
		return text, ""
	}
	return text[:at], strings.TrimLeft(text[at:], " \t")
}

// here is the beginning of a here-document: <<NAME, <<-NAME, <<"NAME".
var here = regexp.MustCompile(`<<-?(?:"(\w+)"|'(\w+)'|(\w+))`)

// skipHere finds the instruction's here-documents, which begin at line n, and returns the line after them. A "<<" whose end is
// not there is none: it may be arithmetic of the shell.
func (i *Instruction) skipHere(lines []string, n int) int {
	if i.Name != "RUN" && i.Name != "COPY" && i.Name != "ADD" {
		return n
	}
	for _, m := range here.FindAllStringSubmatch(i.Text, -1) {
		end := m[1] + m[2] + m[3]
		for at := n; at < len(lines); at++ {
			line := lines[at]
			if strings.HasPrefix(m[0], "<<-") {
				line = strings.TrimLeft(line, "\t")
			}
			if line == end {
				i.Here, n = true, at+1
				break
			}
		}
	}
	return n
}
