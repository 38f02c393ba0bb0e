package categories

// ServiceConfig is what the compose file can't say of a service. In its texts {url}, {host} and {port} stand for this run's address,
// {database} for the job's own database.
type ServiceConfig struct {
	Env        map[string]Text `yaml:"env" jsonschema_description:"Environment variables for the tests, with {url}, {host}, {port} and {database} for what this run has."`
	Ready      ReadyConfig     `yaml:"ready" jsonschema_description:"When the service is ready: the path that answers, such as /healthz, ws:/ws for a WebSocket, grpc: for gRPC's health service, or several conditions that must all hold. Default: what its protocol offers."`
	Local      Command         `yaml:"local" jsonschema_description:"The command that serves it without Docker, with {host} and {port}, as a list or as plain words. No shell is involved. Default: PostgreSQL and Redis by their own programs, else none."`
	Before     Command         `yaml:"before" jsonschema_description:"A command that runs once when the service is ready, before any test that needs it: migrations, seed. It gets the service's variables, and {url}, {host}, {port} and {database}."`
	AnyVersion bool            `yaml:"any_version" jsonschema_description:"Without Docker, another major version than the compose file's image will do, even for --real-services. Default: false."`
	Stub       *StubConfig     `yaml:"stub" jsonschema_description:"What a stub of it answers, for the categories and suites that list it under stubs. Redis needs none; of a database there is none."`
}

// ReadyConfig is when a service is ready; a text alone is its path.
type ReadyConfig struct {
	Path    string   `yaml:"path" jsonschema:"pattern=^(ws:)?/|^grpc:" jsonschema_description:"The path that answers when the service is ready, such as /healthz; ws:/ws upgrades to a WebSocket, grpc: or grpc:NAME asks gRPC's health service."`
	Log     string   `yaml:"log" jsonschema_description:"A regular expression that a line of its output must match."`
	Command Command  `yaml:"command" jsonschema_description:"A command on this machine that must end with 0, with {url}, {host}, {port} and {database}."`
	Within  Duration `yaml:"within" jsonschema_description:"How long it may take from its start. Default: 60s, or what the compose file's healthcheck allows where that is more."`
}

// StubConfig is what a stub answers. What it does not know fails loudly.
type StubConfig struct {
	Routes    []RouteConfig `yaml:"routes" jsonschema:"minItems=1" jsonschema_description:"Answers to HTTP requests, by method and path."`
	OpenAPI   string        `yaml:"openapi" jsonschema_description:"An OpenAPI file whose examples are the answers to HTTP requests."`
	JWT       *IssuerConfig `yaml:"jwt" jsonschema_description:"An issuer of tokens: POST /token signs the claims that it gets, /.well-known/jwks.json has the keys."`
	WebSocket *ScriptConfig `yaml:"websocket" jsonschema_description:"A script of messages that is played to whoever connects."`
}

// RouteConfig is one answer to HTTP requests.
type RouteConfig struct {
	Method  string          `yaml:"method" jsonschema:"pattern=^[A-Za-z]+$" jsonschema_description:"The method. Default: GET."`
	Path    string          `yaml:"path" jsonschema:"required,pattern=^/" jsonschema_description:"The path; {name} stands for one segment."`
	Status  int             `yaml:"status" jsonschema:"minimum=200,maximum=599" jsonschema_description:"The status. Default: 200."`
	Headers map[string]Text `yaml:"headers" jsonschema_description:"Headers of the answer."`
	Body    Text            `yaml:"body" jsonschema_description:"The answer; {name} stands for the segment of the path. JSON is sent as application/json. Default: empty."`
}

// IssuerConfig is an issuer of tokens.
type IssuerConfig struct {
	Issuer   string   `yaml:"issuer" jsonschema_description:"The claim iss, a URL. Default: the stub's own address."`
	Audience string   `yaml:"audience" jsonschema_description:"The claim aud. Default: none."`
	Lifetime Duration `yaml:"lifetime" jsonschema_description:"How long a token is good. Default: 15m."`
}

// ScriptConfig is the script of a WebSocket.
type ScriptConfig struct {
	Path     string          `yaml:"path" jsonschema:"required,pattern=^/" jsonschema_description:"The path at which it upgrades, such as /ws."`
	Messages []MessageConfig `yaml:"messages" jsonschema:"required,minItems=1" jsonschema_description:"What is expected and sent, in this order."`
}

// MessageConfig is one step of a script.
type MessageConfig struct {
	Expect Text     `yaml:"expect" jsonschema_description:"A JSON value that the next message must contain, or its whole text. Default: nothing is waited for."`
	Send   Text     `yaml:"send" jsonschema_description:"The message to send then. Default: none."`
	After  Duration `yaml:"after" jsonschema_description:"How long to wait before sending. Default: not at all."`
}

// EnvironmentConfig is a name for --env.
type EnvironmentConfig struct {
	Mode      string          `yaml:"mode" jsonschema:"enum=auto,enum=docker,enum=no-docker,enum=staging" jsonschema_description:"Where services come from. Default: the mode of that name, else auto."`
	Compose   Files           `yaml:"compose" jsonschema_description:"Compose files in the place of the project's own."`
	Profiles  []string        `yaml:"profiles" jsonschema_description:"Profiles of the compose file whose services count as those without one do."`
	Variables map[string]Text `yaml:"variables" jsonschema_description:"Environment variables of every job in this environment."`
	Addresses map[string]Text `yaml:"addresses" jsonschema_description:"Addresses of services that run somewhere, by service; ${NAME} stands for a variable. Runner never starts or stops them."`
	Secrets   []string        `yaml:"secrets" jsonschema_description:"Names of variables that hold secrets: they must have values in staging, and are masked in every report."`
	Before    Command         `yaml:"before" jsonschema_description:"Mode staging only: a command that runs before its services are looked at, such as a deployment, where the environment is asked for by name. It runs at the root and gets the environment's variables. Default: none."`
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
