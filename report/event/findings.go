package event

// The IDs of preflight's findings that somebody decides by. Those of tools are their adapters', "tool.NAME" and what lies below it.
const (
	DockerEngine     = "docker.engine"     // ok: it answers, and `info` too; Value is the state's name
	DockerHost       = "docker.host"       // which engine is asked, and the rule that chose it
	DockerMemory     = "docker.memory"     // what the engine's machine has for containers, in bytes
	DockerCores      = "docker.cores"      // the engine's
	DockerDisk       = "docker.disk"       // free where the engine keeps its data, in bytes; only of an engine on this machine
	DockerContainers = "docker.containers" // running and stopped
	DockerNetworks   = "docker.networks"
	DockerLeftovers  = "docker.leftovers" // of runs that are dead
	DockerProjects   = "docker.projects"  // ok: no container holds a port that is wanted; and ".5432": who holds that one
	DockerProbe      = "docker.probe"     // doctor's containers: started, and found each other by name

	HostMemory  = "host.memory"  // free here, in bytes
	HostDisk    = "host.disk"    // free where results are written, in bytes
	HostLoad    = "host.load"    // how busy the cores are, in percent
	HostEngines = "host.engines" // other engines that run beside the one that is used
	HostPort    = "host.port"    // and ".5432": whether that port can be had

	StagingSecrets = "staging.secrets" // whether the declared variables have values
	StagingBefore  = "staging.before"  // how the environment's hook ended
	StagingAddress = "staging"         // and ".auth.name", ".tls", ".health", ".websocket", ".clock", ".latency": of a service's address

	Kept    = "kept"    // whether services are up that a run may use; and ".postgres": whether that one of them is ready
	Compose = "compose" // and ".file": whether the compose files can be read; ".postgres": whether they have that service
	Local   = "local"   // and ".postgres": what would serve it on this machine without Docker
	Address = "address" // and ".postgres": whether the address that the user names for it may be used
)
