package stub

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// Whatever a client sends: nothing panics, and what is passed on to miniredis is a request in the usual form, with something in it.
func FuzzRequest(f *testing.F) {
	f.Add([]byte("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*0\r\nPING 'a b'\r\n"))
	f.Add([]byte("*1\r\n$99999999\r\nx"))
	f.Add([]byte("*-1\r\n\r\n*1\r\n$0\r\n\r\n"))
	f.Add([]byte("set \"a\nb\" '\x00"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		in := bufio.NewReader(bytes.NewReader(sent))
		for {
			parts, err := readRequest(in)
			if err != nil {
				if !errors.Is(err, errFrame) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("an end of another kind: %v", err)
				}
				return
			}
			encoded := encodeRequest(parts)
			if (len(parts) == 0) != (len(encoded) == 0) {
				t.Fatalf("%q is passed on as %q", parts, encoded)
			}
			if len(parts) == 0 {
				continue
			}
			again, err := readRequest(bufio.NewReader(bytes.NewReader(encoded)))
			if err != nil || !slices.Equal(again, parts) {
				t.Errorf("%q comes back as %q (%v)", parts, again, err)
			}
		}
	})
}

// A line of words splits as a shell splits it.
func TestWords(t *testing.T) {
	vars := map[string]string{"A": "one two", "B": "b"}
	for line, want := range map[string]string{
		`a  b`:               "a|b",
		`"a b" c`:            "a b|c",
		`a'b c'd`:            "ab cd",
		`"" x`:               "|x",
		`$A ${B}`:            "one two|b",
		`"$A"-'$A'`:          "one two-$A",
		`${C:-dflt} ${B:-x}`: "dflt|b",
		`"it's"`:             "it's",
		"a\tb\n c":           "a|b|c",
		``:                   "",
	} {
		if got := strings.Join(words(line, vars), "|"); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	if got := words("$A", nil); len(got) != 1 || got[0] != "$A" {
		t.Errorf("without variables: %q", got)
	}
}
