package otlp

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"go.opentelemetry.io/otel/attribute"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/trace/internal/post"
)

// protocol is OTLP/HTTP (opentelemetry.io/docs/specs/otlp).
func protocol() post.Protocol {
	return post.Protocol{
		Name:        name,
		Endpoint:    "http://127.0.0.1:4318" + tracesPath,
		ContentType: "application/x-protobuf",
		Retryable: func(status int) bool {
			switch status {
			case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
				return true
			}
			return false
		},
		ReplyBytes: replyBytes,
		Text:       statusText,
	}
}

const tracesPath = "/v1/traces"

// withPath gives an endpoint the usual path, if it has none. What is no URL stays.
func withPath(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Path != "" && u.Path != "/" {
		return endpoint
	}
	u.Path = tracesPath
	return u.String()
}

// Attributes of the resource (opentelemetry.io/docs/specs/semconv/resource).
const (
	serviceNameKey    = "service.name"
	serviceVersionKey = "service.version"
	sdkNameKey        = "telemetry.sdk.name"
	sdkLanguageKey    = "telemetry.sdk.language"

	sdkName = "github.com/meshhop/meshhop/trace"
)

func (c *Config) resource() ([]attribute.KeyValue, error) {
	if c.Service == "" {
		return nil, errors.New("otlp: sink: Service is empty; it is the service.name of all spans")
	}
	all := []attribute.KeyValue{
		attribute.String(serviceNameKey, c.Service),
		attribute.String(sdkNameKey, sdkName),
		attribute.String(sdkLanguageKey, "go"),
	}
	taken := map[attribute.Key]bool{serviceNameKey: true, sdkNameKey: true, sdkLanguageKey: true}
	if c.Version != "" {
		all = append(all, attribute.String(serviceVersionKey, c.Version))
		taken[serviceVersionKey] = true
	}
	for _, kv := range c.Resource {
		switch {
		case kv.Key == "":
			return nil, errors.New("otlp: sink: Resource has an attribute without a key")
		case taken[kv.Key]:
			return nil, fmt.Errorf("otlp: sink: Resource has the attribute %q, which is there already", string(kv.Key))
		}
		taken[kv.Key] = true
		all = append(all, kv)
	}
	return all, nil
}

// header checks the headers. Errors do not quote values, which may be secrets.
func (c *Config) header() (http.Header, error) {
	header := http.Header{}
	userAgent := "meshhop-otlp-go"
	if v := userAgent + "/" + c.Version; c.Version != "" && httpx.CheckAdded("User-Agent", v) == nil {
		userAgent = v
	}
	header.Set("User-Agent", userAgent)
	for name, value := range c.Headers {
		if err := httpx.CheckAdded(name, value); err != nil {
			return nil, fmt.Errorf("otlp: sink: header %q: %w", name, err)
		}
		header.Set(name, value)
	}
	return header, nil
}
