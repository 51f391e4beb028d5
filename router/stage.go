package router

import "net/http"

// A stage is one concern of a request on its way to an endpoint. The stages of a
// request are, from above:
//
//	router    counting  receive  serverSpan  identify
//	service   counting  latency  (the program's own)  deadline  retry  bind
//	client    (the program's own)  requeue  pick
//	endpoint  attempts  clientSpan  accrual  classify  diagnose  attemptDeadline  header  send
//
// They are made once, for a router, a service, a replica set or an endpoint, and keep
// nothing of a request: that is in the exchange, in the fields of their file.
type stage interface {
	// do handles a request, usually by calling do of the stage below.
	do(x *exchange) (*http.Response, error)
	// done is called once after each do, by the stage above, with what became of all
	// that do began: when the error is known to be final, or when the body of the
	// response has ended. It calls done of the stage below first, if do called its do.
	done(x *exchange, o Outcome)
}
