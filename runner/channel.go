package runner

import (
	"os"
	"path/filepath"
	"time"

	"testrunner/runner/process"
	"testrunner/runner/tool"
)

// channel follows the hook's file while the tool appends to it.
type channel struct {
	stop chan struct{}
	done chan struct{}
}

// How often the hook's file is looked at bounds how late a result is shown. At the start somebody waits for a sign of life;
// later, looking a fifth as often saves a long suite a hundredth of its processor time.
const (
	awaitEvery  = 10 * time.Millisecond
	followEvery = 50 * time.Millisecond
)

// maxLine bounds one line of a channel, in bytes; what is longer is cut and marked. Hooks cap each field at 64 KiB.
const maxLine = 4 << 20

// follow starts reading the hook's file, if the tool has one.
func (a *attempt) follow() channel {
	c := channel{stop: make(chan struct{}), done: make(chan struct{})}
	if a.command.Channel != tool.HookFile {
		close(c.done)
		return c
	}
	go c.read(filepath.Join(a.target.Scratch, tool.EventsFile), process.NewLineWriter(maxLine, a.line))
	return c
}

// finish reads what is left and returns when the last line was handed on. A torn last line is handed on too: the
// decoder leaves out what it can't read.
func (c channel) finish() {
	close(c.stop)
	<-c.done
}

func (c channel) read(path string, lines *process.LineWriter) {
	defer close(c.done)
	tick := time.NewTicker(awaitEvery)
	defer tick.Stop()
	buf := make([]byte, 64<<10)
	var file *os.File
	defer func() {
		if file != nil {
			file.Close()
		}
	}()
	for last := false; ; {
		if file == nil {
			if file, _ = os.Open(path); file != nil { // it appears with the first event
				tick.Reset(followEvery)
			}
		}
		if file != nil {
			drain(lines, file, buf)
		}
		if last {
			lines.Flush()
			return
		}
		select {
		case <-c.stop:
			last = true
		case <-tick.C:
		}
	}
}

// drain hands on what the file holds by now. An error of the file is as good as its end: the decoder misses the rest.
func drain(lines *process.LineWriter, file *os.File, buf []byte) {
	for {
		n, err := file.Read(buf)
		lines.Write(buf[:n])
		if err != nil {
			return
		}
	}
}
