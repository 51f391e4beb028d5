package zipkin

import "fmt"

// transport is how spans are sent.
type transport uint8

const (
	byHTTP transport = iota
	byScribe
	auto
)

// transportOf reads Config.Transport.
func transportOf(name string) (transport, error) {
	switch name {
	case "", "http":
		return byHTTP, nil
	case "scribe":
		return byScribe, nil
	case "auto":
		return auto, nil
	}
	return 0, fmt.Errorf("zipkin: sink: unknown Transport %.100q", name)
}

// defaultScribeAddr is where a Zipkin on this machine has its Scribe.
const defaultScribeAddr = "127.0.0.1:9410"

// scribeBatch is the most that one call of Log carries.
const scribeBatch = 1 << 20
