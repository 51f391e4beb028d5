package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/bed"
)

// flips is how often a change is timed; medianLimit is what the median may be.
const (
	flips       = 200
	medianLimit = 50 * time.Millisecond
)

// A change is how the Service flip, which selects no pods, is given one.
type change struct {
	resource string // below the API's root
	head     string // of the object, but for its endpoints
	to       func(pod) string
}

// What hops read is changed itself: no controller comes in between.
var (
	sliceChange = change{
		"/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
		`"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"flip","labels":{"kubernetes.io/service-name":"flip"}},` +
			`"addressType":"IPv4","ports":[{"name":"http","port":7777,"protocol":"TCP"}]`,
		func(p pod) string {
			return fmt.Sprintf(`"endpoints":[{"addresses":[%q],"nodeName":%q,"conditions":{"ready":true}}]`, p.ip, p.node)
		},
	}
	endpointsChange = change{
		"/api/v1/namespaces/default/endpoints",
		`"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"flip"}`,
		func(p pod) string {
			return fmt.Sprintf(`"subsets":[{"addresses":[{"ip":%q,"nodeName":%q}],"ports":[{"name":"http","port":7777,"protocol":"TCP"}]}]`, p.ip, p.node)
		},
	}
)

// changes times how long it takes from the moment at which the API server has taken
// a change until a request goes where the change says: from hop to hop, asked for a
// thousand times a second. It prints the median and the 99th percentile, and returns
// how many requests failed, and why the last one did: the only pod of a Service goes
// to the other node at once, and the hops hear of it one after the other.
func changes(t *testing.T, b *bed.Bed, how string, c change) (failed int, failure error) {
	admin, url, err := b.API()
	if err != nil {
		t.Fatal(err)
	}
	defer admin.CloseIdleConnections()
	api := func(method, path, body string) (data []byte, err error) {
		r, err := http.NewRequest(method, url+path, strings.NewReader(body))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/json")
		if method == http.MethodPatch {
			r.Header.Set("Content-Type", "application/merge-patch+json")
		}
		resp, err := admin.Do(r)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		if data, err = io.ReadAll(resp.Body); err == nil && resp.StatusCode/100 != 2 {
			err = fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, data)
		}
		return data, err
	}
	must := func(method, path, body string) []byte {
		t.Helper()
		data, err := api(method, path, body)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}

	pods := apart(t, must(http.MethodGet, "/api/v1/namespaces/default/pods?labelSelector=app%3Dhello", ""))
	t.Cleanup(func() {
		b.Sh(context.Background(), "/", "kubectl delete --ignore-not-found service/flip endpointslice/flip endpoints/flip")
	})
	must(http.MethodPost, "/api/v1/namespaces/default/services", `{"apiVersion":"v1","kind":"Service","metadata":{"name":"flip"},"spec":{"clusterIP":"None","ports":[{"name":"http","port":7777}]}}`)
	must(http.MethodPost, c.resource, "{"+c.head+","+c.to(pods[0])+"}")

	transport := b.Transport()
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, Timeout: 10 * time.Second}
	asked := 0
	// follows asks until that pod answers.
	follows := func(p pod, limit time.Duration) bool {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for end := time.Now().Add(limit); time.Now().Before(end); <-tick.C {
			text, err := get(&client, "http://"+node1+":4140/", "Host: flip")
			asked++
			if err != nil {
				failed, failure = failed+1, err
			}
			if strings.Contains(text, "("+p.ip+")") {
				return true
			}
		}
		return false
	}
	if !follows(pods[0], patience) {
		t.Fatalf("%s: the Service flip is not reached: %v", how, failure)
	}
	asked, failed = 0, 0
	var took []time.Duration
	for i := range flips {
		// Not in step with anything.
		time.Sleep(time.Duration(i%7) * 3 * time.Millisecond)
		to := pods[(i+1)%2]
		must(http.MethodPatch, c.resource+"/flip", "{"+c.to(to)+"}")
		began := time.Now()
		if !follows(to, 10*time.Second) {
			t.Fatalf("%s: change %d was not followed within 10 s", how, i)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	median, high := took[len(took)/2], took[len(took)*99/100]
	t.Logf("%s: from a change at the API to a whole response of what it says: median %v, p99 %v, worst %v; %d changes, %d requests, %d failed",
		how, median.Round(10*time.Microsecond), high.Round(10*time.Microsecond), took[len(took)-1].Round(10*time.Microsecond), len(took), asked, failed)
	if median > medianLimit {
		t.Errorf("%s: the median is more than %v", how, medianLimit)
	}
	return failed, failure
}

// apart returns two pods, on different nodes if there are such.
func apart(t *testing.T, list []byte) (two [2]pod) {
	t.Helper()
	var pods struct {
		Items []struct {
			Metadata struct {
				DeletionTimestamp string `json:"deletionTimestamp"`
			} `json:"metadata"`
			Spec struct {
				NodeName string `json:"nodeName"`
			} `json:"spec"`
			Status struct {
				PodIP string `json:"podIP"`
			} `json:"status"`
		} `json:"items"`
	}
	if err := json.Unmarshal(list, &pods); err != nil {
		t.Fatal(err)
	}
	for _, item := range pods.Items {
		p := pod{ip: item.Status.PodIP, node: item.Spec.NodeName}
		switch {
		case item.Metadata.DeletionTimestamp != "" || p.ip == "":
		case two[0].ip == "":
			two[0] = p
		case two[1].ip == "" || two[1].node == two[0].node:
			two[1] = p
		}
	}
	if two[1].ip == "" {
		t.Fatalf("no two pods of hello: %v", two)
	}
	return two
}
