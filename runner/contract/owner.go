package contract

// owners tells whose an event is.
type owners struct {
	path    string
	is      string
	byValue map[string]User // what stands at the path in a user's events
	byNum   map[int]User
	run     string
}

func newOwners(o Owner, users []User) owners {
	out := owners{path: o.Path, is: o.Is, byValue: map[string]User{}, byNum: map[int]User{}}
	if out.is == "" {
		out.is = "{user}"
	}
	for _, u := range users {
		out.byValue[u.fill(out.is)], out.byNum[u.Number], out.run = u, u, u.Run
	}
	return out
}

// foreign says whose an event is that is not the user's own, "" where it may be: nothing in it speaks of another.
func (o owners) foreign(u User, text []byte) string {
	if o.path != "" {
		at, ok := find(text, o.path)
		if !ok || at == u.fill(o.is) {
			return ""
		}
		if other, ok := o.byValue[at]; ok {
			return other.String()
		}
		return "somebody (" + quoted([]byte(at)) + ")"
	}
	for _, n := range mentioned(string(text), o.run) {
		if other, ok := o.byNum[n]; ok && n != u.Number {
			return other.String()
		}
	}
	return ""
}
