package stub

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// contains says why a value does not contain another one, "" where it does: an object has the wanted members, which contain theirs; a
// list has as many items, each of which contains its own; all else is equal, numbers by their value. at is the place so far.
func contains(value, want any, at string) string {
	switch want := want.(type) {
	case map[string]any:
		object, ok := value.(map[string]any)
		if !ok {
			return differ(value, want, at)
		}
		var names []string
		for name := range want {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			member, ok := object[name]
			if !ok {
				return fmt.Sprintf("expected %s.%s, which is missing", at, printable(name))
			}
			if why := contains(member, want[name], at+"."+printable(name)); why != "" {
				return why
			}
		}
		return ""
	case []any:
		list, ok := value.([]any)
		if !ok || len(list) != len(want) {
			return differ(value, want, at)
		}
		for i := range want {
			if why := contains(list[i], want[i], fmt.Sprintf("%s[%d]", at, i)); why != "" {
				return why
			}
		}
		return ""
	case json.Number:
		if number, ok := value.(json.Number); ok && sameNumber(number, want) {
			return ""
		}
		return differ(value, want, at)
	}
	if value != want {
		return differ(value, want, at)
	}
	return ""
}

// sameNumber compares by value: 1 is 1.0. What no float can hold, and what has an exponent, is as exact as a float is.
func sameNumber(a, b json.Number) bool {
	if a == b {
		return true
	}
	x, err := a.Float64()
	y, err2 := b.Float64()
	if err != nil || err2 != nil || x != y {
		return false
	}
	if strings.ContainsAny(string(a+b), "eE") || len(a)+len(b) > 1000 {
		return true // working it out could take for ever
	}
	r, ok := new(big.Rat).SetString(a.String())
	q, ok2 := new(big.Rat).SetString(b.String())
	return ok && ok2 && r.Cmp(q) == 0
}

func differ(value, want any, at string) string {
	if at != "" {
		at += " "
	}
	return fmt.Sprintf("expected %sto be %s, not %s", at, short(want), short(value))
}

func short(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return cut(string(text), 60)
}
