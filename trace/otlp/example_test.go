package otlp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/otlp"
)

func ExampleNew() {
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	defer collector.Close()

	sink, err := otlp.New(otlp.Config{Endpoint: collector.URL, Service: "web"})
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
