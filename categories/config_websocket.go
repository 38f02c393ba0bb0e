package categories

// WebSocketConfig is what a WebSocket promises. In its texts ${NAME} stands for a variable of the job, {user} for a name that no other
// user has, {n} for the user's number, {run} for a word of this run alone, {token} and {sub} for its token and that token's subject.
type WebSocketConfig struct {
	URL         string                `yaml:"url" jsonschema:"required,minLength=1" jsonschema_description:"The address, such as ${WS_URL}: ws, wss, http or https. {token} in it is the user's token, {last} the last event's id after a reconnect."`
	Headers     map[string]Text       `yaml:"headers" jsonschema_description:"Headers of the upgrade. Default: Authorization: Bearer {token}, unless {token} stands in the url, in a header or in a protocol."`
	Protocols   []Text                `yaml:"protocols" jsonschema_description:"Subprotocols to offer."`
	Token       *TokenConfig          `yaml:"token" jsonschema_description:"How each user gets a token. Default: no token."`
	Users       int                   `yaml:"users" jsonschema:"minimum=1" jsonschema_description:"How many users connect at once. Default: 1."`
	Connections int                   `yaml:"connections" jsonschema:"minimum=1" jsonschema_description:"Connections of each user; all of them get the user's events. Default: 1."`
	Ramp        Duration              `yaml:"ramp" jsonschema_description:"The time over which the users connect. Default: all at once."`
	Send        []Text                `yaml:"send" jsonschema_description:"Messages that each user sends, in this order."`
	Expect      []ExpectConfig        `yaml:"expect" jsonschema_description:"Events that come then to each user, in this order: names, or name and count."`
	Name        string                `yaml:"name" jsonschema_description:"JSON path of an event's name, such as data.kind. What is no JSON is its own name. Default: type."`
	Owner       *OwnerConfig          `yaml:"owner" jsonschema_description:"Where an event says whose it is. Default: an event that holds another user's {user} is that user's."`
	Order       string                `yaml:"order" jsonschema:"enum=strict,enum=any" jsonschema_description:"any: events may come in any order. Default: strict."`
	Never       []Text                `yaml:"never" jsonschema_description:"Names of events that must not come."`
	Shared      bool                  `yaml:"shared" jsonschema_description:"The users are in one room: what is sent to one, others may get. Default: false."`
	Within      Duration              `yaml:"within" jsonschema_description:"How long each answer may take, and the last event after the first message. Default: 10s."`
	Quiet       Duration              `yaml:"quiet" jsonschema_description:"How long to listen on for what must not come. Default: 250ms."`
	Ping        bool                  `yaml:"ping" jsonschema_description:"Each connection must answer a ping. Default: false."`
	Latency     ContractLatencyConfig `yaml:"latency" jsonschema_description:"Thresholds of the 99th percentile of the time from a user's first message to its last event."`
	Reconnect   *ReconnectConfig      `yaml:"reconnect" jsonschema_description:"A connection breaks off, another one takes its place, and what is missing must come there."`
	Refuse      []RefuseConfig        `yaml:"refuse" jsonschema_description:"Connects that must be refused, in this order, after everything else."`
}

// TokenConfig says how a user gets a token: one of login, issuer and variables.
type TokenConfig struct {
	Login     *RequestConfig `yaml:"login" jsonschema_description:"A request whose answer holds the token. With {user} or {n} in it each user has a token of its own."`
	Path      string         `yaml:"path" jsonschema_description:"JSON path of the token in the login's answer. Default: access_token."`
	Issuer    string         `yaml:"issuer" jsonschema_description:"The address of an issuer that signs what it is asked to at POST /token, as a stub with jwt does."`
	Claims    string         `yaml:"claims" jsonschema_description:"The issuer's claims, a JSON object. Default: {\"sub\": \"{user}\"}."`
	Variables []string       `yaml:"variables" jsonschema_description:"Names of variables that hold tokens: one for all users, or one a user."`
}

// RequestConfig is an HTTP request.
type RequestConfig struct {
	URL     string          `yaml:"url" jsonschema:"required,minLength=1" jsonschema_description:"The address."`
	Method  string          `yaml:"method" jsonschema:"pattern=^[A-Za-z]+$" jsonschema_description:"The method. Default: POST."`
	Headers map[string]Text `yaml:"headers" jsonschema_description:"Headers."`
	Body    Text            `yaml:"body" jsonschema_description:"The body; JSON is sent as application/json. Default: empty."`
}

// ExpectConfig is an event; a text alone is its name.
type ExpectConfig struct {
	Name  string `yaml:"name" jsonschema:"required,minLength=1" jsonschema_description:"The event's name."`
	Count int    `yaml:"count" jsonschema:"minimum=1" jsonschema_description:"How often it comes in a row. Default: once."`
}

// OwnerConfig says whose an event is.
type OwnerConfig struct {
	Path string `yaml:"path" jsonschema:"required,minLength=1" jsonschema_description:"JSON path of what names the owner."`
	Is   string `yaml:"is" jsonschema_description:"What stands there in a user's own events. Default: {user}."`
}

// ContractLatencyConfig are thresholds.
type ContractLatencyConfig struct {
	Warn Duration `yaml:"warn" jsonschema_description:"More than that is noted. Default: none."`
	Fail Duration `yaml:"fail" jsonschema_description:"More than that fails. Default: none."`
}

// ReconnectConfig is a connection that breaks off.
type ReconnectConfig struct {
	After string `yaml:"after" jsonschema_description:"The event after which it breaks off; the rest must come to the new connection. Default: before anything is sent."`
	Last  string `yaml:"last" jsonschema_description:"JSON path of what {last} is in the url of the new connection. Default: id."`
}

// RefuseConfig is a connect that must be refused.
type RefuseConfig struct {
	Name    string          `yaml:"name" jsonschema:"required,minLength=1" jsonschema_description:"What is wrong with it; the test is called refused: NAME."`
	Token   Text            `yaml:"token" jsonschema_description:"none, or a token to try. Default: a good one."`
	Claims  string          `yaml:"claims" jsonschema_description:"Claims, a JSON object, over those of token's issuer; null takes one away."`
	Revoke  *RequestConfig  `yaml:"revoke" jsonschema_description:"A request that is sent before, with {token}: the token is good until then."`
	Headers map[string]Text `yaml:"headers" jsonschema_description:"Headers of the upgrade, over those of the contract."`
	Status  int             `yaml:"status" jsonschema:"minimum=300,maximum=599" jsonschema_description:"The HTTP status that must come instead of the upgrade."`
	Close   int             `yaml:"close" jsonschema:"minimum=1000,maximum=4999" jsonschema_description:"The close code that must come after the upgrade. With status either will do."`
}
