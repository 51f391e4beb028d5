package proxytest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// recorderKind is the kind of the telemeter that exports to the recorder.
const recorderKind = "proxytest.recorder"

// withRecorder returns a copy of the table with the recorder's kind. The recorder does
// not decide what is sampled if a telemeter of the YAML does.
func withRecorder(kinds config.Kinds, r *tracetest.Recorder) config.Kinds {
	kinds.Telemeters = maps.Clone(kinds.Telemeters)
	if kinds.Telemeters == nil {
		kinds.Telemeters = map[string]func(*config.Decoder) (config.Telemeter, error){}
	}
	kinds.Telemeters[recorderKind] = func(*config.Decoder) (config.Telemeter, error) {
		return config.Telemeter{New: config.Ready[trace.Exporter](recording{r}), Target: "test", SampleRate: 1, Follows: true}, nil
	}
	return kinds
}

// recording exports to a recorder.
type recording struct{ to *tracetest.Recorder }

func (r recording) Export(_ context.Context, spans []*trace.Record) error {
	for _, s := range spans {
		r.to.Add(s)
	}
	return nil
}

func (recording) Shutdown(context.Context) error { return nil }

// addRecorder adds the recorder to the telemeters of a configuration in JSON.
func addRecorder(text []byte) ([]byte, error) {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(text, &top); err != nil {
		return nil, fmt.Errorf("proxytest: reading the configuration back: %w", err)
	}
	var telemeters []json.RawMessage
	if present := top["telemetry"]; present != nil {
		if err := json.Unmarshal(present, &telemeters); err != nil {
			return nil, fmt.Errorf("proxytest: reading the telemeters back: %w", err)
		}
	}
	all, err := json.Marshal(append(telemeters, json.RawMessage(`{"kind":"`+recorderKind+`"}`)))
	if err != nil {
		return nil, fmt.Errorf("proxytest: adding the recorder: %w", err)
	}
	top["telemetry"] = all
	return json.Marshal(top)
}
