package lease

// syncFolder does nothing: the file system writes the names of its journal down by itself.
func syncFolder(string) error { return nil }
