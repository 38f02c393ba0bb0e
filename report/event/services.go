package event

import "time"

// ServiceChanged says what became of a service of the run.
type ServiceChanged struct {
	Service  string       `json:"service"`
	By       Provider     `json:"by"`
	Fidelity Fidelity     `json:"fidelity"`
	State    ServiceState `json:"state"`             // preparing, waiting, starting, started, ready, restarting, completed, failed, ended
	Address  string       `json:"address,omitempty"` // without credentials, once it was started
	MS       int64        `json:"ms,omitempty"`      // when ready: since its start
	Probes   int          `json:"probes,omitempty"`  // when ready: how often it was asked
	LagMS    int64        `json:"lag_ms,omitempty"`  // when ready: from the last probe that failed, the most that waiting can have added
	Last     string       `json:"last,omitempty"`    // when ready: the condition that came last
	Message  string       `json:"message,omitempty"` // one line: progress, or why
	Log      []string     `json:"log,omitempty"`     // its last lines, where it failed or crashed
}

// ServiceState is where a service stands.
type ServiceState string

// ServiceLost says that a service that had been ready was gone for a while. What failed in that time in a job that needs it says nothing
// of the test.
type ServiceLost struct {
	Service string    `json:"service"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to,omitzero"`      // zero: it did not come back
	Detail  string    `json:"detail"`           // what happened
	Engine  bool      `json:"engine,omitempty"` // the engine under it died
}
