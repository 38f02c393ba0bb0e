package service

// serviceKeys are those of a service that are about more than its container: what it waits for, its ports, how often it runs.
func serviceKeys() []Key {
	const hooks = "a command of runner.yaml runs when the service is ready: services, NAME, before"
	return concat(
		supported("services.*", "profiles", "extends", "extends.service", "extends.file", "expose", "stdin_open", "tty"),
		supported("services.*.depends_on", "", "*.restart", "*.required", "*.condition"),
		supported("services.*.healthcheck", "", "disable", "test", "timeout", "retries", "start_period"),
		supported("services.*.ports", "", "host_ip", "target", "published", "protocol"),
		[]Key{
			{Path: "services.*.healthcheck.interval", Does: Supported, Why: "with retries it says how long the check may fail; runner asks on a shorter pause of its own"},
			noEffect("services.*.healthcheck.start_interval", "runner asks on a shorter pause of its own"),
			noEffect("services.*.ports.name", "a port is known by its number"),
			noEffect("services.*.ports.mode", "there is one machine, and no swarm"),
			noEffect("services.*.ports.app_protocol", "runner finds out what a port speaks"),
			noEffect("services.*.develop", "nothing is watched and rebuilt while tests run"),
			noEffect("services.*.restart", "runner itself starts again what crashes, a few times"),
			noEffect("services.*.scale", "one container is started").only("more than 1", noneOf("0", "1")),
			noEffect("services.*.attach", "the output of every service is kept, and shown on request"),
			noEffect("services.*.container_name", "containers are named after the run, so that several runs don't clash"),
			refused("services.*.provider", "what is outside of the engine is not started by runner", "name its address in runner.yaml: environments, NAME, addresses"),
			refused("services.*.links", "a second name for one of its peers is not given", "give the peer an alias: networks, NAME, aliases").only("NAME:ALIAS", renames),
			refused("services.*.external_links", "containers that the run did not make are left alone", "name its address in runner.yaml: environments, NAME, addresses"),
			refused("services.*.pre_start", "no container is started before the service's own", "make it a service that this one waits for: depends_on with service_completed_successfully"),
			refused("services.*.post_start", "no command is run in a container that was started", hooks),
			noEffect("services.*.pre_stop", "the container goes away with all that it holds"),
		},
		deployKeys(),
	)
}

func deployKeys() []Key {
	const swarm = "there is one machine, and no swarm"
	return concat(
		supported("services.*.deploy", "", "resources"),
		supported("services.*.deploy.resources", "limits", "limits.cpus", "limits.memory", "limits.pids", "reservations", "reservations.memory"),
		[]Key{
			noEffect("services.*.deploy.replicas", "one container is started").only("more than 1", noneOf("0", "1")),
			noEffect("services.*.deploy.mode", swarm),
			noEffect("services.*.deploy.endpoint_mode", swarm),
			noEffect("services.*.deploy.labels", "they are a swarm's, and not the container's"),
			noEffect("services.*.deploy.rollback_config", "nothing is updated while tests run"),
			noEffect("services.*.deploy.update_config", "nothing is updated while tests run"),
			noEffect("services.*.deploy.restart_policy", "runner itself starts again what crashes, a few times"),
			noEffect("services.*.deploy.placement", swarm),
			noEffect("services.*.deploy.resources.reservations.cpus", "cores are kept free in a swarm alone"),
			noEffect("services.*.deploy.resources.reservations.generic_resources", swarm),
			refused("services.*.deploy.resources.reservations.devices", "no GPU or other device is reserved", ""),
		},
	)
}

// buildKeys are those of build.
func buildKeys() []Key {
	const buildkit = "images are built by the engine itself, which can't do that"
	return concat(
		supported("services.*.build", "", "dockerfile", "dockerfile_inline", "args", "labels", "cache_from", "no_cache", "network", "pull",
			"target", "shm_size", "extra_hosts", "platforms"),
		[]Key{
			refused("services.*.build.context", "a context that lies elsewhere is not fetched", "copy it into the repository, or name an image").
				only("a URL", beginsWith("http://", "https://", "git://", "ssh://", "git@", "github.com/", "oci://")),
			refused("services.*.build.entitlements", buildkit, ""),
			refused("services.*.build.ssh", buildkit, "build the image beforehand, and name it under image"),
			noEffect("services.*.build.cache_to", "what was built stays in the engine"),
			refused("services.*.build.no_cache_filter", buildkit, "no_cache builds everything anew"),
			refused("services.*.build.additional_contexts", buildkit, "copy what is needed into the context"),
			noEffect("services.*.build.tags", "what is built is kept under a key of its own, for runs alone"),
			noEffect("services.*.build.provenance", "the image is not published"),
			noEffect("services.*.build.sbom", "the image is not published"),
			refused("services.*.build.isolation", "it is of Windows containers", "").only("but default", noneOf("default")),
			refused("services.*.build.privileged", buildkit, ""),
			refused("services.*.build.secrets", buildkit, "build the image beforehand, and name it under image"),
			refused("services.*.build.ulimits", buildkit, ""),
		},
	)
}
