package router

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// bucket holds the tokens of a [Budget]: what requests put in counts until it
// is as old as the budget's time to live, and so does what retries took out
// (TokenBucket.newLeakyBucket). Putting in, which every request does, is one
// atomic change of one word; taking out, which only retries do, has a lock.
type bucket struct {
	start    time.Time
	slice    time.Duration // a part of the time to live
	deposit  int64
	withdraw int64 // 0: nothing can ever be taken out
	reserve  int64

	// slots are the parts of the window, each a lap around it and the sum of
	// what was put in and taken out since that lap came here.
	slots [bucketSlots]atomic.Uint64

	taking sync.Mutex
}

const (
	bucketSlots = 10
	// budgetScale has shares be whole numbers of tokens.
	budgetScale = 1000

	lapBits = 24 // a lap is of a second at least: it comes again after months
	sumBits = 64 - lapBits
	lapMask = 1<<lapBits - 1
	maxSum  = 1<<(sumBits-1) - 1

	maxWithdraw = 1 << 30 // for shares that are as good as none
	maxReserve  = 1 << 60
)

func newBucket(of Budget) *bucket {
	of = of.withDefaults()
	b := &bucket{start: time.Now(), slice: of.ttl / bucketSlots}
	switch {
	case of.share > 0:
		b.deposit = budgetScale
		b.withdraw = int64(max(min(budgetScale/of.share, maxWithdraw), 1))
	case of.perSecond > 0:
		b.withdraw = 1
	}
	reserve := float64(of.perSecond) * math.Trunc(of.ttl.Seconds()) * float64(b.withdraw)
	b.reserve = int64(min(reserve, maxReserve))
	return b
}

// put notes a request.
func (b *bucket) put() {
	if b.deposit > 0 {
		b.add(b.tick(), b.deposit)
	}
}

// take says whether one more retry is within the budget, and notes it.
func (b *bucket) take() bool {
	if b.withdraw == 0 {
		return false
	}
	b.taking.Lock()
	defer b.taking.Unlock()
	tick := b.tick()
	if b.sum(tick)+b.reserve < b.withdraw {
		return false
	}
	return b.add(tick, -b.withdraw)
}

// giveBack undoes a take that came to nothing.
func (b *bucket) giveBack() { b.add(b.tick(), b.withdraw) }

// balance is how many retries there are now.
func (b *bucket) balance() int64 {
	if b.withdraw == 0 {
		return 0
	}
	return max((b.sum(b.tick())+b.reserve)/b.withdraw, 0)
}

// tick numbers the parts of time.
func (b *bucket) tick() int64 { return int64(time.Since(b.start) / b.slice) }

// add changes the sum of one part of the window; it is false if the sum would
// be beyond what a slot can hold.
func (b *bucket) add(tick, n int64) bool {
	slot, lap := &b.slots[tick%bucketSlots], lapOf(tick)
	for {
		v := slot.Load()
		sum := n
		if v>>sumBits == lap {
			sum += sumOf(v)
		} else if v>>sumBits == lapOf(tick+bucketSlots) {
			return true // this took so long that it is over
		}
		if sum > maxSum || sum < -maxSum {
			return false
		}
		if slot.CompareAndSwap(v, lap<<sumBits|uint64(sum)&(1<<sumBits-1)) {
			return true
		}
	}
}

// sum is that of the window which ends with the tick.
func (b *bucket) sum(tick int64) int64 {
	var total int64
	for t := max(tick-bucketSlots+1, 0); t <= tick; t++ {
		if v := b.slots[t%bucketSlots].Load(); v>>sumBits == lapOf(t) {
			total += sumOf(v)
		}
	}
	return total
}

func lapOf(tick int64) uint64 { return uint64(tick/bucketSlots) & lapMask }

func sumOf(v uint64) int64 { return int64(v<<lapBits) >> lapBits }
