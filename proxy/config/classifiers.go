package config

import "github.com/meshhop/meshhop/router"

// classifierSection is a service's responseClassifier.
type classifierSection struct {
	path  string
	at    Position
	build Part[router.Classifier]
}

// readClassifier reads a response classifier; nil means that there is none.
func readClassifier(of *Decoder, kinds Kinds, protocol string) *classifierSection {
	d, has := of.Group("responseClassifier")
	if !has {
		return nil
	}
	section := &classifierSection{path: d.Path(), at: d.Position()}
	build, kind, ok := kindOf(d, classifiers, kinds.Classifiers)
	if section.build = build; ok {
		checkClassifier(d, kind, protocol)
	}
	d.Done()
	return section
}

// classifier is a kind of response classifier, none of which has keys.
func classifier(c router.Classifier) func(*Decoder) (Part[router.Classifier], error) {
	return func(*Decoder) (Part[router.Classifier], error) { return Ready(c), nil }
}
