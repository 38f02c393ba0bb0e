package docker

import "testing"

// Only what nobody owns any more may be swept: neither a process nor the books of a run that lives.
func TestAbandoned(t *testing.T) {
	all := []Leftover{
		{Name: "dead", Maker: Maker{Run: "1"}, Fate: Dead}, {Name: "kept", Maker: Maker{Run: "2"}, Fate: Dead},
		{Name: "alive", Maker: Maker{Run: "1"}, Fate: Alive}, {Name: "foreign", Maker: Maker{Run: "1"}, Fate: Foreign},
	}
	got := Abandoned(all, map[string]bool{"2": true})
	if len(got) != 1 || got[0].Name != "dead" {
		t.Errorf("%v", got)
	}
}
