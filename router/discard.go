package router

import (
	"net/http"
	"time"
)

const (
	// drainBytes and drainTime are how much of an answer that nobody wants is
	// read for the sake of its connection.
	drainBytes = 16 << 10
	drainTime  = 50 * time.Millisecond
)

// discardBody reads what is left of a short answer, so that the connection can
// serve another request; otherwise the connection is closed.
func discardBody(resp *http.Response) {
	body := resp.Body
	if body == nil || body == http.NoBody {
		return
	}
	defer body.Close()
	if resp.ContentLength > drainBytes || resp.StatusCode == http.StatusSwitchingProtocols {
		return
	}
	timer := time.AfterFunc(drainTime, func() { body.Close() })
	defer timer.Stop()
	var skipped [1 << 10]byte
	for left := drainBytes; left > 0; {
		n, err := body.Read(skipped[:])
		if err != nil {
			return
		}
		left -= n
	}
}
