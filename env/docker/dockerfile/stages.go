package dockerfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Stage is what one FROM begins.
type Stage struct {
	Line         int
	Name         string // behind AS, in lower case; "" has none
	Base         string // the image, its variables put in; "" where it starts from an earlier stage, or the name is not known
	From         int    // the earlier stage that it starts from; -1: an image, or nothing
	Written      string // the base as it is written
	Platform     string // of --platform, as written
	Instructions []Instruction
}

// Scratch is the base that is no image.
const Scratch = "scratch"

// Values are build arguments.
type Values map[string]string

// Stages are the file's stages; args are the build's arguments. Only those that an ARG before the first FROM names may stand in a FROM.
func (f File) Stages(args Values) []Stage {
	var stages []Stage
	lookup := f.globals(args)
	for _, i := range f.Instructions {
		if i.Name != "FROM" {
			if len(stages) > 0 {
				last := &stages[len(stages)-1]
				last.Instructions = append(last.Instructions, i)
			}
			continue
		}
		words := i.Words()
		if len(words) == 0 {
			continue
		}
		s := Stage{Line: i.Line, From: -1, Written: words[0]}
		if len(words) == 3 && strings.EqualFold(words[1], "as") {
			s.Name = strings.ToLower(words[2])
		}
		s.Platform, _ = i.Flag("platform")
		if base, known := f.Expand(words[0], lookup); known {
			if s.From = named(stages, base); s.From < 0 {
				s.Base = base
			}
		}
		stages = append(stages, s)
	}
	return stages
}

// globals are the variables that count in a FROM.
func (f File) globals(args Values) Lookup {
	values := Values{}
	lookup := func(name string) (string, bool, bool) {
		value, set := values[name]
		return value, set, true
	}
	for _, i := range f.Instructions {
		if i.Name == "FROM" {
			break
		}
		if i.Name == "ARG" {
			f.declare(i, args, nil, values, lookup)
		}
	}
	return lookup
}

// declare gives an ARG's variables their values: the build's, else the default, else the one that stands before the first FROM.
func (f File) declare(i Instruction, args, global, values Values, lookup Lookup) (known bool) {
	known = true
	for _, p := range f.Pairs(i) {
		if value, ok := args[p.Name]; ok {
			values[p.Name] = value
		} else if p.Set {
			value, ok := f.Expand(p.Value, lookup)
			if known = known && ok; ok {
				values[p.Name] = value
			}
		} else if value, ok := global[p.Name]; ok {
			values[p.Name] = value
		}
	}
	return known
}

// named finds a stage by its name, -1 without one.
func named(stages []Stage, name string) int {
	return slices.IndexFunc(stages, func(s Stage) bool { return s.Name != "" && strings.EqualFold(s.Name, name) })
}

// Upto are the stages that a build of the target goes through, the target's own last: the engine builds them in their order. An empty
// target is the last stage. The error names the stages there are.
func Upto(stages []Stage, target string) ([]Stage, error) {
	if len(stages) == 0 {
		return nil, fmt.Errorf("it has no FROM")
	}
	if target == "" {
		return stages, nil
	}
	at := named(stages, target)
	if n, err := strconv.Atoi(target); at < 0 && err == nil && n >= 0 && n < len(stages) {
		at = n
	}
	if at < 0 {
		var names []string
		for n, s := range stages {
			if s.Name == "" {
				s.Name = strconv.Itoa(n)
			}
			names = append(names, s.Name)
		}
		return nil, fmt.Errorf("its stages are %s; none is the target %q", strings.Join(names, ", "), target)
	}
	return stages[:at+1], nil
}

// Images are the images that the stages start from or copy out of, without Scratch: sorted, each once.
func (f File) Images(stages []Stage) []string {
	var images []string
	for n, s := range stages {
		if s.Base != "" && s.Base != Scratch {
			images = append(images, s.Base)
		}
		for _, i := range s.Instructions {
			for _, from := range i.sources() {
				if named(stages[:n], from) >= 0 {
					continue
				}
				if at, err := strconv.Atoi(from); err == nil && at < n {
					continue
				}
				images = append(images, from)
			}
		}
	}
	slices.Sort(images)
	return slices.Compact(images)
}

// sources are the stages and images that an instruction copies out of or mounts.
func (i Instruction) sources() []string {
	var all []string
	for _, flag := range i.Flags {
		from := ""
		switch {
		case i.Name == "COPY" && flag.Name == "from":
			from = flag.Value
		case i.Name == "RUN" && flag.Name == "mount":
			from = option(flag.Value, "from")
		}
		if from != "" {
			all = append(all, from)
		}
	}
	return all
}

// Arguments are the names that an ARG declares, sorted, each once.
func (f File) Arguments() []string {
	var names []string
	for _, i := range f.Instructions {
		if i.Name == "ARG" {
			for _, p := range f.Pairs(i) {
				names = append(names, p.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
