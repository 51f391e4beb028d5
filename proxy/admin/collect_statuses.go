package admin

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// statusFamilies are counters by status, of servers or of clients.
type statusFamilies struct {
	byClass  [6]family // by the first digit; 0 is not used
	byStatus [maxStatus + 1]family
}

const (
	minStatus = 100
	maxStatus = 599
)

// newStatusFamilies makes the metrics of a scope such as "rt:server"; what describes what
// they count, for their help texts.
func newStatusFamilies(scope, what string, labels ...string) *statusFamilies {
	f := new(statusFamilies)
	for digit := 1; digit < len(f.byClass); digit++ {
		class := strconv.Itoa(digit) + "XX"
		f.byClass[digit] = counter(scope+":status:"+class, what+" with a status of "+class+".", labels...)
	}
	for status := minStatus; status <= maxStatus; status++ {
		text := strconv.Itoa(status)
		f.byStatus[status] = counter(scope+":status:"+text, what+" with status "+text+".", labels...)
	}
	return f
}

func (f *statusFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range f.byClass[1:] {
		to <- one.desc
	}
	for _, one := range f.byStatus[minStatus:] {
		to <- one.desc
	}
}

// collect sends the counters of all classes, and of the statuses that occurred.
func (f *statusFamilies) collect(to sink, counts map[int]uint64, labels ...string) {
	var byClass [len(f.byClass)]uint64
	for status, n := range counts {
		f.byStatus[status].send(to, float64(n), labels...)
		byClass[status/100] += n
	}
	for digit := 1; digit < len(byClass); digit++ {
		f.byClass[digit].send(to, float64(byClass[digit]), labels...)
	}
}
