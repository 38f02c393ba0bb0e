package stub

import "testing"

// How many databases there are is asked by runner itself, and is no complaint against the tests.
func TestRedisTellsItsNumberOfDatabases(t *testing.T) {
	i := start(t, redisSpec("redis-server", "--databases", "4"))
	connect(t, i).must(t, "*2\r\n$9\r\ndatabases\r\n$1\r\n4\r\n", "CONFIG", "GET", "Databases")
	if complaint := i.Complaint(); complaint != "" {
		t.Error(complaint)
	}
}
