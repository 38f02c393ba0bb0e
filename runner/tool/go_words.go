package tool

var _ Worded = (*goDecoder)(nil)

// Words is what a test or its package printed, without go test's own frame around it.
func (d *goDecoder) Words(line []byte) string {
	e, ok := goParseLine(&d.parser, line)
	if text := string(e.output); ok && len(e.pkg) > 0 && !goFrame(text) {
		return text
	}
	return ""
}
