package router_test

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// number sets each number of a struct, also of those within it, to another multiple of n.
func number(v reflect.Value, n int, next *int) {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	for i := range v.NumField() {
		switch field := v.Field(i); {
		case field.CanInt(), field.CanUint():
			*next++
			field.Set(reflect.ValueOf(n * *next).Convert(field.Type()))
		case field.Type() == reflect.TypeFor[resolve.Path]():
		case field.Kind() == reflect.Struct, field.Kind() == reflect.Pointer:
			number(field, n, next)
		}
	}
}

// numbered is a T whose numbers are multiples of n.
func numbered[T any](n int) T {
	var v T
	number(reflect.ValueOf(&v).Elem(), n, new(int))
	return v
}

// TestSums: the sum of services or of replica sets has the sum of each number, so that
// none is missing in the total of a router.
func TestSums(t *testing.T) {
	path := cmp.Comparer(samePath)
	service, others := numbered[router.ServiceStats](1), numbered[router.ServiceStats](100)
	others.Causes = map[string]uint64{"status": 1}
	service.Add(others)
	service.Add(router.ServiceStats{Causes: map[string]uint64{"status": 2, "connect": 4}})
	all := numbered[router.ServiceStats](101)
	all.Causes = map[string]uint64{"status": 3, "connect": 4}
	if diff := cmp.Diff(all, service, path); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
	client := numbered[router.ClientStats](1)
	client.ByStatus = map[int]uint64{200: 1, 404: 2}
	more := numbered[router.ClientStats](100)
	more.ByStatus = map[int]uint64{200: 10, 500: 3}
	client.Causes, more.Causes = map[string]uint64{"status": 1}, map[string]uint64{"status": 2, "connect": 4}
	client.Add(more)
	want := numbered[router.ClientStats](101)
	want.ByStatus = map[int]uint64{200: 11, 404: 2, 500: 3}
	want.Causes = all.Causes
	if diff := cmp.Diff(want, client, path); diff != "" {
		t.Errorf("replica sets (-want +got):\n%s", diff)
	}
	var none router.ClientStats
	if none.Add(router.ClientStats{}); none.Connections != nil || none.ByStatus == nil {
		t.Errorf("the sum of sets that do not count connections is %+v", none)
	}
	if none.Add(more); *none.Connections != *more.Connections || none.Connections == more.Connections || none.ByStatus[200] != 10 {
		t.Errorf("the sum of one that counts and one that does not is %+v", none)
	}
}
