package config

// influxdbPage is the page of io.l5d.influxdb on the admin server.
const influxdbPage = "/admin/metrics/influxdb"

// influxdbTelemeter is io.l5d.influxdb.
func influxdbTelemeter(*Decoder) (Telemeter, error) { return Telemeter{InfluxDB: true}, nil }
