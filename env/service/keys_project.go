package service

// projectKeys are those beside the services.
func projectKeys() []Key {
	return concat(
		supported("name", ""),
		[]Key{noEffect("version", "the compose specification has no versions any more")},
		supported("include", "", "path", "env_file", "project_directory"),
		supported("services", ""),
		networkKeys(), volumeKeys(),
		fileKeys("secrets"), fileKeys("configs"),
		supported("configs.*", "content"),
		[]Key{
			refused("secrets.*.driver", "a driver of secrets works in a swarm alone", "give the secret by file or environment"),
			refused("secrets.*.driver_opts", "a driver of secrets works in a swarm alone", "give the secret by file or environment"),
			noEffect("models", "runner serves no models; a service that uses one is refused"),
			noEffect("jobs", "nothing in a test run starts a job"),
		},
	)
}

func networkKeys() []Key {
	return concat(
		supported("networks", "", "*.driver", "*.ipam", "*.ipam.config", "*.ipam.config.subnet", "*.external", "*.external.name", "*.internal"),
		[]Key{
			noEffect("networks.*.name", "each run has networks of its own, named after the run").only("of a network that is not external", notExternal),
			noEffect("networks.*.driver_opts", "the driver's own settings are taken"),
			refused("networks.*.ipam.driver", "addresses are given by the engine's own driver", "").only("but default", noneOf("default")),
			noEffect("networks.*.ipam.config.ip_range", "addresses are given from the whole subnet"),
			noEffect("networks.*.ipam.config.gateway", "the engine takes an address of the subnet"),
			refused("networks.*.ipam.config.aux_addresses", "no address of a run's network is kept free for others", ""),
			refused("networks.*.ipam.options", "addresses are given by the engine's own driver", ""),
			refused("networks.*.enable_ipv4", "the tests reach services over IPv4", "").only("false", oneOf("false")),
			refused("networks.*.enable_ipv6", "a run's network has IPv4 alone", "").only("true", oneOf("true")),
			noEffect("networks.*.attachable", "nobody but the run joins its networks"),
			noEffect("networks.*.labels", "a run's networks carry the run's labels alone"),
		},
	)
}

func volumeKeys() []Key {
	return concat(
		supported("volumes", "", "*.driver", "*.driver_opts", "*.external", "*.external.name"),
		[]Key{
			noEffect("volumes.*.name", "each run has volumes of its own, named after the run").only("of a volume that is not external", notExternal),
			noEffect("volumes.*.labels", "a run's volumes carry the run's labels alone"),
		},
	)
}

// fileKeys are those of secrets and configs, which differ little.
func fileKeys(of string) []Key {
	swarm := "it is kept in a swarm, which tests have not"
	return concat(
		supported(of, "", "*.file", "*.environment"),
		[]Key{
			refused(of+".*.external", swarm, "give it by file or environment").only("true", noneOf("false")),
			refused(of+".*.external.name", swarm, "give it by file or environment"),
			refused(of+".*.template_driver", "its text is taken as it is", ""),
			noEffect(of+".*.name", "it is mounted by its key"),
			noEffect(of+".*.labels", "it is a file, which has no labels"),
		},
	)
}

func concat(parts ...[]Key) []Key {
	var out []Key
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}
