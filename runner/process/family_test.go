package process

import (
	"errors"
	"io/fs"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestFamily(t *testing.T) {
	table := []proc{
		{pid: 1, start: 1, pgid: 1},
		{pid: 10, ppid: 1, pgid: 10, start: 100},  // the leader
		{pid: 11, ppid: 10, pgid: 10, start: 101}, // its child
		{pid: 12, ppid: 11, pgid: 12, start: 102}, // left the group
		{pid: 13, ppid: 1, pgid: 10, start: 103},  // lost its parent, still in the group
		{pid: 14, ppid: 1, pgid: 14, start: 104},  // lost both: known from before
		{pid: 15, ppid: 14, pgid: 14, start: 105}, // child of that
		{pid: 16, ppid: 10, pgid: 10, start: 106, zombie: true},
		{pid: 17, ppid: 10, pgid: 17, start: 50}, // older than its parent: a stranger whose parent's id was given away
		{pid: 20, ppid: 1, pgid: 20, start: 90},  // strangers
		{pid: 21, ppid: 20, pgid: 20, start: 91},
	}
	known := map[int]proc{10: table[1], 14: table[5], 20: {pid: 20, start: 7}} // 20 was another process then
	for name, c := range map[string]struct {
		roots  map[int]proc
		groups map[int]bool
		except map[int]bool
		want   []int
	}{
		"leader alone":             {roots: map[int]proc{10: table[1]}, want: []int{10, 11, 12}},
		"with the group":           {roots: map[int]proc{10: table[1]}, groups: map[int]bool{10: true}, want: []int{10, 11, 12, 13}},
		"with what is known":       {roots: known, groups: map[int]bool{10: true}, want: []int{10, 11, 12, 13, 14, 15}},
		"an exception is a border": {roots: known, except: map[int]bool{11: true}, want: []int{10, 14, 15}},
	} {
		if got := pids(family(table, c.roots, c.groups, c.except)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	if got := pids(leaves(table[1:4])); !slices.Equal(got, []int{12}) {
		t.Errorf("leaves: %v", got)
	}
}

// Whatever the table looks like (cycles, reused ids): it ends, is sorted, and holds nobody without a reason.
func TestFamily_of_any_table(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var table []proc
		used := map[int]bool{}
		for range rapid.IntRange(0, 30).Draw(t, "n") {
			p := proc{
				pid: rapid.IntRange(1, 40).Draw(t, "pid"), ppid: rapid.IntRange(0, 40).Draw(t, "ppid"),
				pgid: rapid.IntRange(1, 40).Draw(t, "pgid"), start: rapid.Uint64Range(1, 50).Draw(t, "start"),
				zombie: rapid.Bool().Draw(t, "zombie"),
			}
			if !used[p.pid] {
				used[p.pid] = true
				table = append(table, p)
			}
		}
		root := proc{pid: rapid.IntRange(1, 40).Draw(t, "root"), start: rapid.Uint64Range(1, 50).Draw(t, "born")}
		group := rapid.IntRange(1, 40).Draw(t, "group")
		got := family(table, map[int]proc{root.pid: root}, map[int]bool{group: true}, map[int]bool{7: true})
		in := map[int]bool{}
		for i, p := range got {
			in[p.pid] = true
			if p.zombie || p.pid == 7 || i > 0 && got[i-1].pid >= p.pid {
				t.Fatalf("%+v in %+v", p, got)
			}
		}
		all := byPid(table)
		for _, p := range got {
			parent, ok := all[p.ppid]
			reason := p.same(root) || p.pgid == group || ok && p.start >= parent.start && (in[parent.pid] || parent.zombie)
			if !reason {
				t.Fatalf("no reason for %+v in %+v of %+v", p, got, table)
			}
		}
	})
}

func pids(ps []proc) []int {
	var out []int
	for _, p := range ps {
		out = append(out, p.pid)
	}
	return out
}

// A process that may not be opened is there: who asks for it must not take it for gone.
func TestInTable(t *testing.T) {
	table := []proc{{pid: 4}, {pid: 7, start: 77}}
	if p, err := inTable(table, 7); err != nil || p.start != 77 {
		t.Errorf("ours: %+v, %v", p, err)
	}
	if _, err := inTable(table, 4); !errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("one that may not be opened: %v", err)
	}
	if _, err := inTable(table, 8); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
}
