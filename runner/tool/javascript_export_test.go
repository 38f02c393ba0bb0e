package tool

import "testrunner/report/event"

// FlawedJavaScriptDecoder is the decoder of jest, vitest, mocha or playwright with one of its guards off (NodeFlaws names
// them); "" is the honest one.
func FlawedJavaScriptDecoder(flaw string, a Tool, t Target, emit event.Emit) Decoder {
	h := a.(interface{ hook() jsHook }).hook()
	return h.decoder(t, emit, jsFlaws{
		ignoreEnd: flaw == "end marker ignored", passOpen: flaw == "open test passed", trustStale: flaw == "stale events read",
	})
}
