package categories

// ServiceConfig is what the compose file can't say of a service. In its texts {url}, {host} and {port} stand for this run's address,
// {database} for the job's own database.
type ServiceConfig struct {
	Env   map[string]Text `yaml:"env" jsonschema_description:"Environment variables for the tests, with {url}, {host}, {port} and {database} for what this run has."`
	Ready string          `yaml:"ready" jsonschema:"pattern=^/" jsonschema_description:"The path that answers when the service is ready, such as /healthz. Default: what its protocol offers."`
	Local Command         `yaml:"local" jsonschema_description:"The command that serves it without Docker, with {host} and {port}, as a list or as plain words. No shell is involved. Default: PostgreSQL and Redis by their own programs, else none."`
}

// EnvironmentConfig is a name for --env.
type EnvironmentConfig struct {
	Mode      string          `yaml:"mode" jsonschema:"enum=auto,enum=docker,enum=no-docker,enum=staging" jsonschema_description:"Where services come from. Default: the mode of that name, else auto."`
	Compose   Files           `yaml:"compose" jsonschema_description:"Compose files in the place of the project's own."`
	Profiles  []string        `yaml:"profiles" jsonschema_description:"Profiles of the compose file whose services count as those without one do."`
	Variables map[string]Text `yaml:"variables" jsonschema_description:"Environment variables of every job in this environment."`
	Addresses map[string]Text `yaml:"addresses" jsonschema_description:"Addresses of services that run somewhere, by service; ${NAME} stands for a variable. Runner never starts or stops them."`
	Secrets   []string        `yaml:"secrets" jsonschema_description:"Names of variables that hold secrets: they must have values in staging, and are masked in every report."`
	Fallback  string          `yaml:"fallback" jsonschema_description:"The environment of mode staging to take where auto finds neither Docker nor real local services. Default: none."`
}

// PreflightConfig are the thresholds of the checks.
type PreflightConfig struct {
	Memory    Size     `yaml:"memory" jsonschema_description:"Less free memory than that warns. Default: 8GB."`
	Disk      Size     `yaml:"disk" jsonschema_description:"Less free disk than that warns. Default: 20GB."`
	CPU       int      `yaml:"cpu" jsonschema:"minimum=1,maximum=100" jsonschema_description:"Busier cores than that, in percent, warn. Default: 80."`
	Answer    Duration `yaml:"answer" jsonschema_description:"How long the container engine may take to answer. Default: 2s."`
	Info      Duration `yaml:"info" jsonschema_description:"How long it may take to say what it has. Default: 5s in a run, 30s in doctor."`
	ClockSkew Duration `yaml:"clock_skew" jsonschema_description:"How far staging's clock may be from this one. Default: 30s."`
	TLSDays   int      `yaml:"tls_days" jsonschema:"minimum=1" jsonschema_description:"A certificate of staging that ends sooner warns, in days. Default: 14."`
}
