package service

// containerKeys are those of a service that say what its container is.
func containerKeys() []Key {
	return concat(
		supported("services.*", "image", "command", "entrypoint", "environment", "env_file", "env_file.path", "env_file.format", "env_file.required",
			"label_file", "labels", "working_dir", "user", "group_add", "init", "hostname", "domainname", "extra_hosts", "dns", "dns_opt", "dns_search",
			"platform", "privileged", "read_only", "cap_add", "cap_drop", "security_opt", "sysctls", "ulimits", "ulimits.*.soft", "ulimits.*.hard",
			"shm_size", "stop_signal", "stop_grace_period", "tmpfs", "devices", "devices.source", "devices.target", "devices.permissions",
			"logging", "logging.driver", "logging.options", "uts", "userns_mode", "cgroup", "runtime"),
		mountKeys(), attachmentKeys(),
		[]Key{
			noEffect("services.*.annotations", "they are for the engine's own plugins"),
			refused("services.*.network_mode", "containers that the run did not make are left alone", "name a service: network_mode: service:NAME").
				only("container:NAME", beginsWith("container:")),
			refused("services.*.pid", "processes of other containers are not shared", "").only("service:NAME and container:NAME", beginsWith("container:", "service:")),
			refused("services.*.ipc", "memory of other containers is not shared", "").only("service:NAME and container:NAME", beginsWith("container:", "service:")),
			noEffect("services.*.pull_policy", "an image that is here is used, whatever its age").
				only("daily, weekly, every_…, refresh", noneOf("always", "never", "missing", "if_not_present", "build")),
			noEffect("services.*.pull_refresh_after", "an image that is here is used, whatever its age"),
			refused("services.*.cgroup_parent", "where the engine keeps containers is its own matter", ""),
			refused("services.*.credential_spec", "it is of Windows containers", ""),
			refused("services.*.isolation", "it is of Windows containers", "").only("but default", noneOf("default")),
			refused("services.*.device_cgroup_rules", "devices are given one by one", "name them under devices"),
			refused("services.*.gpus", "no GPU is reserved", ""),
			refused("services.*.mac_address", "the engine gives the addresses of a run's network", ""),
			refused("services.*.models", "runner serves no models", ""),
			refused("services.*.storage_opt", "the size of a container's disk is the engine's own", ""),
			refused("services.*.umask", "the engine has no such setting", "set it in the command: sh -c \"umask 027; exec …\""),
			refused("services.*.use_api_socket", "a container is not given the engine", "mount the socket, if tests need it: volumes"),
			refused("services.*.volumes_from", "volumes of other containers are not taken over", "name the volume in both services: volumes"),
		},
	)
}

func mountKeys() []Key {
	keys := concat(
		supported("services.*.volumes", "", "source", "target", "read_only", "bind", "bind.create_host_path", "bind.selinux",
			"volume", "volume.nocopy", "tmpfs", "tmpfs.size", "tmpfs.mode"),
		[]Key{
			refused("services.*.volumes.type", "that kind of mount is not made", "use bind, volume or tmpfs").only("npipe, cluster, image", oneOf("npipe", "cluster", "image")),
			noEffect("services.*.volumes.consistency", "engines of today ignore it"),
			refused("services.*.volumes.bind.propagation", "a mount below the folder is not handed on", "").only("but rprivate", noneOf("rprivate")),
			refused("services.*.volumes.bind.recursive", "a folder is mounted with what is mounted below it", "").only("but enabled", noneOf("enabled")),
			noEffect("services.*.volumes.volume.labels", "a run's volumes carry the run's labels alone"),
			refused("services.*.volumes.volume.subpath", "a volume is mounted as a whole", ""),
			refused("services.*.volumes.image", "that kind of mount is not made", "use bind, volume or tmpfs"),
		},
	)
	for _, of := range []string{"secrets", "configs"} {
		keys = append(keys, supported("services.*."+of, "", "source", "target", "uid", "gid", "mode")...)
	}
	return keys
}

func attachmentKeys() []Key {
	return concat(
		supported("services.*.networks", "", "*.aliases", "*.ipv4_address", "*.ipv6_address", "*.priority"),
		[]Key{
			refused("services.*.networks.*.interface_name", "the engine names the interfaces", ""),
			refused("services.*.networks.*.link_local_ips", "the engine gives the addresses of a run's network", ""),
			refused("services.*.networks.*.mac_address", "the engine gives the addresses of a run's network", ""),
			refused("services.*.networks.*.driver_opts", "the driver's own settings are taken", ""),
			refused("services.*.networks.*.gw_priority", "the engine chooses the way out of a container", ""),
			refused("services.*.networks.*.use_service_name_alias", "its peers call each service by its name", "").only("false", oneOf("false")),
		},
	)
}

// resourceKeys are the older keys of what a container may use.
func resourceKeys() []Key {
	const windows = "it is of Windows containers"
	return concat(
		supported("services.*", "mem_limit", "mem_reservation", "memswap_limit", "cpus", "cpu_shares", "cpu_quota", "cpu_period", "cpuset", "pids_limit",
			"oom_kill_disable", "oom_score_adj"),
		[]Key{
			noEffect("services.*.mem_swappiness", "the machine's own setting is taken"),
			noEffect("services.*.blkio_config", "disks are not throttled"),
			noEffect("services.*.cpu_count", windows),
			noEffect("services.*.cpu_percent", windows),
			refused("services.*.cpu_rt_period", "no time of a core is kept for one container", "use cpus"),
			refused("services.*.cpu_rt_runtime", "no time of a core is kept for one container", "use cpus"),
		},
	)
}
