package histogram_test

import (
	"math"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
)

// TestNumbers: numbers are as many times Once; nobody pays for those that never come.
func TestNumbers(t *testing.T) {
	var p histogram.Payload
	if got := p.Read(time.Second); got.Requests.All.Count() != 0 || got.Responses.All.Count() != 0 {
		t.Errorf("%+v", got)
	}
	p.Record(time.Second, 0, 5)
	p.Record(time.Second, 63, 0)
	p.Record(2*time.Second, 1, math.MaxInt64)
	got := p.Read(3 * time.Second)
	if all := got.Requests.All; all.Count() != 2 || all.Sum != 64*float64(histogram.Once) || all.Quantile(1)/histogram.Once != 63 {
		t.Errorf("requests: %+v", all)
	}
	if all := got.Responses.All; all.Count() != 2 || all.Quantile(0)/histogram.Once != 5 || all.Quantile(1) < time.Duration(math.MaxInt32)*time.Millisecond/2 {
		t.Errorf("responses: %+v", all)
	}
	if sum := got.Plus(got); sum.Requests.All.Count() != 4 || sum.Responses.Recent.Count() != 4 {
		t.Errorf("%+v", sum)
	}
}
