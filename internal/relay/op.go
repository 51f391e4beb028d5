package relay

// The steps of an exchange. They are the values of the Op field of errors of package
// router/h1.
const (
	OpRequest      = "check request"       // the request cannot be written as it is
	OpConnect      = "connect"             // no connection could be made
	OpWait         = "wait for connection" // no connection became free
	OpWrite        = "write request"       // the connection did not take the request
	OpBody         = "read request body"   // the request's own body failed
	OpRead         = "read response"       // no head of a response came
	OpParse        = "parse response"      // what came is not a valid response
	OpResponseBody = "read response body"  // the response broke off after its head
)
