package config

import (
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// newStage makes the stage of a service or of a replica set; see Kinds.Stages.
type newStage = func(name resolve.Path) router.Stage

// stageSection is an entry of a list stages.
type stageSection struct {
	path  string
	at    Position
	build Part[newStage]
}

// readStages reads the stages of a service or client block, and returns whether there is
// such a list, which may be empty.
func readStages(of *Decoder, kinds Kinds) (all []stageSection, there bool) {
	const key = "stages"
	for _, d := range of.Groups(key) {
		section := stageSection{path: d.Path(), at: d.Position()}
		var ok bool
		section.build, _, ok = kindOf(d, stages, kinds.Stages)
		d.Done()
		if ok {
			all = append(all, section)
		}
	}
	return all, of.Has(key)
}

// stagesOf builds the stages in the rules of a router, and returns those of each name; nil
// if no rule has any.
func stagesOf[K any](b *builder, rules []rule[K], of func(K) (all []stageSection, there bool)) func(resolve.Path) []router.Stage {
	var settings []setting[[]newStage]
	for _, r := range rules {
		sections, there := of(r.keys)
		if !there {
			continue
		}
		var made []newStage
		for _, s := range sections {
			made = append(made, part(b, s.at, s.path, s.build))
		}
		settings = append(settings, setting[[]newStage]{prefix: r.prefix, set: []func(*[]newStage){func(all *[]newStage) { *all = made }}})
	}
	if settings == nil {
		return nil
	}
	stages := policyOf(settings)
	return func(name resolve.Path) []router.Stage {
		var all []router.Stage
		for _, one := range stages(name) {
			if s := one(name); s != nil {
				all = append(all, s)
			}
		}
		return all
	}
}
