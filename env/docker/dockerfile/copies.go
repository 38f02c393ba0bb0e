package dockerfile

import "strings"

// Copy is what one COPY or ADD takes out of the context.
type Copy struct {
	Instruction Instruction
	Sources     []Source
}

// Source is one path of a COPY.
type Source struct {
	Written string
	Path    string // its variables put in; "" where they are not known
}

// Copies are what the stages take out of the context: not out of other stages and images, not from addresses, not here-documents. The
// variables of an image are told by environ, NAME=VALUE; ok is false for an image that nobody knows.
func (f File) Copies(stages []Stage, args Values, environ func(image string) (vars []string, ok bool)) []Copy {
	var copies []Copy
	global := f.globals(args)
	scopes := make([]*scope, len(stages))
	for n, s := range stages {
		at := &scope{env: Values{}, args: Values{}, open: map[string]bool{}}
		switch {
		case s.From >= 0:
			at.inherit(scopes[s.From])
		case s.Base == Scratch:
		case s.Base == "":
			at.unknown = true
		default:
			vars, ok := environ(s.Base)
			at.unknown = !ok
			for _, v := range vars {
				name, value, _ := strings.Cut(v, "=")
				at.env[name] = value
			}
		}
		scopes[n] = at
		for _, i := range s.Instructions {
			switch i.Name {
			case "ENV":
				at.assign(f, i)
			case "ARG":
				at.argue(f, i, args, global)
			case "COPY", "ADD":
				if c, ok := at.copy(f, i); ok {
					copies = append(copies, c)
				}
			}
		}
	}
	return copies
}

// scope are the variables at one place of a stage.
type scope struct {
	env, args Values
	open      map[string]bool // names whose value nobody can tell
	unknown   bool            // those of the image are not known
}

func (s *scope) inherit(from *scope) {
	for name, value := range from.env {
		s.env[name] = value
	}
	for name := range from.open {
		s.open[name] = true
	}
	s.unknown = from.unknown
}

// lookup finds a variable: ENV stands above ARG.
func (s *scope) lookup(name string) (string, bool, bool) {
	if value, ok := s.env[name]; ok {
		return value, true, true
	}
	if s.open[name] || s.unknown {
		// The image may have one of that name, which would stand above an argument.
		return "", false, false
	}
	value, ok := s.args[name]
	return value, ok, true
}

func (s *scope) assign(f File, i Instruction) {
	values := Values{}
	for _, p := range f.Pairs(i) {
		if value, known := f.Expand(p.Value, s.lookup); known {
			values[p.Name] = value
			delete(s.open, p.Name)
		} else {
			delete(s.env, p.Name)
			s.open[p.Name] = true
		}
	}
	for name, value := range values {
		s.env[name] = value
	}
}

func (s *scope) argue(f File, i Instruction, args Values, global Lookup) {
	outer := Values{}
	for _, p := range f.Pairs(i) {
		if value, set, _ := global(p.Name); set {
			outer[p.Name] = value
		}
	}
	if !f.declare(i, args, outer, s.args, s.lookup) {
		for _, p := range f.Pairs(i) {
			if _, ok := s.args[p.Name]; !ok {
				s.open[p.Name] = true
			}
		}
	}
}

// copy is what an instruction takes out of the context; ok is false where that is nothing.
func (s *scope) copy(f File, i Instruction) (Copy, bool) {
	c := Copy{Instruction: i}
	words := i.Words()
	if _, from := i.Flag("from"); from || i.Here || len(words) < 2 {
		return c, false
	}
	for _, w := range words[:len(words)-1] {
		source := Source{Written: w}
		if path, known := f.Expand(w, s.lookup); known {
			if remote(path) && i.Name == "ADD" {
				continue
			}
			source.Path = path
		}
		c.Sources = append(c.Sources, source)
	}
	return c, len(c.Sources) > 0
}

// remote is whether ADD fetches it from an address.
func remote(path string) bool {
	for _, scheme := range []string{"http://", "https://", "git://", "ftp://", "ssh://", "git@"} {
		if strings.HasPrefix(path, scheme) {
			return true
		}
	}
	return false
}
