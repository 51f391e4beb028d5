package h2

import (
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/h2wire"
)

// credit bounds the work that a peer can cause without getting anything for it. What asks for
// nothing costs, such as PING, SETTINGS, empty DATA, or a request that is reset before its
// response; responses and data earn. A peer whose credit is used up is sent away.
type credit struct {
	left     atomic.Int64
	refilled time.Time
}

const (
	maxCredit    = 10000
	perSecond    = 2000
	forFrame     = 1   // a frame that asks for nothing costs it
	forReset     = 10  // a request that is reset, refused or malformed costs it
	forResponse  = 20  // a response earns it
	forData      = 4   // a frame of DATA that is sent earns it, because WINDOW_UPDATE follows,
	forBytes     = 512 // and one more for so many bytes
	floodMessage = "too many resets, or frames that ask for nothing"
)

func (k *credit) init() {
	k.left.Store(maxCredit)
	k.refilled = time.Now()
}

// earn may be called by any goroutine.
func (k *credit) earn(n int) {
	if k.left.Add(int64(n)) > maxCredit {
		k.left.Store(maxCredit)
	}
}

// spend is called by the reader.
func (k *credit) spend(n int) error {
	if k.left.Add(-int64(n)) >= 0 {
		return nil
	}
	now := time.Now()
	since := min(now.Sub(k.refilled), time.Minute)
	if gained := int(since * perSecond / time.Second); gained > 0 {
		k.refilled = now
		k.earn(gained)
	}
	if k.left.Load() >= 0 {
		return nil
	}
	return h2wire.ConnFails(h2wire.EnhanceYourCalm, floodMessage)
}
