package config

import "math"

// recentRequests are what a telemeter says about the admin server's page /requests.
type recentRequests struct {
	// SampleRate is the share, from 0 to 1, of the requests that did not fail which the
	// page may show. It shows all that failed.
	SampleRate float64
	// Rows is how many requests one page shows.
	Rows int
}

// maxRequestRows is more than the page has to show.
const maxRequestRows = 10_000

// recentRequestsTelemeter is io.l5d.recentRequests.
func recentRequestsTelemeter(d *Decoder) (Telemeter, error) {
	d.Need("sampleRate")
	recent := recentRequests{SampleRate: sampleRate(d, "sampleRate", 0), Rows: min(d.Int("capacity", 10, 1, math.MaxInt32), maxRequestRows)}
	return Telemeter{recent: &recent}, nil
}
