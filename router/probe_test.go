package router_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/balance"
)

// revived is a router whose one replica has failed and is well again, and its next
// request is the probe. It is answered 200 with what body gives.
func revived(t *testing.T, length int64, body func() io.Reader) (f *fixture, probe *http.Response) {
	t.Helper()
	ill := true
	f = start(t, over(func(*http.Request) (*http.Response, error) {
		if ill {
			return answer(500, ""), nil
		}
		resp := answer(200, "")
		resp.Body, resp.ContentLength = io.NopCloser(body()), length
		return resp, nil
	}), clientPolicy(router.ClientPolicy{
		FailureAccrual: consecutive(t, 1), FailureBackoff: balance.ConstantBackoff(time.Second),
	}))
	f.names.Bind("/web", "10.0.0.1:1")
	f.mustAsk(t, request(t, "web"))
	ill = false
	if n := f.ClientStats()[0].Balance.Available; n != 0 {
		t.Fatalf("%d replicas are open after a failure", n)
	}
	time.Sleep(2 * time.Second)
	probe, err := f.RoundTrip(request(t, "web"))
	if err != nil {
		t.Fatal(err)
	}
	if n := f.ClientStats()[0].Balance.Probes; n != 1 {
		t.Fatalf("%d probes", n)
	}
	return f, probe
}

func consecutive(t testing.TB, n int) balance.Accrual {
	t.Helper()
	a, err := balance.NewConsecutiveFailures(n)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestProbeIsJudgedByItsHead: the replica is taken for well as soon as its answer
// begins, however slowly the one caller reads who has it, and whether its length is
// known or not.
func TestProbeIsJudgedByItsHead(t *testing.T) {
	for _, length := range []int64{4, -1} {
		synctest.Test(t, func(t *testing.T) {
			f, probe := revived(t, length, func() io.Reader { return strings.NewReader("body") })
			defer f.Close()
			if s := f.ClientStats()[0].Balance; s.Available != 1 || s.Revivals != 1 {
				t.Errorf("length %d: while the probe's caller reads: %+v", length, s)
			}
			io.Copy(io.Discard, probe.Body)
			probe.Body.Close()
			if s := f.ClientStats()[0].Balance; s.Available != 1 || s.Removals != 1 {
				t.Errorf("length %d: after the probe: %+v", length, s)
			}
		})
	}
}

// TestProbeThatBreaksOff: a probe whose answer breaks off is a failure of the
// replica after all; one whose caller does not read on is not.
func TestProbeThatBreaksOff(t *testing.T) {
	for _, length := range []int64{100, -1} {
		for _, leaves := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				f, probe := revived(t, length, func() io.Reader {
					return io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errTest))
				})
				defer f.Close()
				if !leaves {
					if _, err := io.ReadAll(probe.Body); !errors.Is(err, errTest) {
						t.Error(err)
					}
				}
				probe.Body.Close()
				want := map[bool]uint64{false: 2, true: 1}[leaves]
				if s := f.ClientStats()[0].Balance; s.Removals != want {
					t.Errorf("length %d, the caller leaves %v: %+v", length, leaves, s)
				}
			})
		}
	}
}
