package post

import "net/http"

// Protocol is what a kind of collector expects, and how it responds.
type Protocol struct {
	// Name begins errors: "zipkin".
	Name string
	// Endpoint is where posts go unless Config has another.
	Endpoint string
	// ContentType is that of the bodies.
	ContentType string
	// Retryable reports whether a post may be tried again after a response with a status
	// that is no success.
	Retryable func(status int) bool
	// ReplyBytes is how much of a response's body is read. Default: 256.
	ReplyBytes int64
	// Text reads what the body of such a response says. Default: it is the text.
	Text func(body []byte) string
}

// Zipkin is the protocol of a Zipkin that takes version 2 JSON.
func Zipkin() Protocol {
	return Protocol{
		Name:        "zipkin",
		Endpoint:    "http://127.0.0.1:9411/api/v2/spans",
		ContentType: "application/json",
		Retryable: func(status int) bool {
			return status >= 500 || status == http.StatusRequestTimeout || status == http.StatusTooManyRequests
		},
	}
}
