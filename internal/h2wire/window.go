package h2wire

const (
	// MaxWindow is how large a window can be.
	MaxWindow = 1<<31 - 1
	// DefaultWindow is how large a window is at first, unless settings say otherwise.
	DefaultWindow = 1<<16 - 1
)

// A Window is how much may be sent. It is negative if settings have made it smaller than
// what was sent already.
type Window int32

// Add adds the increment of a WINDOW_UPDATE, or the difference of two initial sizes. It
// returns false, and changes nothing, if the window would be too large or too small.
func (w *Window) Add(n int64) bool {
	sum := int64(*w) + n
	if sum > MaxWindow || sum < -MaxWindow {
		return false
	}
	*w = Window(sum)
	return true
}

// Room returns how much may be sent now.
func (w Window) Room() int { return max(0, int(w)) }

// Take takes what is sent.
func (w *Window) Take(n int) { *w -= Window(n) }

// A Quota is how much the peer may send.
type Quota struct {
	size, left, used int32
}

// NewQuota returns a quota of a size, all of which is free.
func NewQuota(size int32) Quota { return Quota{size: size, left: size} }

// Take notes that n bytes have come. It returns false if they are more than there was
// room for.
func (q *Quota) Take(n int) bool {
	if n > int(q.left) {
		return false
	}
	q.left -= int32(n)
	return true
}

// Give notes that n bytes of those that came are used. It returns the increment that the
// peer is to be told, or 0 while that is less than half of the size.
func (q *Quota) Give(n int) (increment uint32) {
	q.used += int32(n)
	if q.used < q.size/2 || q.used == 0 {
		return 0
	}
	increment = uint32(q.used)
	q.left += q.used
	q.used = 0
	return increment
}
