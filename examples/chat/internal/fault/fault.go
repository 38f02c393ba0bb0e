// Package fault names the faults that can be planted in the example by CHAT_FAULT, to see which tests notice each of them. The table is
// in the README.
package fault

import (
	"fmt"
	"slices"
	"strings"
)

// Fault is a planted fault.
type Fault string

// The faults.
const (
	None          Fault = ""
	LoseEvent     Fault = "lose-event"     // tool_completed is never sent
	SwapEvents    Fault = "swap-events"    // tool_completed comes before tool_executing
	WrongUser     Fault = "wrong-user"     // what a user gets, everybody who is connected gets
	SharedState   Fault = "shared-state"   // all connections share one state
	AcceptRevoked Fault = "accept-revoked" // a revoked token is accepted
	LyingHealth   Fault = "lying-health"   // /healthz answers ok, whatever is down
)

// All are the faults that can be planted.
func All() []Fault {
	return []Fault{LoseEvent, SwapEvents, WrongUser, SharedState, AcceptRevoked, LyingHealth}
}

// Parse reads the value of CHAT_FAULT; "" is None. A fault that is not known is an error, so that a misspelt one does not pass for harmless.
func Parse(text string) (Fault, error) {
	f := Fault(text)
	if f != None && !slices.Contains(All(), f) {
		return None, fmt.Errorf("CHAT_FAULT=%s: there is no such fault; there are %s", text, strings.Trim(fmt.Sprint(All()), "[]"))
	}
	return f, nil
}
