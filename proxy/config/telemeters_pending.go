package config

import "math"

// The telemeters below are read so that files that name them load. They have no influence
// on where requests go and what they carry; a notice says that they do nothing.

// influxdbTelemeter is io.l5d.influxdb.
func influxdbTelemeter(d *Decoder) (Telemeter, error) {
	d.Noticef("kind", "there is no page for InfluxDB yet; Telegraf reads that of io.l5d.prometheus")
	return Telemeter{}, nil
}

// statsdTelemeter is io.l5d.statsd.
func statsdTelemeter(d *Decoder) (Telemeter, error) {
	d.Text("prefix", "linkerd")
	d.Text("hostname", "127.0.0.1")
	d.Port("port", 8125, 1)
	d.Int("gaugeIntervalMs", 10000, 1, math.MaxInt32)
	sampleRate(d, "sampleRate", 0.01)
	d.Noticef("kind", "nothing is sent to statsd yet; scrape the page of io.l5d.prometheus")
	return Telemeter{}, nil
}
