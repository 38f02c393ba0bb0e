package event

// For each body: its name on the wire, and its texts. Names of jobs, categories and suites come from the user's own
// configuration and folders and are keys of the fold, so they are not mapped.

func each(texts []string, f func(string) string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = f(t)
	}
	return out
}

// Kind is "run-started".
func (RunStarted) Kind() string { return "run-started" }

// Map applies f to the body's texts.
func (b RunStarted) Map(f func(string) string) Body {
	b.Args, b.Root, b.Scope, b.Host = each(b.Args, f), f(b.Root), f(b.Scope), f(b.Host)
	return b
}

// Kind is "found".
func (Found) Kind() string { return "found" }

// Map applies f to the body's texts.
func (b Found) Map(f func(string) string) Body {
	b.Finding = b.Finding.Map(f)
	return b
}

// Kind is "decided".
func (Decided) Kind() string { return "decided" }

// Map applies f to the body's texts.
func (b Decided) Map(f func(string) string) Body {
	b.Project, b.Why = f(b.Project), each(b.Why, f)
	rules := make([]Rule, len(b.Rules))
	for i, r := range b.Rules {
		r.Why = f(r.Why)
		rules[i] = r
	}
	b.Rules = rules
	admissions := make([]Admission, len(b.Admissions))
	for i, a := range b.Admissions {
		a.Reason = a.Reason.Map(f)
		admissions[i] = a
	}
	b.Admissions = admissions
	return b
}

// Kind is "service-changed".
func (ServiceChanged) Kind() string { return "service-changed" }

// Map applies f to the body's texts.
func (b ServiceChanged) Map(f func(string) string) Body {
	b.Address, b.Last, b.Message, b.Log = f(b.Address), f(b.Last), f(b.Message), each(b.Log, f)
	return b
}

// Kind is "service-lost".
func (ServiceLost) Kind() string { return "service-lost" }

// Map applies f to the body's texts.
func (b ServiceLost) Map(f func(string) string) Body {
	b.Detail = f(b.Detail)
	return b
}

// Kind is "planned".
func (Planned) Kind() string { return "planned" }

// Map returns the body as it is: it holds no text.
func (b Planned) Map(func(string) string) Body { return b }

// Kind is "job-started".
func (JobStarted) Kind() string { return "job-started" }

// Map applies f to the body's texts.
func (b JobStarted) Map(f func(string) string) Body {
	b.Argv, b.Dir = each(b.Argv, f), f(b.Dir)
	return b
}

// Kind is "tests-collected".
func (TestsCollected) Kind() string { return "tests-collected" }

// Map applies f to the body's texts.
func (b TestsCollected) Map(f func(string) string) Body {
	tests := make([]Test, len(b.Tests))
	for i, t := range b.Tests {
		tests[i] = t.Map(f)
	}
	b.Tests = tests
	return b
}

// Kind is "tests-deselected".
func (TestsDeselected) Kind() string { return "tests-deselected" }

// Map returns the body as it is: it holds no text.
func (b TestsDeselected) Map(func(string) string) Body { return b }

// Kind is "test-started".
func (TestStarted) Kind() string { return "test-started" }

// Map applies f to the body's texts.
func (b TestStarted) Map(f func(string) string) Body {
	b.Test = b.Test.Map(f)
	return b
}

// Kind is "test-output".
func (TestOutput) Kind() string { return "test-output" }

// Map applies f to the body's texts.
func (b TestOutput) Map(f func(string) string) Body {
	b.Test, b.Text = f(b.Test), f(b.Text)
	return b
}

// Kind is "test-finished".
func (TestFinished) Kind() string { return "test-finished" }

// Map applies f to the body's texts.
func (b TestFinished) Map(f func(string) string) Body {
	b.Test = b.Test.Map(f)
	b.Type, b.Message, b.Detail, b.Output, b.Note = f(b.Type), f(b.Message), f(b.Detail), f(b.Output), f(b.Note)
	return b
}

// Kind is "collection-failed".
func (CollectionFailed) Kind() string { return "collection-failed" }

// Map applies f to the body's texts.
func (b CollectionFailed) Map(f func(string) string) Body {
	b.Path, b.Class, b.Message, b.Detail = f(b.Path), f(b.Class), f(b.Message), f(b.Detail)
	return b
}

// Kind is "job-output".
func (JobOutput) Kind() string { return "job-output" }

// Map applies f to the body's texts.
func (b JobOutput) Map(f func(string) string) Body {
	b.Text = f(b.Text)
	return b
}

// Kind is "job-stalled".
func (JobStalled) Kind() string { return "job-stalled" }

// Map applies f to the body's texts.
func (b JobStalled) Map(f func(string) string) Body {
	b.Tests, b.Tail, b.Tree, b.Stacks, b.Ask = each(b.Tests, f), f(b.Tail), each(b.Tree, f), f(b.Stacks), f(b.Ask)
	return b
}

// Kind is "job-finished".
func (JobFinished) Kind() string { return "job-finished" }

// Map applies f to the body's texts.
func (b JobFinished) Map(f func(string) string) Body {
	b.Problem, b.Detail, b.Orphans = f(b.Problem), f(b.Detail), each(b.Orphans, f)
	return b
}

// Kind is "not-run".
func (NotRun) Kind() string { return "not-run" }

// Map applies f to the body's texts.
func (b NotRun) Map(f func(string) string) Body {
	b.Reason = b.Reason.Map(f)
	return b
}

// Kind is "noted".
func (Noted) Kind() string { return "noted" }

// Map applies f to the body's texts.
func (b Noted) Map(f func(string) string) Body {
	b.Text = f(b.Text)
	return b
}

// Kind is "logged".
func (Logged) Kind() string { return "logged" }

// Map applies f to the body's texts.
func (b Logged) Map(f func(string) string) Body {
	b.Text = f(b.Text)
	return b
}

// Kind is "stopping".
func (Stopping) Kind() string { return "stopping" }

// Map applies f to the body's texts.
func (b Stopping) Map(f func(string) string) Body {
	b.Detail = f(b.Detail)
	return b
}

// Kind is "leftovers".
func (Leftovers) Kind() string { return "leftovers" }

// Map applies f to the body's texts.
func (b Leftovers) Map(f func(string) string) Body {
	b.Names = each(b.Names, f)
	return b
}

// Kind is "report-failed".
func (ReportFailed) Kind() string { return "report-failed" }

// Map applies f to the body's texts.
func (b ReportFailed) Map(f func(string) string) Body {
	b.Path, b.Err = f(b.Path), f(b.Err)
	return b
}

// Kind is "run-finished".
func (RunFinished) Kind() string { return "run-finished" }

// Map applies f to the body's texts.
func (b RunFinished) Map(f func(string) string) Body {
	b.Line = f(b.Line)
	return b
}
