package admin

import "github.com/meshhop/meshhop/internal/histogram"

// perRequest is how often requests were sent again. again has those that were; each of the
// others is one that was not, which took says how many there are.
func perRequest(again, took histogram.Snapshot, others func(again, took histogram.Counts) uint64) histogram.Snapshot {
	return histogram.Snapshot{
		Recent: again.Recent.WithZeros(others(again.Recent, took.Recent)),
		All:    again.All.WithZeros(others(again.All, took.All)),
	}
}

// requestsOf is how many requests were not retried, of a service whose requests took that.
func requestsOf(again, took histogram.Counts) uint64 { return without(took.Count(), again.Count()) }

// attemptsOf is how many requests were not requeued, of a client whose attempts took that:
// one that was requeued n times had n attempts more.
func attemptsOf(again, took histogram.Counts) uint64 {
	return without(took.Count(), again.Count()+uint64(again.Sum/float64(histogram.Once)))
}

// without is a difference of two counts, of which one may be newer.
func without(all, some uint64) uint64 { return all - min(all, some) }
