package tool

import "testrunner/report/event"

// NodeFlaws are the mutants of the node decoder, by name.
func NodeFlaws() []string {
	return []string{"end marker ignored", "open test passed", "stale events read"}
}

// FlawedNodeDecoder is the node decoder with one of its guards off; "" is the honest one.
func FlawedNodeDecoder(flaw string, t Target, emit event.Emit) Decoder {
	return newNodeDecoder(t, emit, nodeFlaws{
		ignoreEnd: flaw == "end marker ignored", passOpen: flaw == "open test passed", trustStale: flaw == "stale events read",
	})
}
