//go:build unix

package docker

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// proofs say of each state how it is shown, and what becomes of its remedy: the test that types it and sees that the state is gone,
// or why none does.
func proofs() map[Name][2]string {
	const table, explain = "TestStatesOfOtherMachines", "TestExplain"
	const notThisSystem, advice, needsNetwork = "of a system or product that is not here", "there is no command for it", "it installs from the network"
	return map[Name][2]string{
		Up: {"TestSystemEngine", advice}, Rootless: {table, advice}, Podman: {table, advice},
		ContextMissing: {"TestSecondEngine", "TestSecondEngine"}, ContextBroken: {"TestChooseHost", "TestSecondEngine: that of context-missing"},
		HostInvalid: {"TestSecondEngine", "TestSecondEngine"}, SSH: {"TestSecondEngine", "TestSecondEngine"}, TLSMaterial: {"TestTLS", advice},
		NotInstalled: {table, needsNetwork}, SocketAbsent: {"TestSystemEngine", "TestSystemEngine"}, Stale: {"TestSystemEngine", "TestSystemEngine"},
		NotASocket: {"TestNotASocket", "TestNotASocket"}, Starting: {"TestStarting", "TestStarting"}, Frozen: {"TestSystemEngine", "TestSystemEngine"},
		Refused: {"TestTCP", "TestSecondEngine: it leads back to the system's engine"}, Unreachable: {"TestTCP", "TestSecondEngine: it leads back to the system's engine"},
		UnknownHost: {"TestTCP", "TestSecondEngine: it leads back to the system's engine"},
		PipeBusy:    {"TestBusyPipe, on Windows", "TestStarting: it waits"},
		DesktopOff:  {table, notThisSystem}, ColimaOff: {table, notThisSystem}, RancherOff: {table, notThisSystem}, OrbStackOff: {table, notThisSystem},
		PodmanOff: {table, notThisSystem}, RootlessOff: {table, notThisSystem},
		ServiceStopped: {"TestService, on Windows", "TestService, on Windows"}, ServiceDisabled: {"TestService, on Windows", notThisSystem},
		PermissionDenied: {"TestPermission", "TestPermission"}, NotLoggedIn: {"TestPermission", "TestPermission"},
		WSLIntegration: {table, advice}, WSL1: {table, notThisSystem}, DefaultSocketOff: {table, notThisSystem},
		RootlessElsewhere: {table, "TestTakeCommand"}, WrongHost: {"TestSecondEngine", "TestSecondEngine"},
		NotDocker: {"TestTCP", "TestSecondEngine: it leads back to the system's engine"}, WindowsContainers: {table, notThisSystem},
		ClientTooOld: {"TestSecondEngine", "TestSecondEngine"}, ClientTooNew: {"TestSecondEngine", "TestSecondEngine"}, EngineTooOld: {table, advice},
		TLSExpected: {"TestTLS", "TestTLS"}, TLSNotSpoken: {"TestTCP", "TestTLS: the other way round"}, TLSRefused: {"TestTLS", advice}, TLSUnverified: {"TestTLS", advice},
		InfoFailed: {table, "TestInfoFrozen: that of info-frozen"}, InfoFrozen: {"TestInfoFrozen", "TestInfoFrozen"}, DiskFull: {"TestDiskFull", "TestDiskFull"},
		Unforeseen: {table, advice},
		PoolEmpty:  {"TestProbeFails", "TestProbeFails"}, RateLimited: {explain, needsNetwork}, Offline: {explain, advice}, PortTaken: {explain, "it only lists"},
		PortReserved: {explain, notThisSystem},
		ImageMissing: {"TestPulls", advice}, ImageNotHere: {"TestPulls", "TestPulls"}, WrongPlatform: {"TestPulls", advice}, LoginNeeded: {"TestPulls", needsNetwork},
		PullSlow: {"TestPulls", "TestPulls: that of image-not-here"}, BuildRefused: {"TestPrepare", advice}, BindRefused: {"TestBinds", advice},
		NetworkMissing: {"TestNetworks", "TestNetworks"}, VolumeMissing: {"TestNetworks", "TestNetworks"}, SubnetTaken: {"TestNetworks", advice},
		CommandRefused: {"TestNetworks", advice},
	}
}

// How many remedies nobody types, by a reason that is not "there is no command": they are of other systems, or need the network.
const notTyped = 15

// Each state is shown by a test that is there, and each remedy is typed or it is known why not.
func TestEachStateHasItsProof(t *testing.T) {
	tests, names := map[string]bool{}, map[Name]bool{}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				tests[d.Name.Name] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok && isName(v.Type) {
						text, _ := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
						names[Name(text)] = true
					}
				}
			}
		}
	}
	reasons := []string{"of a system or product that is not here", "it installs from the network", "it only lists"}
	untyped := 0
	for name := range names {
		proof, ok := proofs()[name]
		test, _, _ := strings.Cut(proof[0], ",")
		if !ok || !tests[test] {
			t.Errorf("the state %s: name the test that shows it", name)
		}
		test, _, _ = strings.Cut(strings.Split(proof[1], ":")[0], ",")
		switch {
		case slices.Contains(reasons, proof[1]):
			untyped++
		case strings.HasPrefix(proof[1], "Test") && !tests[test]:
			t.Errorf("the remedy of %s: there is no %s", name, test)
		}
	}
	for name := range proofs() {
		if !names[name] {
			t.Errorf("there is no state %s any more", name)
		}
	}
	if len(names) < 40 || untyped != notTyped {
		t.Errorf("%d states, of which %d remedies are not typed, want %d", len(names), untyped, notTyped)
	}
}

func isName(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == "Name"
}
