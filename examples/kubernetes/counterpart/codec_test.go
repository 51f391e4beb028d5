package counterpart_test

import (
	"bytes"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	extensionsv1beta1 "k8s.io/api/extensions/v1beta1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
)

// types are those that the tests and the manifests use.
func types(t *testing.T) *runtime.Scheme {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, appsv1.AddToScheme, autoscalingv2.AddToScheme, discoveryv1.AddToScheme, networkingv1.AddToScheme,
		extensionsv1beta1.AddToScheme, rbacv1.AddToScheme,
	} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// strict decodes a document, and refuses a key that its type does not have, one
// that stands there twice, and a value of another type.
func strict(t *testing.T, text []byte) (runtime.Object, error) {
	t.Helper()
	s := types(t)
	object, _, err := json.NewSerializerWithOptions(json.DefaultMetaFactory, s, s, json.SerializerOptions{Yaml: true, Strict: true}).Decode(text, nil, nil)
	return object, err
}

// encoded is an object as Kubernetes writes it.
func encoded(t *testing.T, object runtime.Object) string {
	t.Helper()
	s := types(t)
	var b bytes.Buffer
	if err := json.NewSerializerWithOptions(json.DefaultMetaFactory, s, s, json.SerializerOptions{}).Encode(object, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
