package tool

// All returns every adapter, in the order in which discovery asks them.
func All() []Tool {
	return []Tool{Go{}, Pytest{}, Node{}, Jest{}, Vitest{}, Mocha{}, Playwright{}, Cargo{}, JUnit{}, WebSocket{}}
}

// Planned names the tools that a later version brings, so that a runner.yaml which names one is told so.
func Planned() []string { return nil }
