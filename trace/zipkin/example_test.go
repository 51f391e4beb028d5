package zipkin_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/zipkin"
)

func ExampleNew() {
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusAccepted)
	}))
	defer collector.Close()

	sink, err := zipkin.New(zipkin.Config{Endpoint: collector.URL + "/api/v2/spans"})
	if err != nil {
		fmt.Println(err)
		return
	}
	sampler, err := trace.NewSampler(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: sink, Sampler: sampler, Service: "web"})
	if err != nil {
		fmt.Println(err)
		return
	}

	_, span := provider.Tracer("example").Start(context.Background(), "work")
	span.End()

	if err := sink.Close(context.Background()); err != nil {
		fmt.Println(err)
	}
	fmt.Println(sink.Stats().Exported, "exported")
	// Output: 1 exported
}
