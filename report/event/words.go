package event

// Mode says where services come from in a run.
type Mode string

// The modes. The zero value is not a mode.
const (
	Docker   Mode = "docker"
	NoDocker Mode = "no-docker"
	Staging  Mode = "staging"
)

// Fidelity says how real the services behind a result were.
type Fidelity string

// The fidelities. A job that needs no service is real.
const (
	Real Fidelity = "real"
	Stub Fidelity = "stub"
)

// Provider names what hands out a service.
type Provider string

// The providers.
const (
	ByDocker  Provider = "docker"
	ByLocal   Provider = "local"   // a process on this machine
	ByAddress Provider = "address" // one that the user runs
	ByStub    Provider = "stub"
	ByStaging Provider = "staging"
)

// Outcome is what became of one test.
type Outcome string

// The outcomes. Their numbers add up: expected = passed + failed + errored + skipped + not run.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"  // the test's own assertion, or an error that it raised
	Errored Outcome = "errored" // the test could not be judged: broken fixture, crash, never ended
	Skipped Outcome = "skipped" // the test's own word, never ours
	NotRan  Outcome = "not-run" // selected and not executed
)

// Outcomes lists every outcome, worst last.
func Outcomes() []Outcome { return []Outcome{Passed, Skipped, NotRan, Errored, Failed} }

// ErrorType names why a case is an error in a report, as the JUnit attribute "type" has it.
type ErrorType string

// The error types that runner itself gives; a tool's own type (such as "AssertionError") may stand instead.
const (
	CollectionErrorType ErrorType = "runner.CollectionError" // a file or package whose tests could not be loaded
	NotRunType          ErrorType = "runner.NotRun"          // selected, and not executed
	MissingResultType   ErrorType = "runner.MissingResult"   // the tool ended with its end-of-run word and no result for the test
	NotFinishedType     ErrorType = "runner.NotFinished"     // started, never ended
	TimeoutType         ErrorType = "runner.Timeout"         // open at a deadline
	EnvironmentType     ErrorType = "runner.Environment"     // overlapped the death of an engine or service
)

// Cause is how a job ended, as its conclusion from exit status and stream.
type Cause string

// The causes. Done is the only good one: the tool said its end-of-run word and the exit status agrees.
const (
	Done          Cause = "done"
	Crashed       Cause = "crashed"       // ended without its end-of-run word, by a signal or a status
	Vanished      Cause = "vanished"      // ended with status 0 and without its end-of-run word
	Contradiction Cause = "contradiction" // exit status and stream disagree
	BadUsage      Cause = "usage"         // the tool refused its command line or configuration
	NotStarted    Cause = "not-started"   // the program could not be started
	TimedOut      Cause = "timeout"       // our deadline of the run, category or suite
	Interrupted   Cause = "interrupted"   // a signal to runner
	RunnerDied    Cause = "runner-died"   // set by the watchdog after runner itself was killed
)

// Status is the status of a finding.
type Status string

// The statuses of a finding.
const (
	OK      Status = "ok"
	Warn    Status = "warn"
	Fail    Status = "fail"
	Unknown Status = "unknown"
)

// Finding is what one preflight check saw.
type Finding struct {
	ID        string `json:"id"` // stable, lower case with dots: "tool.pytest.missing"
	Status    Status `json:"status"`
	Value     string `json:"value,omitempty"`
	Threshold string `json:"threshold,omitempty"`
	Detail    string `json:"detail,omitempty"` // one line for people
	Remedy    string `json:"remedy,omitempty"` // one command that mends it, or ""
	Millis    int64  `json:"ms,omitempty"`

	// Number is Value as a number for arithmetic, in Unit; 0 where Unit is "".
	Number float64 `json:"number,omitempty"`
	Unit   Unit    `json:"unit,omitempty"`
}

// Unit is what a finding's number counts.
type Unit string

// The units.
const (
	Bytes   Unit = "bytes"
	Cores   Unit = "cores"
	Percent Unit = "percent"
	Days    Unit = "days"
	Seconds Unit = "seconds"
	Things  Unit = "count" // containers, networks, processes
)

// Reason says why something did not run: what, and the way out.
type Reason struct {
	Code    string `json:"code"` // one of the Reason codes below
	Text    string `json:"text"`
	Remedy  string `json:"remedy,omitempty"`  // one command
	Finding string `json:"finding,omitempty"` // the finding's ID, when one is to blame
}

// Reason codes.
const (
	ReasonBlocked     = "blocked"      // the environment is not ready: a need or a tool is missing
	ReasonFailFast    = "fail-fast"    // an earlier failure ended the run
	ReasonDeadline    = "deadline"     // no time was left
	ReasonInterrupted = "interrupted"  // a signal
	ReasonCrashed     = "crashed"      // the tool died before it
	ReasonMaxFail     = "tool-stopped" // the tool stopped by itself, such as pytest's --maxfail
	ReasonUnfinished  = "unfinished"   // written before the run's end: nothing has run yet
)

// Test names one test. ID is unique in its job and is what `runner ID` reruns: PATH::NAME, the path relative to the
// root with forward slashes, control characters and backslashes of the name written as Go escapes (\n, \\),
// and " [2]" behind the second of two tests that would have the same ID.
type Test struct {
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"`  // the report's name; "" means the ID's part behind "::"
	Class string `json:"class,omitempty"` // the report's classname, never empty in a report
	File  string `json:"file,omitempty"`  // relative to the root, forward slashes; "" where it is the ID's path
	Line  int    `json:"line,omitempty"`  // from 1; 0 is unknown
}

// Map returns the test with f applied to its texts.
func (t Test) Map(f func(string) string) Test {
	t.ID, t.Name, t.Class, t.File = f(t.ID), f(t.Name), f(t.Class), f(t.File)
	return t
}

// Map returns the reason with f applied to its texts.
func (r Reason) Map(f func(string) string) Reason {
	r.Text, r.Remedy = f(r.Text), f(r.Remedy)
	return r
}

// Map returns the finding with f applied to its texts.
func (d Finding) Map(f func(string) string) Finding {
	d.Value, d.Threshold, d.Detail, d.Remedy = f(d.Value), f(d.Threshold), f(d.Detail), f(d.Remedy)
	return d
}
