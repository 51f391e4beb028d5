package h1

import (
	"time"

	"github.com/meshhop/meshhop/internal/httpx"
)

const (
	// lingerTime is how long a connection whose input was not read is kept after its last
	// response: longer than a packet takes there and back.
	lingerTime = 500 * time.Millisecond
	// lingerBytes is how much it may send meanwhile.
	lingerBytes = 1 << 20
)

// linger half-closes the connection and drops what comes, until the client has closed it as
// well. If it were closed at once the system would reset it, and the client could lose the
// response (RFC 9112 section 9.6).
func (c *conn) linger() {
	httpx.CloseWrite(c.nc)
	if c.nc.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	for total := 0; total < lingerBytes; {
		n, err := c.nc.Read(c.In)
		if total += n; err != nil {
			return
		}
	}
}
