// Package process starts programs and sees to it that they end: it is the only room of the product that may import os/exec.
//
// Each program gets a process group of its own (on Windows a Job Object), and the processes below it are followed, so that
// what left the group or lost its parent is still attributed to the program that it came from. A process is only ever
// signalled while it is proven to be the one that was seen before: by its start time, or because its zombie still holds its id.
//
// The package knows nothing of tools, tests, events, services or reports.
package process
