package stub

import (
	"encoding/json"
	"testing"
)

func TestYAMLValues(t *testing.T) {
	got, err := parseYAML([]byte(`
a: 1
b: -0x10
c: 1.10
d: 1.5e+3
e: .5
f: "1"
g: |
  two
  lines
h: ~
i: [yes, true, 2024-01-01]
j: { <<: &m { x: 1, y: 2 }, y: 3 }
k: *m
200: n
true: t
`))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"200":"n","a":1,"b":-16,"c":1.10,"d":1.5e+3,"e":0.5,"f":"1","g":"two\nlines\n","h":null,"i":["yes",true,"2024-01-01"],"j":{"x":1,"y":3},"k":{"x":1,"y":2},"true":"t"}`
	if string(text) != want {
		t.Errorf("%s\nwant\n%s", text, want)
	}
	if _, err := parseYAML([]byte("a: .inf")); err == nil {
		t.Error(".inf is a number of JSON")
	}
}
