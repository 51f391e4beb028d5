package api

import "reflect"

// Object is one object of the API: a struct with the fields that are used.
type Object interface{ Metadata() Meta }

// Meta is what every object has, as the field "metadata". Labels and annotations
// are left out: they are large, and may hold secrets.
type Meta struct {
	Name            string `json:"name"`
	Namespace       string `json:"namespace"`
	ResourceVersion string `json:"resourceVersion"`
}

// metaOf is the metadata of an object, which can be a nil pointer where a server
// sends null.
func metaOf[T Object](o T) Meta {
	if v := reflect.ValueOf(o); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return Meta{}
	}
	return o.Metadata()
}

// key tells objects of a query apart.
func (m Meta) key() string { return m.Namespace + "/" + m.Name }
