//go:build unix

package keeper

import (
	"os"
	"testing"
	"time"
)

// Somebody removes the folder under a keeper: it takes its services down, since no command finds them any more.
func TestKeeperWhoseFolderVanishes(t *testing.T) {
	f, s, _ := launched(t, "", 0)
	if err := os.RemoveAll(string(f)); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); s.Keeper.Alive(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it stays")
		}
	}
}
