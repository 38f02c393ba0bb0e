package docker

import (
	"context"
	"errors"

	"testrunner/env/service"
)

// EngineAnswers is service.Hosted: whether the engine lives, asked on a fresh connection.
func (i *instance) EngineAnswers(ctx context.Context) error {
	return i.p.engineAnswers(ctx)
}

func (p *Provider) engineAnswers(ctx context.Context) error {
	err := p.s.Engine.Fresh(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New(engineSilent)
	}
	return errors.New(engineDied)
}

// blame tells an error of the engine's own from one of what was asked of it: an engine that does not answer a ping any more has died.
func (p *Provider) blame(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, pingClock)
	defer cancel()
	if gone := p.engineAnswers(ctx); gone != nil && context.Cause(ctx) != context.Canceled {
		return &engineError{gone.Error(), err}
	}
	return err
}

// engineError is what failed because the engine is no more.
type engineError struct {
	gone string
	err  error
}

func (e *engineError) Error() string   { return e.gone + ": " + e.err.Error() }
func (e *engineError) Unwrap() []error { return []error{service.ErrEngine, e.err} }
