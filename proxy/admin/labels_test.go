package admin_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// TestLabelsAreBounded: 1100 requests with Hosts of 7 KB made a page of 85 MB.
// Long names stay distinct, and those beyond the bound are one series that loses none of
// their requests.
func TestLabelsAreBounded(t *testing.T) {
	const strangers = 1100
	r := routerOf(t, router.Config{
		Label:       "r",
		Interpreter: newRouter(t, "inner", new(resolvetest.Namer)).Interpreter(),
		Cache:       router.CacheConfig{Paths: strangers},
	})
	s := serve(t, admin.Config{Routers: []*router.Router{r}})
	for i := range strangers {
		in := httptest.NewRequest("GET", "/", nil)
		in.Host = strings.Repeat("x", 7<<10) + fmt.Sprint(i)
		if _, err := r.RoundTrip(in); err == nil {
			t.Fatal("answered")
		}
	}
	text := s.get(t, "/metrics").body
	if len(text) > 8<<20 {
		t.Errorf("the page has %d bytes", len(text))
	}
	own, other := map[string]bool{}, false
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, `rt:service:requests{rt="r",service="`)
		if !ok {
			continue
		}
		label, value, _ := strings.Cut(rest, `"`)
		if label == "(other)" {
			if other = true; strings.TrimPrefix(strings.TrimSpace(value), "} ") != "600" {
				t.Errorf("the others have %s requests", value)
			}
			continue
		}
		if len(label) > 200 || own[label] {
			t.Errorf("label of %d bytes, twice: %v", len(label), own[label])
		}
		own[label] = true
	}
	if len(own) != 500 || !other {
		t.Errorf("%d services have series of their own, others: %v", len(own), other)
	}
	for _, line := range []string{
		`rt:service:request_latency_ms_count{rt="r",service="(other)"} 600`,
		`meshhop_request_duration_seconds_count{router="r",service="(other)",status_class="error"} 600`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("there is no %s", line)
		}
	}
	if !strings.Contains(text, `meshhop_services_folded{rt="r"} 600`) {
		t.Error("it is not said how many were folded")
	}
}

// TestPairsAreBounded: replica sets beyond the bound share one series, by name as well, and
// no request is lost.
func TestPairsAreBounded(t *testing.T) {
	const sets = 510
	names := new(resolvetest.Namer)
	inner := newRouter(t, "inner", names)
	r := routerOf(t, router.Config{
		Label: "r", Interpreter: inner.Interpreter(), Dtab: inner.Dtab(),
		NewTransport: func(resolve.Address, router.TransportConfig) http.RoundTripper { return canned{} },
	})
	handler := newServer(t, r, "s")
	for i := range sets {
		name := fmt.Sprintf("n%03d", i)
		names.Bind("/"+name, "10.0.0.1:80")
		for range 1 + min(i, 1) { // the first one is the least busy, and has a place among the pairs
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "http://"+name+"/", nil))
		}
	}
	got := series(serve(t, admin.Config{Routers: []*router.Router{r}}).scrape(t, "/metrics"))
	sums := map[string]float64{}
	own := 0
	for name, n := range got {
		metric, labels, _ := strings.Cut(name, "{")
		if sums[metric] += n; metric == "rt:client:service:requests" && !strings.Contains(labels, `service="(other)"`) {
			own++
		}
	}
	for _, metric := range []string{"rt:client:requests", "rt:client:service:requests", "rt:client:service:success", "rt:client:request_latency_ms_count", "rt:client:service:request_latency_ms_count"} {
		if sums[metric] != 2*sets-1 {
			t.Errorf("%s has %v in all, want %d", metric, sums[metric], 2*sets-1)
		}
	}
	if own != 199 || got[`meshhop_clients_folded{rt="r"}`] != 10 || got[`meshhop_client_services_folded{rt="r"}`] != sets-199 {
		t.Errorf("%d pairs have series of their own; %v clients and %v pairs are folded", own, got[`meshhop_clients_folded{rt="r"}`], got[`meshhop_client_services_folded{rt="r"}`])
	}
	if n := got[`rt:client:service:requests{client="(other)",rt="r",service="(other)"}`]; n != 19 {
		t.Errorf("the pairs of the sets that share a series have %v requests", n)
	}
}

// TestStatsAdd: every number that a service or a replica set has is in the sum.
func TestStatsAdd(t *testing.T) {
	for _, sum := range []any{new(router.ServiceStats), new(router.ClientStats)} {
		value := reflect.ValueOf(sum)
		more := reflect.New(value.Type().Elem())
		numbers := fill(more.Elem())
		add := value.MethodByName("Add")
		add.Call([]reflect.Value{more.Elem()})
		add.Call([]reflect.Value{more.Elem()})
		if got := total(value.Elem()); got != 2*numbers {
			t.Errorf("%T: twice %d numbers are %d", sum, numbers, got)
		}
	}
}

// fill makes every number in v a 1 and counts them.
func fill(v reflect.Value) (n int64) {
	switch {
	case v.CanInt():
		v.SetInt(1)
		return 1
	case v.CanUint():
		v.SetUint(1)
		return 1
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(v.Elem())
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.New(v.Type().Key()).Elem(), reflect.ValueOf(uint64(1)))
		return 1
	case v.Kind() == reflect.Struct && v.Type() != reflect.TypeOf(router.ServiceStats{}.Name):
		for i := range v.NumField() {
			n += fill(v.Field(i))
		}
	}
	return n
}

// total adds up what fill filled.
func total(v reflect.Value) (n int64) {
	switch {
	case v.CanInt():
		return v.Int()
	case v.CanUint():
		return int64(v.Uint())
	case v.Kind() == reflect.Pointer && !v.IsNil():
		return total(v.Elem())
	case v.Kind() == reflect.Map:
		for _, key := range v.MapKeys() {
			n += total(v.MapIndex(key))
		}
	case v.Kind() == reflect.Struct && v.Type() != reflect.TypeOf(router.ServiceStats{}.Name):
		for i := range v.NumField() {
			n += total(v.Field(i))
		}
	}
	return n
}
