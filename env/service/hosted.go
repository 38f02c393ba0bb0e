package service

import (
	"context"
	"errors"
	"time"
)

// ErrEngine says that an engine died, or fell silent: nothing is started again on it. A provider's error that has it in its chain is no
// fault of the service.
var ErrEngine = errors.New("the engine under it died")

// engineClock is how long an engine may take to say that it lives, when something on it went wrong.
const engineClock = 2 * time.Second

// Hosted is an instance that lives on an engine, which may die without it.
type Hosted interface {
	// EngineAnswers asks the engine, on a connection of its own. The error says what is wrong with it.
	EngineAnswers(context.Context) error
}

// engineGone says why the engine under an instance is no more, "" where it lives or there is none.
func (e *Environment) engineGone(in Instance) string {
	hosted, ok := in.(Hosted)
	if !ok {
		return ""
	}
	ctx, cancel := context.WithTimeout(e.ctx, engineClock)
	defer cancel()
	err := hosted.EngineAnswers(ctx)
	if err == nil || e.ctx.Err() != nil {
		return ""
	}
	return err.Error()
}
