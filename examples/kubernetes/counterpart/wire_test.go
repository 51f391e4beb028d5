//lint:file-ignore SA1019 Endpoints are what a server has that gives no EndpointSlices.

package counterpart_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// server answers with Kubernetes' own objects: lists in pages, events and errors,
// where k8stest has its own words for them.
type server struct {
	t *testing.T

	mu      sync.Mutex
	asked   []string
	slices  []discoveryv1.EndpointSlice // of version "100"
	forbid  bool                        // the slices
	watches map[string]chan metav1.WatchEvent
}

// token is what a server may say a page is continued by.
const token = `eyJ2IjoibWV0YSJ9+/=&limit=1 "`

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Method+" "+r.URL.Path+" "+q.Get("resourceVersion"))
	resource := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	switch {
	case r.URL.Path == "/version":
		return answer(s.t, 200, version.Info{Major: "1", Minor: "34", GitVersion: "v1.34.4"}), nil
	case resource == "selfsubjectaccessreviews":
		return s.review(r), nil
	case s.forbid && resource == "endpointslices":
		err := apierrors.NewForbidden(schema.GroupResource{Group: "discovery.k8s.io", Resource: resource}, "", fmt.Errorf("User %q cannot list", "me"))
		return answer(s.t, int(err.ErrStatus.Code), err.Status()), nil
	case q.Get("watch") == "true":
		body, out := io.Pipe()
		events := make(chan metav1.WatchEvent, 10)
		s.watches[resource] = events
		go send(s.t, r.Context(), out, events)
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: body, Request: r}, nil
	case resource == "endpointslices":
		l := &discoveryv1.EndpointSliceList{TypeMeta: metav1.TypeMeta{Kind: "EndpointSliceList", APIVersion: "discovery.k8s.io/v1"},
			ListMeta: metav1.ListMeta{ResourceVersion: "100", SelfLink: "/x"}, Items: s.slices}
		switch next := q.Get("continue"); {
		case next == token:
			l.Items = l.Items[len(l.Items)/2:]
		case next != "":
			return answer(s.t, 400, apierrors.NewBadRequest("continue key is not valid").Status()), nil
		case len(l.Items) > 1:
			l.Continue, l.RemainingItemCount = token, new(int64(len(l.Items)-len(l.Items)/2))
			l.Items = l.Items[:len(l.Items)/2]
		}
		return answer(s.t, 200, l), nil
	case resource == "endpoints":
		return answer(s.t, 200, &corev1.EndpointsList{TypeMeta: metav1.TypeMeta{Kind: "EndpointsList", APIVersion: "v1"}, ListMeta: metav1.ListMeta{ResourceVersion: "7"},
			Items: []corev1.Endpoints{{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: namespace}, Subsets: []corev1.EndpointSubset{{
				Addresses: []corev1.EndpointAddress{{IP: "10.9.9.9"}}, Ports: []corev1.EndpointPort{{Name: "http", Port: 80, Protocol: corev1.ProtocolTCP}}}}}}}), nil
	case resource == "services":
		return answer(s.t, 200, &corev1.ServiceList{TypeMeta: metav1.TypeMeta{Kind: "ServiceList", APIVersion: "v1"}}), nil
	}
	s.t.Errorf("asked for %s", r.URL)
	return answer(s.t, 404, metav1.Status{Code: 404}), nil
}

// review reads a SelfSubjectAccessReview strictly, and allows to list.
func (s *server) review(r *http.Request) *http.Response {
	var review authorizationv1.SelfSubjectAccessReview
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&review); err != nil || r.Method != http.MethodPost || review.Kind != "SelfSubjectAccessReview" || review.APIVersion != "authorization.k8s.io/v1" {
		s.t.Errorf("a review %s %+v, %v", r.Method, review, err)
	}
	a := review.Spec.ResourceAttributes
	review.Status.Allowed = a != nil && *a == authorizationv1.ResourceAttributes{Namespace: "n", Verb: "list", Group: "g", Resource: "r"}
	review.Status.Reason = "RBAC: allowed by ClusterRoleBinding"
	return answer(s.t, http.StatusCreated, review)
}

func answer(t *testing.T, code int, body any) *http.Response {
	text, err := json.Marshal(body)
	if err != nil {
		t.Error(err)
	}
	return &http.Response{StatusCode: code, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(text))}
}

// send writes events as a watch does, until there are no more.
func send(t *testing.T, ctx context.Context, out *io.PipeWriter, events <-chan metav1.WatchEvent) {
	defer out.Close()
	for {
		select {
		case e, ok := <-events:
			if !ok {
				return
			}
			text, err := json.Marshal(e)
			if err != nil {
				t.Error(err)
			}
			if _, err := out.Write(append(text, '\n')); err != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func (s *server) event(kind string, object runtime.Object) {
	s.t.Helper()
	s.watch() <- metav1.WatchEvent{Type: kind, Object: runtime.RawExtension{Object: object}}
}

func (s *server) end() {
	s.t.Helper()
	close(s.watch())
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.watches, "endpointslices")
}

// watch is that of the slices.
func (s *server) watch() chan<- metav1.WatchEvent {
	s.t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watches["endpointslices"] == nil {
		s.t.Fatalf("nothing is watched; it was asked for %q", s.asked[max(0, len(s.asked)-5):])
	}
	return s.watches["endpointslices"]
}

func (s *server) last() string {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[len(s.asked)-1]
}

// web is a slice with one address.
func web(name, ip, version string) *discoveryv1.EndpointSlice {
	return &discoveryv1.EndpointSlice{
		TypeMeta:    metav1.TypeMeta{Kind: "EndpointSlice", APIVersion: "discovery.k8s.io/v1"},
		ObjectMeta:  metav1.ObjectMeta{Name: name, Namespace: namespace, ResourceVersion: version, Labels: map[string]string{discoveryv1.LabelServiceName: "web"}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{ip}, Conditions: discoveryv1.EndpointConditions{Ready: new(true)}}},
		Ports:       []discoveryv1.EndpointPort{{Name: new("http"), Port: new(int32(80)), Protocol: new(corev1.ProtocolTCP)}},
	}
}

// TestFrames: lists in pages, each kind of event, and errors, as Kubernetes writes
// them.
func TestFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{t: t, watches: map[string]chan metav1.WatchEvent{}}
		for i := range 3 {
			s.slices = append(s.slices, *web(fmt.Sprint("web-", i), fmt.Sprint("10.0.0.", i), "90"))
		}
		n := s.namer(t)
		a := ask(n, "/t/http/web")
		defer a.stop()
		is := func(want ...string) {
			t.Helper()
			synctest.Wait()
			a.follow()
			synctest.Wait()
			m := meaning{}
			for _, ip := range want {
				m.exists = true
				m.add(ip, 80, nil)
			}
			if why := a.differs(m); why != "" {
				t.Error(why)
			}
		}
		goesOnAt := func(want string) {
			t.Helper()
			if got := s.last(); got != "GET /apis/discovery.k8s.io/v1/namespaces/t/endpointslices "+want {
				t.Errorf("it goes on with %q, not at %q", got, want)
			}
		}
		is("10.0.0.0", "10.0.0.1", "10.0.0.2")
		goesOnAt("100")
		s.event("ADDED", web("web-3", "10.0.0.3", "101"))
		is("10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3")
		s.event("MODIFIED", web("web-3", "10.0.0.33", "102"))
		is("10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.33")
		s.event("DELETED", web("web-0", "10.0.0.0", "103"))
		is("10.0.0.1", "10.0.0.2", "10.0.0.33")
		s.end()
		goesOnAt("103")
		s.event("BOOKMARK", &discoveryv1.EndpointSlice{TypeMeta: metav1.TypeMeta{Kind: "EndpointSlice", APIVersion: "discovery.k8s.io/v1"},
			ObjectMeta: metav1.ObjectMeta{ResourceVersion: "250", Annotations: map[string]string{metav1.InitialEventsAnnotationKey: "true"}}})
		is("10.0.0.1", "10.0.0.2", "10.0.0.33")
		time.Sleep(20 * time.Second)
		s.end()
		goesOnAt("250")
		time.Sleep(20 * time.Second)
		s.mu.Lock()
		s.slices = s.slices[:1]
		s.mu.Unlock()
		expired := apierrors.NewResourceExpired("too old resource version: 250 (528)").Status()
		s.event("ERROR", &expired)
		is("10.0.0.0")
		goesOnAt("100")
		s.mu.Lock()
		s.forbid = true
		s.mu.Unlock()
		failed := apierrors.NewInternalError(fmt.Errorf("etcd is away")).Status()
		s.event("ERROR", &failed)
		time.Sleep(time.Minute)
		is("10.9.9.9")
		if d := fmt.Sprint(n.Describe(resolve.MustPath("/t/http/web"))); !strings.Contains(d, "endpoints of t/web") {
			t.Errorf("it says %q", d)
		}
	})
}

func (s *server) namer(t *testing.T) *k8s.Namer {
	t.Helper()
	n, err := k8s.New(k8s.Config{Client: s.client(t)})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (s *server) client(t *testing.T) *k8s.Client {
	t.Helper()
	c, err := k8s.NewClient(k8s.ClientConfig{Transport: s})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestReviews: what is asked of the account's rights is what Kubernetes' type has,
// and its answer is read.
func TestReviews(t *testing.T) {
	s := &server{t: t}
	c := s.client(t)
	for verb, want := range map[string]bool{"list": true, "watch": false} {
		allowed, err := c.Allowed(t.Context(), verb, "g", "r", "n")
		if err != nil || allowed != want {
			t.Errorf("%s: %t, %v", verb, allowed, err)
		}
	}
	if v, err := c.ServerVersion(t.Context()); err != nil || v != "v1.34.4" {
		t.Errorf("the server is %q, %v", v, err)
	}
	if len(s.asked) != 3 {
		t.Errorf("asked %q", s.asked)
	}
}
