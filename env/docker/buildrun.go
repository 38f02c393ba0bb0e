package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"testrunner/env/docker/dockerfile"
	"testrunner/env/service"
)

// BuildError is a build that the engine could not end.
type BuildError struct {
	Dockerfile  string
	Line        int      // of the instruction that failed; 0 where none is to blame, or it is not known
	Step, Of    int      // 0 before the first
	Instruction string   // as the engine names it
	Output      []string // its last lines, 20 at most
	Engine      bool     // the engine died or fell silent: no fault of the Dockerfile
	Container   string   // then, the step's container, which bears no label of runner's and which the engine may have left; "" is none
	Err         error
}

func (e *BuildError) Error() string {
	if e.Step == 0 {
		return e.Err.Error()
	}
	where := e.Dockerfile
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d", e.Dockerfile, e.Line)
	}
	text := fmt.Sprintf("step %d of %d failed, %s: %s: %v", e.Step, e.Of, where, e.Instruction, e.Err)
	if n := len(e.Output); n > 0 {
		text += "; it wrote last: " + e.Output[n-1]
	}
	if e.Container != "" {
		text += "; the engine may leave the step's container: docker rm --force " + e.Container
	}
	return text
}

func (e *BuildError) Unwrap() error { return e.Err }

// run lets the engine build, and returns the image's id. How it goes is told; of a step that fails, its last lines, too.
func (b *Builder) run(ctx context.Context, p *preparation, tag, key string, fresh bool, tell service.Tell) (string, error) {
	name, extra, err := p.besides()
	if err != nil {
		return "", err
	}
	labels := map[string]string{LabelKey: key}
	maps.Copy(labels, p.build.Labels)
	labels[LabelKey] = key
	args := maps.Clone(map[string]string(p.proxies))
	maps.Copy(args, p.args)
	order := BuildOrder{
		Tag: tag, Dockerfile: name, Target: p.build.Target, Platform: p.platform, Args: args, Labels: labels, CacheFrom: p.build.CacheFrom,
		NoCache: fresh, Network: p.build.Network, ShmSize: p.build.ShmSize, Hosts: p.build.Hosts, BuildKit: p.buildkit,
	}
	tell(fmt.Sprintf("builds %s from %s: %s to the engine", p.service, p.context.dir, sizeText(p.context.bytes)))
	reader, writer := io.Pipe()
	var written error
	var writing sync.WaitGroup
	writing.Go(func() {
		written = p.context.write(ctx, writer, extra)
		writer.CloseWithError(written)
	})
	watch := &buildWatch{tell: tell, service: p.service, name: p.name, file: p.file, stages: p.stages, kit: map[string]*kitStep{}}
	attended, leave := b.attend(ctx)
	defer leave()
	id, err := b.Engine.BuildImage(attended, order, reader, watch.message)
	reader.Close()
	writing.Wait()
	var changed *ContextChanged
	if errors.As(written, &changed) {
		return "", changed
	}
	if err == nil && id != "" {
		return id, nil
	}
	if err == nil {
		err = errors.New("it ended without an image")
	}
	watch.line()
	watch.kitEnd()
	for _, line := range watch.tail {
		tell(fmt.Sprintf("builds %s: | %s", p.service, line))
	}
	failed := &BuildError{p.name, watch.at, watch.step, watch.of, watch.instruction, watch.tail, false, "", err}
	if ctx.Err() == nil && (attended.Err() != nil || b.silent(ctx) != nil) {
		failed.Engine, failed.Container, failed.Err = true, watch.container, fmt.Errorf("the engine stopped answering: %w", err)
	}
	return "", failed
}

// BuildSilence is how long an engine may leave a ping unanswered during a build, where nothing else is said. A step may say nothing
// for minutes; the engine under it answers at once.
const BuildSilence = 10 * time.Second

// attend pings while a build goes on, and calls it off when the engine does not answer: one that is frozen never ends anything.
func (b *Builder) attend(ctx context.Context) (attended context.Context, leave func()) {
	attended, cancel := context.WithCancel(ctx)
	var asking sync.WaitGroup
	asking.Go(func() {
		pause := time.NewTicker(time.Second)
		defer pause.Stop()
		for {
			select {
			case <-attended.Done():
				return
			case <-pause.C:
				if b.silent(attended) != nil {
					cancel()
				}
			}
		}
	})
	return attended, func() {
		cancel()
		asking.Wait()
	}
}

// silent is the error of an engine that does not answer on a connection of its own.
func (b *Builder) silent(ctx context.Context) error {
	limit := b.Silence
	if limit <= 0 {
		limit = BuildSilence
	}
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return b.Engine.Fresh(within)
}

// hiddenDockerfile is the name by which a Dockerfile is sent that is not in the context.
const hiddenDockerfile = ".runner.Dockerfile"

// besides are the Dockerfile's name in the context, and what is sent in place of the context's own files. The engine itself takes the
// Dockerfile and .dockerignore away before the build where .dockerignore names them, and looks there for nothing else.
func (p *preparation) besides() (name string, extra contextExtra, err error) {
	if p.buildkit {
		name, extra = p.kitBesides()
		return name, extra, nil
	}
	name = hiddenDockerfile
	if p.build.Inline == "" && filepath.IsLocal(filepath.FromSlash(p.name)) && p.sent == p.dockerfile {
		name = path.Clean(p.name)
	}
	extra = contextExtra{name: p.sent}
	_, seen := p.context.find(name)
	_, ignoreSeen := p.context.find(".dockerignore")
	if !ignoreSeen {
		if !seen {
			extra[".dockerignore"] = ".dockerignore\n" + name + "\n"
		}
		return name, extra, nil
	}
	b, err := os.ReadFile(p.context.full(".dockerignore"))
	if err != nil {
		return "", nil, fmt.Errorf("read the ignore file: %w", err)
	}
	text := string(b)
	for file, keep := range map[string]bool{".dockerignore": true, name: seen} {
		rules, err := parseIgnoring(".dockerignore", text)
		if err != nil {
			return "", nil, err
		}
		if _, ignored := rules.because(file); ignored == keep {
			text += map[bool]string{true: "\n!", false: "\n"}[keep] + file + "\n"
		}
	}
	if text != string(b) {
		extra[".dockerignore"] = text
	}
	return name, extra, nil
}

// buildWatch reads what a build writes.
type buildWatch struct {
	tell          service.Tell
	service, name string
	file          dockerfile.File
	stages        []dockerfile.Stage
	kit           map[string]*kitStep // BuildKit's steps, by their ids
	kitLast       *kitStep            // that runs, or failed
	kitFailed     bool

	pending     string // the beginning of a line
	step, of    int
	at          int // the step's line in the Dockerfile
	instruction string
	tail        []string
	container   string // in which the step runs
	status      string
}

// tailLines is how many lines of a step are quoted when it fails.
const tailLines = 20

func (w *buildWatch) message(m BuildMessage) {
	if m.Step != "" {
		w.kitMessage(m)
		return
	}
	if m.Status != "" && m.Status != w.status && m.Text == "" {
		w.status = m.Status
		w.tell(fmt.Sprintf("builds %s: %s", w.service, m.Status))
	}
	for text := m.Text; text != ""; {
		before, after, ended := strings.Cut(text, "\n")
		w.pending += before
		text = after
		if ended {
			w.line()
		}
	}
}

// stepHead is how the engine begins a step.
var stepHead = regexp.MustCompile(`^Step (\d+)/(\d+) : (.*)$`)

// line takes the line that is complete now. Of one that was written over, the last version counts.
func (w *buildWatch) line() {
	line := strings.TrimRight(w.pending, "\r")
	w.pending = ""
	line = line[strings.LastIndexByte(line, '\r')+1:]
	if m := stepHead.FindStringSubmatch(line); m != nil {
		w.step, _ = strconv.Atoi(m[1])
		w.of, _ = strconv.Atoi(m[2])
		w.instruction, w.tail = m[3], nil
		w.at = w.lineOf(w.step, m[3])
		w.tell(fmt.Sprintf("builds %s: step %d of %d: %s", w.service, w.step, w.of, m[3]))
		return
	}
	if id, ok := strings.CutPrefix(line, " ---> Running in "); ok {
		w.container = id
		return
	}
	if strings.HasPrefix(line, "Removing intermediate container ") {
		w.container = ""
		return
	}
	if line == "" || strings.HasPrefix(line, " ---> ") {
		return
	}
	w.tail = append(w.tail, line)
	if len(w.tail) > tailLines {
		w.tail = w.tail[len(w.tail)-tailLines:]
	}
}

// lineOf finds a step's line: steps are the file's instructions in their order, and behind them labels that were ordered. It is 0
// where the two don't agree.
func (w *buildWatch) lineOf(step int, instruction string) int {
	if step < 1 || step > len(w.file.Instructions) {
		return 0
	}
	i := w.file.Instructions[step-1]
	name, _, _ := strings.Cut(instruction, " ")
	if !strings.EqualFold(name, i.Name) {
		return 0
	}
	return i.Line
}
