package runner

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
)

// Timing is what one job took in the previous run.
type Timing struct {
	MS    int64            `json:"ms"`
	CPUMS int64            `json:"cpu_ms"`          // of all its processes
	Share int              `json:"share"`           // core slots that it had
	RSSKB int64            `json:"rss_kb"`          // of its largest process
	Files map[string]int64 `json:"files,omitempty"` // µs of each file's tests; of suites that are split alone
}

// waitsBelow is the part of its cores that a job must have used to count as bound by the processor.
const waitsBelow = 0.5

// telling is how long a job must have run for its processor time to say something about it, in ms: shorter ones are mostly
// the tool's start.
const telling = 300

// waits says whether the job mostly waited for something else than the processor.
func (t Timing) waits() bool {
	return t.MS >= telling && t.Share > 0 && float64(t.CPUMS) < waitsBelow*float64(t.MS)*float64(t.Share)
}

// memory is what a job like it should find free, in bytes.
func (t Timing) memory() uint64 { return uint64(max(0, t.RSSKB)) << 10 }

// Timings are the previous run's, by job.
type Timings map[string]Timing

const timingsFile = "timings.json"

// ReadTimings reads the previous run's timings from the cache folder. None, or a file that can't be read, is empty:
// timings only order the work.
func ReadTimings(cache string) Timings {
	t := Timings{}
	data, err := os.ReadFile(filepath.Join(cache, timingsFile))
	if err != nil || json.Unmarshal(data, &t) != nil {
		return Timings{}
	}
	return t
}

// Merge keeps the timings for the next run, beside those of jobs that did not run this time.
func (t Timings) Merge(cache string) error {
	all := ReadTimings(cache)
	for job, timing := range t {
		if old := all[job].Files; len(old) > 0 {
			// What did not run this time is still known from before.
			old = maps.Clone(old)
			maps.Copy(old, timing.Files)
			timing.Files = old
		}
		all[job] = timing
	}
	data, err := json.MarshalIndent(all, "", "\t")
	if err != nil {
		return fmt.Errorf("encode timings: %w", err)
	}
	if err := os.MkdirAll(cache, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keep timings: %w", err)
	}
	// A name of its own: another run may do the same at the same time.
	tmp, err := os.CreateTemp(cache, timingsFile+".*")
	if err != nil {
		return fmt.Errorf("keep timings: %w", err)
	}
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(cache, timingsFile))
	}
	if err != nil {
		return fmt.Errorf("keep timings: %w", errors.Join(err, os.Remove(tmp.Name())))
	}
	return nil
}
