package config

import "github.com/meshhop/meshhop/router"

// classifierSection is a service's responseClassifier.
type classifierSection struct {
	path  string
	at    Position
	build Part[router.Classifier]
}

// readClassifier reads a response classifier; nil means that there is none.
func readClassifier(of *Decoder, kinds Kinds) *classifierSection {
	d, ok := of.Group("responseClassifier")
	if !ok {
		return nil
	}
	section := &classifierSection{path: d.Path(), at: d.Position()}
	section.build, _, _ = kindOf(d, classifiers, kinds.Classifiers)
	d.Done()
	return section
}

// classifier is a kind of response classifier, none of which has keys.
func classifier(c router.Classifier) func(*Decoder) (Part[router.Classifier], error) {
	return func(*Decoder) (Part[router.Classifier], error) { return Ready(c), nil }
}
