package ctxhdr

// An Option changes what Middleware or Transport does.
type Option func(*options)

type options struct{ withoutDeadline bool }

// WithoutDeadline makes deadlines travel as the other headers do: Middleware
// leaves the request's context without one, and Transport neither reads the
// context's deadline nor renews the header. Use it if the work of a request has
// to continue after its caller has stopped waiting.
func WithoutDeadline() Option { return func(o *options) { o.withoutDeadline = true } }

func optionsOf(given []Option) (o options) {
	for _, set := range given {
		set(&o)
	}
	return o
}
