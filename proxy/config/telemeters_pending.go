package config

import "math"

// The telemeter below is read so that files that name it load. It has no influence on where
// requests go and what they carry; a notice says that it does nothing.

// recentRequestsTelemeter is io.l5d.recentRequests.
func recentRequestsTelemeter(d *Decoder) (Telemeter, error) {
	d.Need("sampleRate")
	sampleRate(d, "sampleRate", 0)
	d.Int("capacity", 10, 1, math.MaxInt32)
	d.Noticef("kind", "there is no page of recent requests yet; Zipkin shows single requests")
	return Telemeter{}, nil
}
