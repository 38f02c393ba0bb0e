package main

import (
	"os"
	"testing"
)

// Law 9: a flag that does nothing is a bug. For each flag there is a script that shows what is different with it.
func TestEachFlagHasItsStory(t *testing.T) {
	for _, f := range runFlags() {
		name := f.Names()[0]
		if name == "help" || name == "version" {
			continue // told by help.txtar
		}
		if _, err := os.Stat("testdata/script/flag_" + name + ".txtar"); err != nil {
			t.Errorf("--%s has no testdata/script/flag_%s.txtar that shows its effect", name, name)
		}
	}
}
