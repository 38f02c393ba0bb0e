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
	MS    int64 `json:"ms"`
	RSSKB int64 `json:"rss_kb"` // of its largest process
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
	maps.Copy(all, t)
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
