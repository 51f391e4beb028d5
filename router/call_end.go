package router

import (
	"time"

	"github.com/meshhop/meshhop/internal/httpx"
)

// aheadOfTime is how much sooner than here the time of a gRPC call may be up at its
// endpoint, by whose clock and timer that is the same time.
const aheadOfTime = 5 * time.Millisecond

// callEnds reports whether a gRPC call failed because its time is up at the endpoint, which
// was told how much there was and then cancels the stream. Nobody is to blame for that.
func (x *exchange) callEnds(err error) bool {
	code, reset := httpx.ResetCode(err)
	return reset && code == httpx.ResetCancel && !x.callBy.IsZero() && time.Until(x.callBy) <= aheadOfTime
}
