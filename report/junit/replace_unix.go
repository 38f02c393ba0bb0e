//go:build unix

package junit

import "os"

// replace renames a file over another.
func replace(from, to string) error { return os.Rename(from, to) }
