package process

func systemRoles() map[string]func(string) int {
	return map[string]func(string) int{
		"parent": func(string) int {
			_ = spawnSleeper().Wait()
			return 0
		},
		"leaver": func(string) int {
			spawnSleeper()
			return 0
		},
	}
}
