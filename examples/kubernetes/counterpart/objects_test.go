//lint:file-ignore SA1019 Endpoints are what a server has that gives no EndpointSlices.

package counterpart_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const namespace = "t"

// portNames are what ports are called; a Service with one port may leave it out.
var portNames = []string{"http", "admin", "grpc", "web-1", ""}

// numbers are those of a Service's ports.
var numbers = []int32{1, 53, 80, 443, 8080, 65535}

// object is one of any kind.
type object interface {
	runtime.Object
	metav1.Object
}

// key is the kind and the name of an object.
type key struct{ kind, name string }

func keyOf(o object) key { return key{o.GetObjectKind().GroupVersionKind().Kind, o.GetName()} }

// parts are what there is of one Service. Each of them may be missing.
type parts struct {
	service   *corev1.Service
	endpoints *corev1.Endpoints
	slices    []*discoveryv1.EndpointSlice
}

// objects are those to be stored.
func (p parts) objects() (all []object) {
	if p.service != nil {
		all = append(all, p.service)
	}
	if p.endpoints != nil {
		all = append(all, p.endpoints)
	}
	for _, s := range p.slices {
		all = append(all, s)
	}
	return all
}

// maker makes objects that an API server would take, as different as they can be.
// The two sources of one Service have nothing to do with each other, so that each
// is read for itself.
type maker struct {
	*rand.Rand
	made int
}

func (m *maker) chance(percent int) bool { return m.IntN(100) < percent }

func one[T any](m *maker, of ...T) T { return of[m.IntN(len(of))] }

// maybe is a value, or that there is none.
func maybe[T any](m *maker, v T) *T {
	if m.chance(30) {
		return nil
	}
	return &v
}

func (m *maker) parts(service string) parts {
	var p parts
	if m.chance(90) {
		p.service = m.service(service)
	}
	if m.chance(90) {
		p.endpoints = m.endpoints(service)
	}
	for i := range m.IntN(4) {
		p.slices = append(p.slices, m.slice(service, i))
	}
	return p
}

// meta has what nobody shall stumble over.
func (m *maker) meta(name string, labels map[string]string) metav1.ObjectMeta {
	m.made++
	meta := metav1.ObjectMeta{Name: name, Namespace: namespace, UID: "0b1c", Labels: labels}
	if m.chance(50) {
		meta.GenerateName, meta.Generation = name+"-", 3
		meta.CreationTimestamp = metav1.NewTime(time.Unix(1790000000+int64(m.IntN(1000)), 0))
		meta.Annotations = map[string]string{"resourceVersion": "1", "subsets": "null", "kubectl.kubernetes.io/last-applied-configuration": `{"metadata":{"name":"other"},"ports":[]}`}
		meta.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kube-controller-manager", Operation: metav1.ManagedFieldsOperationUpdate,
			FieldsType: "FieldsV1", FieldsV1: &metav1.FieldsV1{Raw: []byte(`{"f:endpoints":{},"f:ports":{".":{}}}`)}}}
		meta.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Service", Name: "owner", UID: "1"}}
		meta.Finalizers = []string{"example.org/f"}
	}
	return meta
}

func (m *maker) service(name string) *corev1.Service {
	s := &corev1.Service{
		TypeMeta:   metav1.TypeMeta{Kind: "Service", APIVersion: "v1"},
		ObjectMeta: m.meta(name, nil),
		Spec: corev1.ServiceSpec{
			Type:      one(m, "", corev1.ServiceTypeClusterIP, corev1.ServiceTypeNodePort, corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeExternalName),
			ClusterIP: one(m, "", "None", "10.96.0.7"),
			Selector:  map[string]string{"app": name},
		},
	}
	if s.Spec.Type == corev1.ServiceTypeExternalName {
		s.Spec.ExternalName, s.Spec.ClusterIP = "example.org", ""
	}
	free := m.Perm(len(numbers))
	names := m.names(m.IntN(4))
	for i, n := range names {
		protocol := one(m, "", corev1.ProtocolTCP, corev1.ProtocolTCP, corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP)
		number := numbers[free[i]]
		if i > 0 && protocol == corev1.ProtocolUDP && s.Spec.Ports[0].Protocol != protocol {
			number = s.Spec.Ports[0].Port // as a DNS Service does
		}
		s.Spec.Ports = append(s.Spec.Ports, corev1.ServicePort{
			Name: n, Protocol: protocol, Port: number, AppProtocol: maybe(m, "kubernetes.io/h2c"), NodePort: int32(m.IntN(2) * 30080),
			TargetPort: one(m, intstr.IntOrString{}, intstr.FromInt32(7777), intstr.FromString("web")),
		})
	}
	m.balancers(s)
	return s
}

// names are different ones; only one port alone may be without.
func (m *maker) names(n int) (all []string) {
	if n == 1 {
		return []string{one(m, portNames...)}
	}
	for _, i := range m.Perm(len(portNames) - 1)[:n] {
		all = append(all, portNames[i])
	}
	return all
}

// balancers are where a Service can be reached from outside.
func (m *maker) balancers(s *corev1.Service) {
	for range m.IntN(4) {
		at := corev1.LoadBalancerIngress{IPMode: maybe(m, corev1.LoadBalancerIPModeProxy)}
		if m.chance(70) {
			at.IP = m.ip(m.chance(30))
		}
		if at.IP == "" || m.chance(30) {
			at.Hostname = fmt.Sprintf("balancer-%d.example.org", m.IntN(5))
		}
		if m.chance(30) {
			at.Ports = []corev1.PortStatus{{Port: 9, Protocol: corev1.ProtocolTCP}}
		}
		s.Status.LoadBalancer.Ingress = append(s.Status.LoadBalancer.Ingress, at)
	}
}

// ip is one of few, so that some are the same.
func (m *maker) ip(six bool) string {
	switch {
	case !six:
		return fmt.Sprintf("10.%d.0.%d", m.IntN(2), 1+m.IntN(5))
	case m.chance(30):
		return fmt.Sprintf("FD00:0:0:0::%x", 1+m.IntN(5))
	}
	return fmt.Sprintf("fd00::%x", 1+m.IntN(5))
}

func (m *maker) endpoints(service string) *corev1.Endpoints {
	e := &corev1.Endpoints{TypeMeta: metav1.TypeMeta{Kind: "Endpoints", APIVersion: "v1"}, ObjectMeta: m.meta(service, nil)}
	addresses := func() (all []corev1.EndpointAddress) {
		for range m.IntN(4) {
			all = append(all, corev1.EndpointAddress{IP: m.ip(m.chance(20)), NodeName: maybe(m, fmt.Sprint("node", m.IntN(3))), Hostname: one(m, "", "web-0"),
				TargetRef: one(m, nil, &corev1.ObjectReference{Kind: "Pod", Namespace: namespace, Name: "pod", UID: "2"})})
		}
		return all
	}
	for range m.IntN(4) {
		subset := corev1.EndpointSubset{Addresses: addresses(), NotReadyAddresses: addresses()}
		for _, n := range m.names(m.IntN(4)) {
			subset.Ports = append(subset.Ports, corev1.EndpointPort{Name: n, Port: one(m, int32(1), 8080, 9090, 65535), AppProtocol: maybe(m, "http"),
				Protocol: one(m, "", corev1.ProtocolTCP, corev1.ProtocolTCP, corev1.ProtocolUDP)})
		}
		e.Subsets = append(e.Subsets, subset)
	}
	return e
}

func (m *maker) slice(service string, i int) *discoveryv1.EndpointSlice {
	s := &discoveryv1.EndpointSlice{
		TypeMeta: metav1.TypeMeta{Kind: "EndpointSlice", APIVersion: "discovery.k8s.io/v1"},
		ObjectMeta: m.meta(fmt.Sprintf("%s-%d", service, i), map[string]string{
			discoveryv1.LabelServiceName: service, discoveryv1.LabelManagedBy: "endpointslice-controller.k8s.io"}),
		AddressType: one(m, discoveryv1.AddressTypeIPv4, discoveryv1.AddressTypeIPv4, discoveryv1.AddressTypeIPv6, discoveryv1.AddressTypeFQDN),
	}
	for range m.IntN(5) {
		e := discoveryv1.Endpoint{
			NodeName: maybe(m, fmt.Sprint("node", m.IntN(3))), Zone: maybe(m, "zone-a"), Hostname: maybe(m, "web-0"),
			Conditions: discoveryv1.EndpointConditions{Ready: maybe(m, m.chance(60)), Serving: maybe(m, m.chance(60)), Terminating: maybe(m, m.chance(40))},
			Hints:      one(m, nil, &discoveryv1.EndpointHints{ForZones: []discoveryv1.ForZone{{Name: "zone-b"}}}),
			TargetRef:  one(m, nil, &corev1.ObjectReference{Kind: "Pod", Namespace: namespace, Name: "pod"}),
		}
		if m.chance(20) {
			e.DeprecatedTopology = map[string]string{"kubernetes.io/hostname": "another-node"}
		}
		for range 1 + m.IntN(8)/7 {
			if s.AddressType == discoveryv1.AddressTypeFQDN {
				e.Addresses = append(e.Addresses, "pod.example.org")
			} else {
				e.Addresses = append(e.Addresses, m.ip(s.AddressType == discoveryv1.AddressTypeIPv6))
			}
		}
		s.Endpoints = append(s.Endpoints, e)
	}
	for _, n := range m.names(m.IntN(4)) {
		p := discoveryv1.EndpointPort{Port: one(m, nil, new(int32(1)), new(int32(8080)), new(int32(9090)), new(int32(65535))), AppProtocol: maybe(m, "http"),
			Protocol: one(m, nil, new(corev1.ProtocolTCP), new(corev1.ProtocolTCP), new(corev1.ProtocolUDP))}
		if n != "" || m.chance(50) {
			p.Name = &n
		}
		s.Ports = append(s.Ports, p)
	}
	return s
}

// cased is a segment of a name, which may be in capital letters.
func (m *maker) cased(s string) string {
	if m.chance(20) {
		return strings.ToUpper(s)
	}
	return s
}
