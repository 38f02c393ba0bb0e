package local

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"testrunner/env/service"
)

// How long the start of a service is watched for its word on its port. Who has said nothing by then is started all the same: readiness
// will tell.
const (
	serverWord  = 10 * time.Second
	commandWord = 250 * time.Millisecond
)

// quoted are the last lines of a server that ended before its start came back.
const quoted = 50

// errTaken says that a server found its port in use.
var errTaken = errors.New("somebody else took its port")

// port is where a service will listen: as the compose file publishes it where that is asked for, else wherever there is room.
func (p *Provider) port(ctx context.Context, s service.Spec, own int, tell service.Tell) (l portLease, fixed bool, err error) {
	if p.set.AsWritten {
		if number := writtenPort(s.Container, own); number > 0 {
			l, err = takeWritten(ctx, number, p.holds(s.Name))
			return l, true, err
		}
	}
	l, err = takePort(s, own, p.holds(s.Name), tell)
	return l, false, err
}

// withPort starts a process with a port of its own, and again with another if that was taken in the last moment.
func (p *Provider) withPort(ctx context.Context, s service.Spec, own int, word time.Duration, tell service.Tell,
	begin func(portLease) (*instance, error)) (*instance, error) {
	for try := 1; ; try++ {
		port, fixed, err := p.port(ctx, s, own, tell)
		if err != nil {
			return nil, err
		}
		if p.took != nil {
			p.took(port.number)
		}
		in, err := begin(port)
		if err != nil {
			port.release()
			return nil, err
		}
		err = in.settle(ctx, word)
		if err == nil {
			return in, nil
		}
		again := errors.Is(err, errTaken) && try < portTries && !fixed
		if again {
			in.folder = "" // the next life has it
		}
		if stopErr := in.Stop(context.WithoutCancel(ctx)); stopErr != nil {
			return nil, errors.Join(err, stopErr)
		}
		if again {
			tell(fmt.Sprintf("%s: port %d was taken by somebody else in the last moment, so it gets another", s.Name, port.number))
			continue
		}
		return nil, err
	}
}

// settle waits until the process has bound its port. An error says that it never will.
func (in *instance) settle(ctx context.Context, word time.Duration) error {
	wait := time.NewTimer(word)
	defer wait.Stop()
	select {
	case <-in.bound:
		return nil
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-in.taken:
		// Some go on with another port or address after such a word. It counts when they end, or have not bound by the time.
		select {
		case <-in.bound:
			return nil
		case <-in.done:
		case <-wait.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		return errTaken
	case <-in.done:
	}
	if isClosed(in.taken) {
		return errTaken
	}
	how := fmt.Sprintf("it ended with status %d", in.end.Code)
	if in.end.Signal != "" {
		how = "it was ended by " + in.end.Signal
	}
	log := in.Log(quoted)
	if len(log) == 0 {
		return errors.New(how + ", and wrote nothing")
	}
	return &service.Died{Err: fmt.Errorf("%s: %s", how, strings.Join(log[max(0, len(log)-5):], " | ")), Log: log}
}

// answers waits until a question to a server that was started is answered without an error.
func (in *instance) answers(ctx context.Context, ask func() error) error {
	for deadline := time.Now().Add(serverWord); ; {
		err := ask()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-in.done:
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}
