package serve

import "time"

// Clients may reset streams, and send frames that ask for nothing but an answer. Each costs
// the server more than the client, so that there is a bound for each second, and one for what
// comes at once: a client that ends may reset all its streams. PINGs are cheap, and gRPC
// sends one for each round trip while it measures the connection.
const (
	resetsPerSecond   = 200
	controlsPerSecond = 10_000
	controlsAtOnce    = 20_000
)

// resetsAtOnce is how many streams may be reset at once.
func resetsAtOnce(streams int) int { return max(2*streams, 1000) }

// allowance is how much a client may still do. It grows with time.
type allowance struct {
	used int
	at   time.Duration // when used was right
}

// take uses one. It returns false if that is more than burst at once, or than rate in a
// second for longer.
func (a *allowance) take(now time.Duration, rate, burst int) bool {
	if back := int((now - a.at).Seconds() * float64(rate)); back > 0 {
		a.used, a.at = max(a.used-back, 0), now
	}
	a.used++
	return a.used <= burst
}

// flood counts what a client does too much of.
type flood struct {
	resets, controls allowance
}

// sees counts a frame of the client. It returns false if the client has gone too far.
func (f *flood) sees(h frameHead, now func() time.Duration, streams int) bool {
	switch h.kind {
	case frameReset:
		return f.resets.take(now(), resetsPerSecond, resetsAtOnce(streams))
	case frameData:
		if h.length > 0 || h.flags&flagEndStream != 0 {
			return true
		}
	case frameHeaders, frameContinuation, frameWindowUpdate: // requests, and the taking of responses
		return true
	}
	return f.controls.take(now(), controlsPerSecond, controlsAtOnce)
}

// errs counts a mistake of the client, of the types that net/http tells. It returns false as
// sees does: most mistakes reset a stream, whose request is under way.
func (f *flood) errs(kind string, now time.Duration, streams int) bool {
	switch kind {
	case "closed", "over_max_streams", "over_max_streams_race": // what an early response, or a limit, causes
		return true
	}
	return f.resets.take(now, resetsPerSecond, resetsAtOnce(streams))
}
