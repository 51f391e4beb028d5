package serve

import "time"

// limits are how long a server waits for its peers, and how many it has; 0: no limit.
type limits struct {
	head, idle, body, response time.Duration // response: the shorter of Config's and the socket's
	life                       time.Duration
	socketRead, socketWrite    time.Duration
	conns                      int // at the same time
}

// Defaults of Config. nginx has 60 s for heads, bodies and responses and 75 s for idle
// connections (client_header_timeout, client_body_timeout, send_timeout,
// keepalive_timeout).
const (
	defaultHeadTimeout     = 30 * time.Second
	defaultIdleTimeout     = 100 * time.Second
	defaultBodyTimeout     = 60 * time.Second
	defaultResponseTimeout = 60 * time.Second
)

func limitsOf(c Config) limits {
	l := limits{
		head:     limitOr(c.ReadHeaderTimeout, defaultHeadTimeout),
		idle:     limitOr(c.IdleTimeout, defaultIdleTimeout),
		body:     limitOr(c.BodyTimeout, defaultBodyTimeout),
		response: limitOr(c.ResponseTimeout, defaultResponseTimeout),
		conns:    c.MaxConnections,

		life:        max(c.MaxLifetime, 0),
		socketRead:  max(c.Socket.ReadTimeout, 0),
		socketWrite: max(c.Socket.WriteTimeout, 0),
	}
	if l.socketWrite > 0 && (l.response == 0 || l.socketWrite < l.response) {
		l.response = l.socketWrite
	}
	if l.conns == 0 {
		l.conns = defaultMaxConnections()
	}
	l.conns = max(l.conns, 0)
	return l
}

// limitOr returns a limit, its default if it is zero, or none if it is negative.
func limitOr(d, byDefault time.Duration) time.Duration {
	if d == 0 {
		d = byDefault
	}
	return max(d, 0)
}

// minDefaultConnections bounds the default of MaxConnections from below, however few
// descriptors the process may have.
const minDefaultConnections = 64

// defaultMaxConnections leaves three quarters of the process's descriptors to other
// servers and to the connections to endpoints, of which each request may need one.
func defaultMaxConnections() int {
	return max(int(min(maxDescriptors(), 1<<30)/4), minDefaultConnections)
}

// interval returns how often connections are checked.
func (l limits) interval() time.Duration {
	shortest := time.Hour
	for _, d := range []time.Duration{l.head, l.idle, l.body, l.response, l.life, l.socketRead, l.socketWrite} {
		if d > 0 {
			shortest = min(shortest, d)
		}
	}
	return min(max(shortest/20, 10*time.Millisecond), time.Second)
}
