//go:build !linux

package process

// BecomeSubreaper does nothing here: a Job Object holds all descendants on Windows, and there is no such thing on macOS.
func BecomeSubreaper() error { return nil }

// Orphans finds nothing here: nothing is adopted by this process.
func Orphans() (ids []ID, what []string) { return nil, nil }

// SweepOrphans finds nothing here: nothing is adopted by this process.
func SweepOrphans() []string { return nil }
