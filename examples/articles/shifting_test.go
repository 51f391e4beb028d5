package articles

import (
	"math"
	"net/http"
	"testing"
)

// TestTrafficShifting: of the requests for "split" one in ten goes to the new
// version. How many of 1000 do is binomial, and misses three standard
// deviations 27 times of 10,000; that three measurements, which know nothing of
// each other, all miss them happens twice in 10^8 runs.
func TestTrafficShifting(t *testing.T) {
	s := start(t, true)
	c := s.Client("incoming") // where one router decides, and not two one after the other
	for _, row := range []struct {
		about, dtab string
		share       float64 // of moon-v2
	}{
		{"0.9 and 0.1", "", 0.1},
		{"half and half", "/host/split => /srv/moon-v1 & /srv/moon-v2", 0.5},
		{"all of it", "/host/split => 0 * /srv/moon-v1 & 1 * /srv/moon-v2", 1},
		{"none of it", "/host/split => 1 * /srv/moon-v1 & 0 * /srv/moon-v2", 0},
	} {
		t.Run(row.about, func(t *testing.T) {
			var header []string
			if row.dtab != "" {
				header = []string{"l5d-dtab: " + row.dtab}
			}
			const requests = 1000
			sigma := math.Sqrt(requests * row.share * (1 - row.share))
			var got []int
			for range 3 {
				n := s.count(c, requests, header...)
				if math.Abs(float64(n)-requests*row.share) <= 3*sigma {
					return
				}
				got = append(got, n)
			}
			t.Errorf("of %d requests %v went to moon-v2, want %.0f, sigma %.1f", requests, got, requests*row.share, sigma)
		})
	}
}

// count is how many of the requests for "split" moon-v2 answers.
func (s *scene) count(c *http.Client, requests int, header ...string) (n int) {
	s.t.Helper()
	for range requests {
		switch status, answer := s.get(c, "split", header...); {
		case status == http.StatusOK && answer == "moon-v2!":
			n++
		case status != http.StatusOK || answer != "moon!":
			s.t.Fatalf("answered %d %q", status, answer)
		}
	}
	return n
}
