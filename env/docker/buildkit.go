package docker

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"testrunner/env/docker/dockerfile"
)

// chooseBuilder takes BuildKit where a Dockerfile can't be built without. The context is sent as one stream, and what a build starts from
// is there before, so BuildKit needs no session with us: only what hands secrets and keys into a build would.
func (b *Builder) chooseBuilder(ctx context.Context, p *preparation) error {
	needs := p.file.Needs()
	if len(needs) == 0 {
		return nil
	}
	pong, err := b.Engine.Ping(ctx)
	if err != nil {
		return err
	}
	missing := &BuildKitOnly{Dockerfile: p.name, API: pong.API}
	for _, need := range needs {
		if need.Since == "" || olderThan(pong.API, need.Since) {
			missing.Needs = append(missing.Needs, need)
		}
	}
	if len(missing.Needs) > 0 {
		return missing
	}
	if p.build.ShmSize > 0 && olderThan(pong.API, shmSince) {
		return fmt.Errorf("%s needs BuildKit (line %d), and this engine's takes no build.shm_size: take it out, or use Docker 23 or newer", p.name, needs[0].Line)
	}
	p.buildkit = true
	return nil
}

// shmSince is the API of the first engine whose BuildKit sets the size of shared memory: Docker 23.
const shmSince = "1.42"

// kitBesides are the Dockerfile's name in the context for BuildKit, and what is sent in place of the context's own files. BuildKit reads no
// .dockerignore out of a stream, and takes nothing away: what we send is what a COPY finds.
func (p *preparation) kitBesides() (name string, extra contextExtra) {
	name = hiddenDockerfile
	if p.build.Inline == "" && filepath.IsLocal(filepath.FromSlash(p.name)) {
		if _, seen := p.context.find(path.Clean(p.name)); seen {
			name = path.Clean(p.name)
		}
	}
	return name, contextExtra{name: p.sent}
}

// exposed is a COPY that takes the hidden Dockerfile along, as the whole context is copied; "" is none.
func (p *preparation) exposed() string {
	if name, _ := p.kitBesides(); !p.buildkit || name != hiddenDockerfile {
		return ""
	}
	for _, c := range p.copies(nil) {
		for _, s := range c.Sources {
			if s.Path != "" && path.Clean("/"+s.Path) == "/" {
				return fmt.Sprintf("%s:%d: %s", p.name, c.Instruction.Line, c.Instruction.String())
			}
		}
	}
	return ""
}

// kitStep is one of BuildKit's steps.
type kitStep struct {
	name          string // "RUN make"
	line, at, of  int    // in the Dockerfile; the step's number in its stage; 0 is unknown
	pending       string // the beginning of a line
	tail          []string
	isInstruction bool
	ended         bool
}

// kitName is what BuildKit calls a step that is an instruction: "[2/3] RUN make", "[build 2/3] RUN make".
var kitName = regexp.MustCompile(`^\[(?:(\S+) )?(\d+)/(\d+)\] (.*)$`)

// kitMessage takes a message of BuildKit's.
func (w *buildWatch) kitMessage(m BuildMessage) {
	s, known := w.kit[m.Step]
	if !known {
		s = &kitStep{}
		w.kit[m.Step] = s
	}
	if m.Begins != "" && s.name == "" {
		s.name = m.Begins
		if found := kitName.FindStringSubmatch(m.Begins); found != nil {
			s.isInstruction, s.name = true, found[4]
			s.at, _ = strconv.Atoi(found[2])
			s.of, _ = strconv.Atoi(found[3])
			s.line = dockerfile.Step(w.stages, found[1], s.at, s.of)
			w.tell(fmt.Sprintf("builds %s: step %d of %d: %s", w.service, s.at, s.of, s.name))
		}
	}
	for text := m.Text; text != ""; {
		before, after, ended := strings.Cut(text, "\n")
		s.pending += before
		if text = after; ended {
			s.endLine()
		}
	}
	s.ended = s.ended || m.Ended
	if m.Failed && !w.kitFailed {
		w.kitLast, w.kitFailed = s, true
	}
	if s.isInstruction && !w.kitFailed && (w.kitLast == nil || w.kitLast.ended) {
		w.kitLast = s
	}
}

// kitEnd finds the step to blame once the build has ended in an error: the one that failed, else the one that ran.
func (w *buildWatch) kitEnd() {
	s := w.kitLast
	if s == nil || s.ended && !w.kitFailed {
		return
	}
	s.endLine()
	w.tail = s.tail
	if s.isInstruction {
		w.step, w.of, w.at, w.instruction = s.at, s.of, s.line, s.name
	}
}

// endLine takes the line that is complete now. Of one that was written over, the last version counts.
func (s *kitStep) endLine() {
	line := strings.TrimRight(s.pending, "\r")
	s.pending = ""
	if line = line[strings.LastIndexByte(line, '\r')+1:]; line == "" {
		return
	}
	if s.tail = append(s.tail, line); len(s.tail) > tailLines {
		s.tail = s.tail[len(s.tail)-tailLines:]
	}
}
