package tool

// All returns every adapter, in the order in which discovery asks them.
func All() []Tool {
	return []Tool{Go{}, Pytest{}, Node{}, Jest{}, Vitest{}, Mocha{}, Playwright{}, Cargo{}, JUnit{}}
}

// Planned names the tools that have no adapter yet, so that discovery can say so instead of passing over them.
func Planned() []string { return nil }
