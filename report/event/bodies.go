package event

// RunStarted is always the first event.
type RunStarted struct {
	Version int      `json:"version"`          // of the stream: Version
	Run     string   `json:"run"`              // the run's id
	Runner  string   `json:"runner"`           // the program's version
	Args    []string `json:"args"`             // as typed
	Root    string   `json:"root"`             // absolute
	Strict  bool     `json:"strict,omitempty"` // --strict: nothing is accepted
	Scope   string   `json:"scope,omitempty"`  // the subfolder that a bare run was narrowed to
	Host    string   `json:"host"`
	OS      string   `json:"os"` // GOOS/GOARCH
	Pid     int      `json:"pid"`
}

// Found is one finding of preflight or discovery.
type Found struct {
	Finding
}

// Decided is the decision: the mode, the rules that led to it, and what may run in it.
type Decided struct {
	Asked      string      `json:"asked"` // the environment asked for: auto, no-docker, …
	Mode       Mode        `json:"mode"`
	Project    string      `json:"project,omitempty"` // the compose project that serves, which somebody else brought up
	Why        []string    `json:"why"`
	Rules      []Rule      `json:"rules,omitempty"`      // as they were tried
	Admissions []Admission `json:"admissions,omitempty"` // a suite that is not named needs no service, and may run
}

// Rule is one way to a mode that was tried.
type Rule struct {
	Mode    Mode   `json:"mode"`
	Name    string `json:"name"` // "docker", "no-docker with real local services"
	Taken   bool   `json:"taken"`
	Why     string `json:"why"`               // why it was taken, or lost
	Finding string `json:"finding,omitempty"` // the ID of the finding that it lost by
}

// Admission says whether a category, or one suite of it, may run.
type Admission struct {
	Category string   `json:"category"`
	Suite    string   `json:"suite,omitempty"` // "" is the whole category
	Admitted bool     `json:"admitted"`
	Part     bool     `json:"part,omitempty"`     // of a whole category: some of its suites may
	LeftOut  bool     `json:"left_out,omitempty"` // nobody named it, and it is not for this mode: as if it had not been selected
	Accepted string   `json:"accepted,omitempty"` // who accepts that it does not run, as in PlannedCategory
	Services []Served `json:"services,omitempty"` // what serves it, by name
	Reason   Reason   `json:"reason"`             // why it may not run
}

// Served is a service and where it comes from.
type Served struct {
	Service  string   `json:"service"`
	By       Provider `json:"by"`
	Fidelity Fidelity `json:"fidelity"`
}

// Planned is the plan: every selected category and its suites, before the first job.
type Planned struct {
	Categories []PlannedCategory `json:"categories"`
	Deselected int               `json:"deselected,omitempty"` // tests known to be left out before any job, by filters
}

// PlannedCategory is one selected category.
type PlannedCategory struct {
	Name     string   `json:"name"`
	Critical bool     `json:"critical,omitempty"`
	Accepted string   `json:"accepted,omitempty"` // who accepts its absence: "--allow-not-run", "--no-docker"; "" is nobody
	Suites   []string `json:"suites"`             // suite names, unique in the category
	Jobs     int      `json:"jobs"`
}

// JobStarted says that a process for a suite starts. The second attempt of a job has the same Job and Attempt 2:
// a tool had to be started again to run the rest apart from a broken file.
type JobStarted struct {
	Job      string   `json:"job"` // "unit/go:." : unique in the run
	Category string   `json:"category"`
	Suite    string   `json:"suite"`
	Tool     string   `json:"tool"`
	Fidelity Fidelity `json:"fidelity"`
	Argv     []string `json:"argv"`
	Dir      string   `json:"dir"`   // relative to the root, "." is the root
	Share    int      `json:"share"` // core slots
	Attempt  int      `json:"attempt"`
	Services []string `json:"services,omitempty"` // that it needs, with all that stands behind them; sorted
}

// TestsCollected adds tests to the job's expectation. A test that is known already is not added twice.
type TestsCollected struct {
	Job   string `json:"job"`
	Tests []Test `json:"tests"`
}

// TestsDeselected counts tests that the selection left out inside a job.
type TestsDeselected struct {
	Job   string `json:"job"`
	Count int    `json:"count"`
}

// TestStarted opens a test. A test that was not collected joins the expectation here.
type TestStarted struct {
	Job  string `json:"job"`
	Test Test   `json:"test"`
}

// TestOutput is output of a test that has not ended, sent when a job ends or stalls while the test is open.
type TestOutput struct {
	Job  string `json:"job"`
	Test string `json:"test"` // the ID
	Text string `json:"text"` // capped by the sender, head and tail kept
}

// TestFinished is one result. It may come without TestStarted.
type TestFinished struct {
	Job     string  `json:"job"`
	Test    Test    `json:"test"`
	Outcome Outcome `json:"outcome"`
	Micros  int64   `json:"us,omitempty"`
	Type    string  `json:"type,omitempty"`    // "AssertionError", or an ErrorType
	Message string  `json:"message,omitempty"` // first line; the reason of a skip
	Detail  string  `json:"detail,omitempty"`  // traceback, capped
	Output  string  `json:"output,omitempty"`  // captured output, capped; none for a passed test
	Note    string  `json:"note,omitempty"`    // such as "passed, though marked to fail"
}

// CollectionFailed is one file or package whose tests could not be loaded. Two of the same Job and Path count
// once, and so do two of the same Path and Reason from several jobs of one suite.
type CollectionFailed struct {
	Job     string `json:"job"`
	Path    string `json:"path"` // relative to the root; a folder for a package without a known file
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Class   string `json:"class,omitempty"`  // the classname that its tests would have had
	Reason  string `json:"reason"`           // syntax, import, build, setup, vet, conftest, package, empty, error
	Message string `json:"message"`          // the tool's first line
	Detail  string `json:"detail,omitempty"` // the tool's whole output, capped
}

// JobOutput is output that belongs to no test: a tail of the tool's own streams.
type JobOutput struct {
	Job    string `json:"job"`
	Stream string `json:"stream"` // stdout, stderr
	Text   string `json:"text"`
}

// JobStalled says that a job was silent for long, or was open at a deadline: what runs, and where it hangs.
type JobStalled struct {
	Job    string   `json:"job"`
	Why    string   `json:"why"` // stall, deadline
	IdleMS int64    `json:"idle_ms"`
	Tests  []string `json:"tests,omitempty"` // IDs of the open tests
	Tail   string   `json:"tail,omitempty"`  // last lines of output
	Tree   []string `json:"tree,omitempty"`  // the process tree, indented
	Stacks string   `json:"stacks,omitempty"`
	Ask    string   `json:"ask,omitempty"` // no stacks, as being asked for them ends the test: what a person types to have them all the same
}

// JobFinished ends a job. With Again, the rest follows as another JobStarted of the same Job.
type JobFinished struct {
	Job      string   `json:"job"`
	Exit     int      `json:"exit"`
	Signal   string   `json:"signal,omitempty"` // "SIGKILL"; then Exit is -1
	Cause    Cause    `json:"cause"`
	Problem  string   `json:"problem,omitempty"` // one line: what is wrong, when Cause is not done
	Detail   string   `json:"detail,omitempty"`  // the tool's own words, capped
	Again    bool     `json:"again,omitempty"`
	Micros   int64    `json:"us"`
	Orphans  []string `json:"orphans,omitempty"` // processes that outlived the job and were ended
	MaxRSSKB int64    `json:"max_rss_kb,omitempty"`
}

// NotRun says that a category, a suite of it, or tests of a job were not run. Suite and Job may be empty: the whole category.
type NotRun struct {
	Category string `json:"category"`
	Suite    string `json:"suite,omitempty"`
	Job      string `json:"job,omitempty"` // its tests that were collected and have no result
	Reason   Reason `json:"reason"`
	Accepted string `json:"accepted,omitempty"` // who accepted it, as in PlannedCategory
}

// Noted is one line that a person may want to know and that is no finding.
type Noted struct {
	Level string `json:"level"` // info, warn, error
	Text  string `json:"text"`
}

// Logged is a line for runner.log alone: an engine call, a probe, a process, a signal.
type Logged struct {
	Text string `json:"text"`
}

// Stopping says that the run ends early, and why.
type Stopping struct {
	Why    string `json:"why"` // interrupted, terminated, deadline, fail-fast, bug, runner-died
	Detail string `json:"detail,omitempty"`
}

// Leftovers is what the run left behind after cleaning up; none is said too. What stays because that was asked for is told apart.
type Leftovers struct {
	Names []string `json:"names,omitempty"`
	Kept  []string `json:"kept,omitempty"` // services that stay up; "runner services down" ends them
}

// ReportFailed says that a report could not be written.
type ReportFailed struct {
	Path string `json:"path"`
	Err  string `json:"error"`
}

// RunFinished is always the last event of a whole run.
type RunFinished struct {
	Word string `json:"word"`
	Code int    `json:"code"`
	Line string `json:"line"` // the verdict line, as the terminal prints it last
}
