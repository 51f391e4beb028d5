package counterpart_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	extensionsv1beta1 "k8s.io/api/extensions/v1beta1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/meshhop/meshhop/internal/ingresses"
	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve/k8s"
)

const classAnnotation = "kubernetes.io/ingress.class"

// TestMadeIngresses: Ingresses of either version, written by Kubernetes' encoder,
// are read as its types say, from a list and then from the events of a watch.
func TestMadeIngresses(t *testing.T) {
	for _, version := range []struct {
		name string
		only func(*k8stest.Server)
		make func(*maker, string) (object, ingresses.Ingress)
	}{
		{"networking.k8s.io v1", func(s *k8stest.Server) { s.Fail("", "/apis/extensions/", k8stest.Status(404, "NotFound", "none")) },
			func(m *maker, name string) (object, ingresses.Ingress) {
				i := m.ingress(name)
				return i, plain(i)
			}},
		{"extensions v1beta1", func(s *k8stest.Server) {
			s.Fail("", "/apis/networking.k8s.io/", k8stest.Status(404, "NotFound", "none"))
		},
			func(m *maker, name string) (object, ingresses.Ingress) {
				i := m.oldIngress(name)
				return i, plainOld(i)
			}},
	} {
		t.Run(version.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &maker{Rand: rand.New(rand.NewPCG(10, 27))}
				var server k8stest.Server
				version.only(&server)
				want := map[string]ingresses.Ingress{}
				put := func(i int) {
					o, is := version.make(m, fmt.Sprint("i", i))
					server.Apply(encoded(t, o))
					want[o.GetName()] = is
				}
				for i := range 250 {
					put(i)
				}
				f := followIngresses(t, &server)
				f.compare(t, want)
				for i := range 250 {
					if m.chance(30) {
						server.Delete("Ingress", namespace, fmt.Sprint("i", i))
						delete(want, fmt.Sprint("i", i))
					}
					if m.chance(50) {
						put(i)
					}
				}
				f.compare(t, want)
			})
		})
	}
}

// TestRealIngresses: those of a real cluster.
func TestRealIngresses(t *testing.T) {
	text := fixture(t, "ingress-v1beta1.json")
	list, err := strict(t, text)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var server k8stest.Server
		server.Fail("", "/apis/networking.k8s.io/", k8stest.Status(404, "NotFound", "none"))
		server.Apply(string(text))
		want := map[string]ingresses.Ingress{}
		for _, i := range list.(*extensionsv1beta1.IngressList).Items {
			i.Namespace = cmp.Or(i.Namespace, "default") // as the scripted server stores it
			want[i.Name] = plainOld(&i)
		}
		if len(want) == 0 {
			t.Error("there is none")
		}
		followIngresses(t, &server).compare(t, want)
	})
}

// followed is what is told of Ingresses.
type followed struct {
	mu   sync.Mutex
	last []ingresses.Ingress
}

func followIngresses(t *testing.T, server *k8stest.Server) *followed {
	t.Helper()
	client, err := k8s.NewClient(k8s.ClientConfig{Transport: server})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	f := &followed{}
	w, err := client.FollowIngresses(ingresses.Config{Changed: func(all []ingresses.Ingress) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.last = all
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return f
}

func (f *followed) compare(t *testing.T, want map[string]ingresses.Ingress) {
	t.Helper()
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.last) != len(want) {
		t.Errorf("%d Ingresses, want %d", len(f.last), len(want))
	}
	if !slices.IsSortedFunc(f.last, func(a, b ingresses.Ingress) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	}) {
		t.Error("they are not in order")
	}
	wrong := 0
	for _, got := range f.last {
		w := want[got.Name]
		if len(got.Skipped) != len(w.Skipped) {
			t.Errorf("%s: skipped %q, and by Kubernetes' types %q", got.Name, got.Skipped, w.Skipped)
		}
		if !got.Created.Equal(w.Created) {
			t.Errorf("%s: made at %v, and by Kubernetes' types at %v", got.Name, got.Created, w.Created)
		}
		got.Skipped, w.Skipped, got.Created, w.Created = nil, nil, time.Time{}, time.Time{}
		if a, b := show(got), show(w); a != b {
			if wrong++; wrong <= 5 {
				t.Errorf("it is\n%s, and by Kubernetes' types\n%s", a, b)
			}
		}
	}
}

func show(i ingresses.Ingress) string {
	s := fmt.Sprintf("%s/%s of class %q, rules %q", i.Namespace, i.Name, i.Class, i.Rules)
	if i.Default != nil {
		s += fmt.Sprintf(", default %q", *i.Default)
	}
	return s
}

// plain is an Ingress as resolve/k8s tells of it.
func plain(i *networkingv1.Ingress) ingresses.Ingress {
	out := begun(i.ObjectMeta, i.Spec.IngressClassName)
	to := func(b networkingv1.IngressBackend) *ingresses.Backend {
		if b.Service == nil {
			out.Skipped = append(out.Skipped, "")
			return nil
		}
		port := b.Service.Port.Name
		if port == "" {
			port = strconv.Itoa(int(b.Service.Port.Number))
		}
		return &ingresses.Backend{Service: b.Service.Name, Port: port}
	}
	if i.Spec.DefaultBackend != nil {
		out.Default = to(*i.Spec.DefaultBackend)
	}
	for _, r := range i.Spec.Rules {
		if r.HTTP == nil {
			continue
		}
		for _, p := range r.HTTP.Paths {
			addRule(&out, r.Host, p.Path, p.PathType, to(p.Backend))
		}
	}
	return out
}

// plainOld is plain for those of before Kubernetes 1.19.
func plainOld(i *extensionsv1beta1.Ingress) ingresses.Ingress {
	out := begun(i.ObjectMeta, i.Spec.IngressClassName)
	to := func(b extensionsv1beta1.IngressBackend) *ingresses.Backend {
		if b.ServiceName == "" {
			out.Skipped = append(out.Skipped, "")
			return nil
		}
		return &ingresses.Backend{Service: b.ServiceName, Port: b.ServicePort.String()}
	}
	if i.Spec.Backend != nil {
		out.Default = to(*i.Spec.Backend)
	}
	for _, r := range i.Spec.Rules {
		if r.HTTP == nil {
			continue
		}
		for _, p := range r.HTTP.Paths {
			addRule(&out, r.Host, p.Path, p.PathType, to(p.Backend))
		}
	}
	return out
}

// begun is what an Ingress has beside rules. Its class may be an annotation.
func begun(meta metav1.ObjectMeta, class *string) ingresses.Ingress {
	out := ingresses.Ingress{Namespace: meta.Namespace, Name: meta.Name, Class: value(class), Created: meta.CreationTimestamp.Time}
	if out.Class == "" {
		out.Class = meta.Annotations[classAnnotation]
	}
	return out
}

// addRule adds a path, unless its backend is none that counts.
func addRule[T ~string](out *ingresses.Ingress, host, path string, pathType *T, backend *ingresses.Backend) {
	if backend == nil {
		return
	}
	rule := ingresses.Rule{Host: host, Path: path, Backend: *backend}
	if pathType != nil {
		rule.PathType = string(*pathType)
	}
	out.Rules = append(out.Rules, rule)
}

func (m *maker) ingressMeta(name string) (meta metav1.ObjectMeta, class *string) {
	meta = m.meta(name, nil)
	if m.chance(50) {
		if meta.Annotations == nil {
			meta.Annotations = map[string]string{}
		}
		meta.Annotations[classAnnotation] = one(m, "linkerd", "nginx", "")
	}
	return meta, one(m, nil, nil, new("linkerd"), new("nginx"))
}

func (m *maker) ingress(name string) *networkingv1.Ingress {
	i := &networkingv1.Ingress{TypeMeta: metav1.TypeMeta{Kind: "Ingress", APIVersion: "networking.k8s.io/v1"}}
	i.ObjectMeta, i.Spec.IngressClassName = m.ingressMeta(name)
	backend := func() (b networkingv1.IngressBackend) {
		if m.chance(15) {
			b.Resource = &corev1.TypedLocalObjectReference{APIGroup: new("example.org"), Kind: "Bucket", Name: "b"}
			return b
		}
		b.Service = &networkingv1.IngressServiceBackend{Name: fmt.Sprint("s", m.IntN(5)), Port: networkingv1.ServiceBackendPort{Name: one(m, "", "http")}}
		if b.Service.Port.Name == "" {
			b.Service.Port.Number = one(m, numbers...)
		}
		return b
	}
	if m.chance(30) {
		i.Spec.DefaultBackend = new(backend())
	}
	if m.chance(20) {
		i.Spec.TLS = []networkingv1.IngressTLS{{Hosts: []string{"h"}, SecretName: "s"}}
		i.Status.LoadBalancer.Ingress = []networkingv1.IngressLoadBalancerIngress{{IP: "10.0.0.1"}}
	}
	for range m.IntN(4) {
		r := networkingv1.IngressRule{Host: one(m, "", "h", "*.x.org", "X.org")}
		if m.chance(80) {
			r.HTTP = &networkingv1.HTTPIngressRuleValue{}
			for range m.IntN(4) {
				r.HTTP.Paths = append(r.HTTP.Paths, networkingv1.HTTPIngressPath{Path: one(m, "", "/", "/a", "/a.*", "/\u00e9\"\\<&>"), Backend: backend(),
					PathType: new(one(m, networkingv1.PathTypeExact, networkingv1.PathTypePrefix, networkingv1.PathTypeImplementationSpecific))})
			}
		}
		i.Spec.Rules = append(i.Spec.Rules, r)
	}
	return i
}

func (m *maker) oldIngress(name string) *extensionsv1beta1.Ingress {
	i := &extensionsv1beta1.Ingress{TypeMeta: metav1.TypeMeta{Kind: "Ingress", APIVersion: "extensions/v1beta1"}}
	i.ObjectMeta, i.Spec.IngressClassName = m.ingressMeta(name)
	backend := func() (b extensionsv1beta1.IngressBackend) {
		if m.chance(15) {
			b.Resource = &corev1.TypedLocalObjectReference{APIGroup: new("example.org"), Kind: "Bucket", Name: "b"}
			return b
		}
		return extensionsv1beta1.IngressBackend{ServiceName: fmt.Sprint("s", m.IntN(5)), ServicePort: one(m, intstr.FromInt32(one(m, numbers...)), intstr.FromString("http"))}
	}
	if m.chance(30) {
		i.Spec.Backend = new(backend())
	}
	for range m.IntN(4) {
		r := extensionsv1beta1.IngressRule{Host: one(m, "", "h", "*.x.org", "X.org")}
		if m.chance(80) {
			r.HTTP = &extensionsv1beta1.HTTPIngressRuleValue{}
			for range m.IntN(4) {
				r.HTTP.Paths = append(r.HTTP.Paths, extensionsv1beta1.HTTPIngressPath{Path: one(m, "", "/", "/a", "/a.*"), Backend: backend(),
					PathType: one(m, nil, new(extensionsv1beta1.PathTypeExact), new(extensionsv1beta1.PathTypePrefix), new(extensionsv1beta1.PathTypeImplementationSpecific))})
			}
		}
		i.Spec.Rules = append(i.Spec.Rules, r)
	}
	return i
}
